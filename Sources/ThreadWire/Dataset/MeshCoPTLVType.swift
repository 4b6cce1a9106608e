/// What an element of a dataset, or of a message about commissioning, tells.
/// - Source: OpenThread as observed: the command `dataset active -x`; recordings joiner and scan
public struct MeshCoPTLVType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let channel = Self(rawValue: 0)
    public static let panID = Self(rawValue: 1)
    public static let extendedPANID = Self(rawValue: 2)
    public static let networkName = Self(rawValue: 3)
    public static let pskc = Self(rawValue: 4)
    public static let networkKey = Self(rawValue: 5)
    public static let networkKeySequence = Self(rawValue: 6)
    public static let meshLocalPrefix = Self(rawValue: 7)
    public static let steeringData = Self(rawValue: 8)
    public static let borderAgentLocator = Self(rawValue: 9)
    public static let commissionerID = Self(rawValue: 10)
    public static let commissionerSessionID = Self(rawValue: 11)
    public static let securityPolicy = Self(rawValue: 12)
    public static let get = Self(rawValue: 13)
    public static let activeTimestamp = Self(rawValue: 14)
    public static let commissionerUDPPort = Self(rawValue: 15)
    public static let state = Self(rawValue: 16)
    public static let joinerDTLSEncapsulation = Self(rawValue: 17)
    public static let joinerUDPPort = Self(rawValue: 18)
    public static let joinerIID = Self(rawValue: 19)
    public static let joinerRouterLocator = Self(rawValue: 20)
    public static let joinerRouterKEK = Self(rawValue: 21)
    public static let provisioningURL = Self(rawValue: 32)
    public static let vendorName = Self(rawValue: 33)
    public static let vendorModel = Self(rawValue: 34)
    public static let vendorSoftwareVersion = Self(rawValue: 35)
    public static let vendorData = Self(rawValue: 36)
    public static let vendorStackVersion = Self(rawValue: 37)
    public static let udpEncapsulation = Self(rawValue: 48)
    public static let ipv6Address = Self(rawValue: 49)
    public static let pendingTimestamp = Self(rawValue: 51)
    public static let delayTimer = Self(rawValue: 52)
    public static let channelMask = Self(rawValue: 53)
    public static let count = Self(rawValue: 54)
    public static let period = Self(rawValue: 55)
    public static let scanDuration = Self(rawValue: 56)
    public static let energyList = Self(rawValue: 57)
    public static let threadDomainName = Self(rawValue: 59)
    public static let wakeUpChannel = Self(rawValue: 74)
    public static let discoveryRequest = Self(rawValue: 128)
    public static let discoveryResponse = Self(rawValue: 129)
    public static let joinerAdvertisement = Self(rawValue: 241)
}

extension MeshCoPTLVType: CustomStringConvertible {
    /// The type's name, or its number when it has none.
    public var description: String {
        switch self {
        case .channel: "Channel"
        case .panID: "PAN ID"
        case .extendedPANID: "Extended PAN ID"
        case .networkName: "Network Name"
        case .pskc: "PSKc"
        case .networkKey: "Network Key"
        case .networkKeySequence: "Network Key Sequence"
        case .meshLocalPrefix: "Mesh-Local Prefix"
        case .steeringData: "Steering Data"
        case .borderAgentLocator: "Border Agent Locator"
        case .commissionerID: "Commissioner ID"
        case .commissionerSessionID: "Commissioner Session ID"
        case .securityPolicy: "Security Policy"
        case .get: "Get"
        case .activeTimestamp: "Active Timestamp"
        case .commissionerUDPPort: "Commissioner UDP Port"
        case .state: "State"
        case .joinerDTLSEncapsulation: "Joiner DTLS Encapsulation"
        case .joinerUDPPort: "Joiner UDP Port"
        case .joinerIID: "Joiner IID"
        case .joinerRouterLocator: "Joiner Router Locator"
        case .joinerRouterKEK: "Joiner Router KEK"
        case .provisioningURL: "Provisioning URL"
        case .vendorName: "Vendor Name"
        case .vendorModel: "Vendor Model"
        case .vendorSoftwareVersion: "Vendor Software Version"
        case .vendorData: "Vendor Data"
        case .vendorStackVersion: "Vendor Stack Version"
        case .udpEncapsulation: "UDP Encapsulation"
        case .ipv6Address: "IPv6 Address"
        case .pendingTimestamp: "Pending Timestamp"
        case .delayTimer: "Delay Timer"
        case .channelMask: "Channel Mask"
        case .count: "Count"
        case .period: "Period"
        case .scanDuration: "Scan Duration"
        case .energyList: "Energy List"
        case .threadDomainName: "Thread Domain Name"
        case .wakeUpChannel: "Wake-up Channel"
        case .discoveryRequest: "Discovery Request"
        case .discoveryResponse: "Discovery Response"
        case .joinerAdvertisement: "Joiner Advertisement"
        default: "MeshCoP TLV \(rawValue)"
        }
    }
}
