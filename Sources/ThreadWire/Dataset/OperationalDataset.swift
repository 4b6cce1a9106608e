public import WireCore

/// All that a node must know to be in a network: its key, channel, names and policy.
///
/// The elements keep their order, and those that Heddle does not know survive.
/// - Source: OpenThread as observed: the command `dataset active -x`
public struct OperationalDataset: Equatable, Sendable {
    /// The longest dataset that a message can carry.
    /// - Units: bytes
    public static let maximumLength = 254

    /// The elements, at most one of each type.
    public private(set) var tlvs: [MeshCoPTLV]

    /// An empty dataset.
    public init() { tlvs = [] }

    /// Reads all that is left.
    /// - Throws: `.invalid` when a type occurs twice; `.invalidLength` above 254 bytes.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        guard reader.remaining <= Self.maximumLength else {
            throw ParseError(
                field: "operational dataset", offset: reader.offset,
                reason: .invalidLength(found: reader.remaining, expected: Self.maximumLength))
        }
        tlvs = []
        while !reader.isAtEnd {
            let offset = reader.offset
            let tlv = try MeshCoPTLV(parsing: &reader)
            guard !tlvs.contains(where: { $0.type == tlv.type }) else {
                throw ParseError(
                    field: "operational dataset", offset: offset, reason: .invalid(value: UInt64(tlv.type.rawValue)))
            }
            tlvs.append(tlv)
        }
    }

    /// Reads a whole buffer.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { tlvs.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        tlvs.serialize(into: &writer)
    }

    /// The dataset as one buffer.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }

    /// Puts an element behind the others, and takes out the one of its type, as OpenThread does.
    public mutating func set(_ tlv: MeshCoPTLV) {
        remove(tlv.type)
        tlvs.append(tlv)
    }

    /// Puts an element in the place of the one of its type, if there is one.
    public mutating func replace(_ tlv: MeshCoPTLV) {
        guard let index = tlvs.firstIndex(where: { $0.type == tlv.type }) else { return }
        tlvs[index] = tlv
    }

    /// Takes the element of a type out.
    public mutating func remove(_ type: MeshCoPTLVType) {
        tlvs.removeAll { $0.type == type }
    }

    public func contains(_ type: MeshCoPTLVType) -> Bool {
        tlvs.contains { $0.type == type }
    }

    /// Whether all is there that a node needs to form or join the network.
    public var isComplete: Bool {
        let needed: [MeshCoPTLVType] = [
            .activeTimestamp, .channel, .channelMask, .extendedPANID, .meshLocalPrefix, .networkKey, .networkName,
            .panID, .pskc, .securityPolicy,
        ]
        return needed.allSatisfy { contains($0) }
    }
}
