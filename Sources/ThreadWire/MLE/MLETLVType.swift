/// What an element of an MLE message tells.
/// - Source: OpenThread as observed: recordings attach, sleepy, prefix and scan
public struct MLETLVType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let sourceAddress = Self(rawValue: 0)
    public static let mode = Self(rawValue: 1)
    public static let timeout = Self(rawValue: 2)
    public static let challenge = Self(rawValue: 3)
    public static let response = Self(rawValue: 4)
    public static let linkLayerFrameCounter = Self(rawValue: 5)
    public static let linkQuality = Self(rawValue: 6)
    public static let networkParameter = Self(rawValue: 7)
    public static let mleFrameCounter = Self(rawValue: 8)
    public static let route64 = Self(rawValue: 9)
    public static let address16 = Self(rawValue: 10)
    public static let leaderData = Self(rawValue: 11)
    public static let networkData = Self(rawValue: 12)
    public static let tlvRequest = Self(rawValue: 13)
    public static let scanMask = Self(rawValue: 14)
    public static let connectivity = Self(rawValue: 15)
    public static let linkMargin = Self(rawValue: 16)
    public static let status = Self(rawValue: 17)
    public static let version = Self(rawValue: 18)
    public static let addressRegistration = Self(rawValue: 19)
    public static let channel = Self(rawValue: 20)
    public static let panID = Self(rawValue: 21)
    public static let activeTimestamp = Self(rawValue: 22)
    public static let pendingTimestamp = Self(rawValue: 23)
    public static let activeOperationalDataset = Self(rawValue: 24)
    public static let pendingOperationalDataset = Self(rawValue: 25)
    public static let threadDiscovery = Self(rawValue: 26)
    public static let supervisionInterval = Self(rawValue: 27)
    public static let cslChannel = Self(rawValue: 80)
    public static let cslTimeout = Self(rawValue: 85)
    public static let cslAccuracy = Self(rawValue: 86)
    public static let linkMetricsQuery = Self(rawValue: 87)
    public static let linkMetricsManagement = Self(rawValue: 88)
    public static let linkMetricsReport = Self(rawValue: 89)
    public static let linkProbe = Self(rawValue: 90)
}

extension MLETLVType: CustomStringConvertible {
    /// The type's name, or its number when it has none.
    public var description: String {
        switch self {
        case .sourceAddress: "Source Address"
        case .mode: "Mode"
        case .timeout: "Timeout"
        case .challenge: "Challenge"
        case .response: "Response"
        case .linkLayerFrameCounter: "Link-layer Frame Counter"
        case .linkQuality: "Link Quality"
        case .networkParameter: "Network Parameter"
        case .mleFrameCounter: "MLE Frame Counter"
        case .route64: "Route64"
        case .address16: "Address16"
        case .leaderData: "Leader Data"
        case .networkData: "Network Data"
        case .tlvRequest: "TLV Request"
        case .scanMask: "Scan Mask"
        case .connectivity: "Connectivity"
        case .linkMargin: "Link Margin"
        case .status: "Status"
        case .version: "Version"
        case .addressRegistration: "Address Registration"
        case .channel: "Channel"
        case .panID: "PAN ID"
        case .activeTimestamp: "Active Timestamp"
        case .pendingTimestamp: "Pending Timestamp"
        case .activeOperationalDataset: "Active Operational Dataset"
        case .pendingOperationalDataset: "Pending Operational Dataset"
        case .threadDiscovery: "Thread Discovery"
        case .supervisionInterval: "Supervision Interval"
        case .cslChannel: "CSL Channel"
        case .cslTimeout: "CSL Timeout"
        case .cslAccuracy: "CSL Accuracy"
        case .linkMetricsQuery: "Link Metrics Query"
        case .linkMetricsManagement: "Link Metrics Management"
        case .linkMetricsReport: "Link Metrics Report"
        case .linkProbe: "Link Probe"
        default: "TLV \(rawValue)"
        }
    }
}
