/// Why a command failed: OpenThread's error numbers, so that scripts written for its command line go on working.
/// - Source: OpenThread as observed: numbers and names printed as `Error 7: InvalidArgs`
public enum CommandError: UInt8, Error, CaseIterable, Sendable {
    case failed = 1
    case drop = 2
    case noBuffers = 3
    case noRoute = 4
    case busy = 5
    case parse = 6
    case invalidArguments = 7
    case security = 8
    case addressQuery = 9
    case noAddress = 10
    case abort = 11
    case notImplemented = 12
    case invalidState = 13
    case noAcknowledgement = 14
    case channelAccessFailure = 15
    case detached = 16
    case frameCheckSequence = 17
    case noFrameReceived = 18
    case unknownNeighbor = 19
    case invalidSourceAddress = 20
    case addressFiltered = 21
    case destinationAddressFiltered = 22
    case notFound = 23
    case already = 24
    case addressCreationFailure = 26
    case notCapable = 27
    case responseTimeout = 28
    case duplicated = 29
    case reassemblyTimeout = 30
    case notManagementFramework = 31
    case notLowPANDataFrame = 32
    case linkMarginLow = 34
    case invalidCommand = 35
    case pending = 36
    case rejected = 37

    /// The name as OpenThread prints it.
    public var name: String {
        switch self {
        case .failed: "Failed"
        case .drop: "Drop"
        case .noBuffers: "NoBufs"
        case .noRoute: "NoRoute"
        case .busy: "Busy"
        case .parse: "Parse"
        case .invalidArguments: "InvalidArgs"
        case .security: "Security"
        case .addressQuery: "AddressQuery"
        case .noAddress: "NoAddress"
        case .abort: "Abort"
        case .notImplemented: "NotImplemented"
        case .invalidState: "InvalidState"
        case .noAcknowledgement: "NoAck"
        case .channelAccessFailure: "ChannelAccessFailure"
        case .detached: "Detached"
        case .frameCheckSequence: "FcsErr"
        case .noFrameReceived: "NoFrameReceived"
        case .unknownNeighbor: "UnknownNeighbor"
        case .invalidSourceAddress: "InvalidSourceAddress"
        case .addressFiltered: "AddressFiltered"
        case .destinationAddressFiltered: "DestinationAddressFiltered"
        case .notFound: "NotFound"
        case .already: "Already"
        case .addressCreationFailure: "Ipv6AddressCreationFailure"
        case .notCapable: "NotCapable"
        case .responseTimeout: "ResponseTimeout"
        case .duplicated: "Duplicated"
        case .reassemblyTimeout: "ReassemblyTimeout"
        case .notManagementFramework: "NotTmf"
        case .notLowPANDataFrame: "NonLowpanDataFrame"
        case .linkMarginLow: "LinkMarginLow"
        case .invalidCommand: "InvalidCommand"
        case .pending: "Pending"
        case .rejected: "Rejected"
        }
    }
}

extension CommandError: CustomStringConvertible {
    /// The line that ends a failed command.
    public var description: String { "Error \(rawValue): \(name)" }
}

/// How a command ended.
public enum CommandResult: Equatable, Sendable {
    /// Ends with the line `Done`.
    case done
    /// Ends with the line `Error N: Name`.
    case failed(CommandError)
    /// Ends without a line: an empty command, or one after which nobody is there to print it.
    case silent

    /// The line that OpenThread's command line prints; nil for none.
    public var line: String? {
        switch self {
        case .done: "Done"
        case .failed(let error): error.description
        case .silent: nil
        }
    }
}
