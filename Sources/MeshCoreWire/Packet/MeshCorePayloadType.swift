/// What a packet carries.
/// - Range: 0 to 15
public struct MeshCorePayloadType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    /// - Parameter rawValue: Only the low four bits count.
    public init(rawValue: UInt8) { self.rawValue = rawValue & 0x0f }

    public static let request = MeshCorePayloadType(rawValue: 0)
    public static let response = MeshCorePayloadType(rawValue: 1)
    public static let text = MeshCorePayloadType(rawValue: 2)
    public static let acknowledgement = MeshCorePayloadType(rawValue: 3)
    public static let advert = MeshCorePayloadType(rawValue: 4)
    public static let groupText = MeshCorePayloadType(rawValue: 5)
    public static let groupData = MeshCorePayloadType(rawValue: 6)
    public static let anonymousRequest = MeshCorePayloadType(rawValue: 7)
    public static let path = MeshCorePayloadType(rawValue: 8)
    public static let trace = MeshCorePayloadType(rawValue: 9)
    public static let multipart = MeshCorePayloadType(rawValue: 10)
    public static let control = MeshCorePayloadType(rawValue: 11)
    public static let rawCustom = MeshCorePayloadType(rawValue: 15)

    /// Whether the payload is encrypted for one node and begins with the hashes of destination and source.
    public var isAddressed: Bool {
        self == .request || self == .response || self == .text || self == .path
    }

    /// Whether the payload belongs to a channel.
    public var isGroup: Bool { self == .groupText || self == .groupData }
}
