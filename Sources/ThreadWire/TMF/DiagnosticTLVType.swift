/// What an element of a diagnostic message tells.
/// - Source: OpenThread as observed: recording cliref, the command `networkdiagnostic get`
public struct DiagnosticTLVType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let extendedAddress = Self(rawValue: 0)
    public static let address16 = Self(rawValue: 1)
    public static let mode = Self(rawValue: 2)
    public static let timeout = Self(rawValue: 3)
    public static let connectivity = Self(rawValue: 4)
    public static let route64 = Self(rawValue: 5)
    public static let leaderData = Self(rawValue: 6)
    public static let networkData = Self(rawValue: 7)
    public static let ipv6Addresses = Self(rawValue: 8)
    public static let macCounters = Self(rawValue: 9)
    public static let batteryLevel = Self(rawValue: 14)
    public static let supplyVoltage = Self(rawValue: 15)
    public static let childTable = Self(rawValue: 16)
    public static let channelPages = Self(rawValue: 17)
    public static let typeList = Self(rawValue: 18)
    public static let maximumChildTimeout = Self(rawValue: 19)
    public static let eui64 = Self(rawValue: 23)
    public static let version = Self(rawValue: 24)
    public static let vendorName = Self(rawValue: 25)
    public static let vendorModel = Self(rawValue: 26)
    public static let vendorSoftwareVersion = Self(rawValue: 27)
    public static let stackVersion = Self(rawValue: 28)
    public static let child = Self(rawValue: 29)
    public static let childIPv6Addresses = Self(rawValue: 30)
    public static let routerNeighbor = Self(rawValue: 31)
    public static let answer = Self(rawValue: 32)
    public static let queryID = Self(rawValue: 33)
    public static let mleCounters = Self(rawValue: 34)
    public static let vendorApplicationURL = Self(rawValue: 35)
    public static let nonPreferredChannels = Self(rawValue: 36)
    public static let enhancedRoute = Self(rawValue: 37)
}

extension DiagnosticTLVType: CustomStringConvertible {
    /// The type's name, or its number when it has none.
    public var description: String {
        switch self {
        case .extendedAddress: "MAC Extended Address"
        case .address16: "Address16"
        case .mode: "Mode"
        case .timeout: "Timeout"
        case .connectivity: "Connectivity"
        case .route64: "Route64"
        case .leaderData: "Leader Data"
        case .networkData: "Network Data"
        case .ipv6Addresses: "IPv6 Address List"
        case .macCounters: "MAC Counters"
        case .batteryLevel: "Battery Level"
        case .supplyVoltage: "Supply Voltage"
        case .childTable: "Child Table"
        case .channelPages: "Channel Pages"
        case .typeList: "Type List"
        case .maximumChildTimeout: "Max Child Timeout"
        case .eui64: "EUI64"
        case .version: "Version"
        case .vendorName: "Vendor Name"
        case .vendorModel: "Vendor Model"
        case .vendorSoftwareVersion: "Vendor Software Version"
        case .stackVersion: "Stack Version"
        case .child: "Child"
        case .childIPv6Addresses: "Child IPv6 Address List"
        case .routerNeighbor: "Router Neighbor"
        case .answer: "Answer"
        case .queryID: "Query ID"
        case .mleCounters: "MLE Counters"
        case .vendorApplicationURL: "Vendor App URL"
        case .nonPreferredChannels: "Non-preferred Channels"
        case .enhancedRoute: "Enhanced Route"
        default: "Diagnostic TLV \(rawValue)"
        }
    }
}
