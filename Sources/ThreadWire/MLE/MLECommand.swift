/// What an MLE message asks or says.
/// - Source: OpenThread as observed: recordings attach, sleepy, scan and steady
public struct MLECommand: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let linkRequest = Self(rawValue: 0)
    public static let linkAccept = Self(rawValue: 1)
    public static let linkAcceptAndRequest = Self(rawValue: 2)
    public static let linkReject = Self(rawValue: 3)
    public static let advertisement = Self(rawValue: 4)
    public static let update = Self(rawValue: 5)
    public static let updateRequest = Self(rawValue: 6)
    public static let dataRequest = Self(rawValue: 7)
    public static let dataResponse = Self(rawValue: 8)
    public static let parentRequest = Self(rawValue: 9)
    public static let parentResponse = Self(rawValue: 10)
    public static let childIDRequest = Self(rawValue: 11)
    public static let childIDResponse = Self(rawValue: 12)
    public static let childUpdateRequest = Self(rawValue: 13)
    public static let childUpdateResponse = Self(rawValue: 14)
    public static let announce = Self(rawValue: 15)
    public static let discoveryRequest = Self(rawValue: 16)
    public static let discoveryResponse = Self(rawValue: 17)
    public static let linkMetricsManagementRequest = Self(rawValue: 18)
    public static let linkMetricsManagementResponse = Self(rawValue: 19)
    public static let linkProbe = Self(rawValue: 20)
}

extension MLECommand: CustomStringConvertible {
    /// The command's name, or its number when it has none.
    public var description: String {
        switch self {
        case .linkRequest: "Link Request"
        case .linkAccept: "Link Accept"
        case .linkAcceptAndRequest: "Link Accept And Request"
        case .linkReject: "Link Reject"
        case .advertisement: "Advertisement"
        case .update: "Update"
        case .updateRequest: "Update Request"
        case .dataRequest: "Data Request"
        case .dataResponse: "Data Response"
        case .parentRequest: "Parent Request"
        case .parentResponse: "Parent Response"
        case .childIDRequest: "Child ID Request"
        case .childIDResponse: "Child ID Response"
        case .childUpdateRequest: "Child Update Request"
        case .childUpdateResponse: "Child Update Response"
        case .announce: "Announce"
        case .discoveryRequest: "Discovery Request"
        case .discoveryResponse: "Discovery Response"
        case .linkMetricsManagementRequest: "Link Metrics Management Request"
        case .linkMetricsManagementResponse: "Link Metrics Management Response"
        case .linkProbe: "Link Probe"
        default: "Command \(rawValue)"
        }
    }
}
