/// Whom a commissioner lets in: a Bloom filter with two bits for each joiner.
/// - Source: OpenThread (July 2025), src/core/meshcop, read for the two polynomials and the order of the bits
public struct SteeringData: Equatable, Sendable {
    /// - Range: 0 to 16 bytes, the last bits in the first byte; none lets nobody in
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The filter of a Steering Data TLV; nil for any other, or one that is too long.
    public init?(_ tlv: MeshCoPTLV) {
        guard case .unknown(type: .steeringData, let bytes) = tlv, bytes.count <= 16 else { return nil }
        self.bytes = bytes
    }

    /// Whether a joiner may come in, as far as the filter can tell.
    public func admits(_ joinerID: UInt64) -> Bool {
        guard !bytes.isEmpty else { return false }
        let id = (0..<8).map { UInt8(truncatingIfNeeded: joinerID >> UInt64(56 - 8 * $0)) }
        let polynomials: [UInt16] = [0x1021, 0x8005]
        return polynomials.allSatisfy { polynomial in
            let bit = Int(Self.remainder(of: id, polynomial)) % (bytes.count * 8)
            return bytes[bytes.count - 1 - bit / 8] & 1 << UInt8(bit % 8) != 0
        }
    }

    /// The cyclic remainder of bytes, the highest bit of each first, from zero.
    static func remainder(of bytes: [UInt8], _ polynomial: UInt16) -> UInt16 {
        bytes.reduce(UInt16(0)) { register, byte in
            (0..<8).reduce(register ^ UInt16(byte) << 8) { shifted, _ in
                shifted & 0x8000 != 0 ? shifted << 1 ^ polynomial : shifted << 1
            }
        }
    }
}
