/// A small seeded generator (SplitMix64), so that a test that fails can be repeated from the seed that it prints.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

extension SeededGenerator {
    /// A copy of real bytes, a little wrong: some bytes changed, bits flipped, pieces cut, doubled or put in.
    public mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &self) {
            let position = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0 where !bytes.isEmpty: bytes[position] = UInt8.random(in: 0...255, using: &self)
            case 1 where !bytes.isEmpty: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.removeLast(bytes.count - position)
            case 3 where !bytes.isEmpty: bytes.remove(at: position)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &self), at: position)
            default: bytes.append(contentsOf: bytes[position...].prefix(8))
            }
        }
        return bytes
    }
}
