/// What an element of an address or server message tells.
/// - Source: OpenThread as observed: recordings line_traffic and prefix
public struct TMFTLVType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let targetEID = Self(rawValue: 0)
    public static let macExtendedAddress = Self(rawValue: 1)
    public static let rloc16 = Self(rawValue: 2)
    public static let meshLocalEID = Self(rawValue: 3)
    public static let status = Self(rawValue: 4)
    public static let timeSinceLastTransaction = Self(rawValue: 6)
    public static let routerMask = Self(rawValue: 7)
    public static let ndOption = Self(rawValue: 8)
    public static let ndData = Self(rawValue: 9)
    public static let threadNetworkData = Self(rawValue: 10)
    public static let timeout = Self(rawValue: 11)
    public static let networkName = Self(rawValue: 12)
    public static let ipv6Addresses = Self(rawValue: 14)
    public static let commissionerSessionID = Self(rawValue: 15)
}

extension TMFTLVType: CustomStringConvertible {
    /// The type's name, or its number when it has none.
    public var description: String {
        switch self {
        case .targetEID: "Target EID"
        case .macExtendedAddress: "MAC Extended Address"
        case .rloc16: "RLOC16"
        case .meshLocalEID: "ML-EID"
        case .status: "Status"
        case .timeSinceLastTransaction: "Time Since Last Transaction"
        case .routerMask: "Router Mask"
        case .ndOption: "ND Option"
        case .ndData: "ND Data"
        case .threadNetworkData: "Thread Network Data"
        case .timeout: "Timeout"
        case .networkName: "Network Name"
        case .ipv6Addresses: "IPv6 Addresses"
        case .commissionerSessionID: "Commissioner Session ID"
        default: "Thread TLV \(rawValue)"
        }
    }
}

/// How an address message ended, or why it is sent.
/// - Source: OpenThread as observed: recording line_traffic, frame 16
public struct TMFStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let success = Self(rawValue: 0)
    public static let noAddressAvailable = Self(rawValue: 1)
    /// A router id is asked for because the partition has few routers.
    public static let tooFewRouters = Self(rawValue: 2)
    /// A router id is asked for because a child wants to attach.
    public static let haveChildIDRequest = Self(rawValue: 3)
    /// A router id is asked for because the parent has changed its partition.
    public static let parentPartitionChange = Self(rawValue: 4)
    public static let borderRouterRequest = Self(rawValue: 5)
    /// The reason of a request makes no sense to the leader.
    public static let unrecognizedStatus = Self(rawValue: 6)
}
