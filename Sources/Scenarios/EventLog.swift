import EngineCore

/// What a run did, folded into one number: two runs that give the same one did the same in the same order.
/// - Source: the function FNV-1a with 64 bits
struct EventLog {
    enum Kind: UInt64 {
        case transmitted = 1
        case received
        case lost
        case sent
        case delivered
        case answered
        case befell
        case state
    }

    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var count = 0

    mutating func note(_ kind: Kind, at now: Instant, _ first: Int, _ second: Int = 0, bytes: [UInt8] = []) {
        count += 1
        fold(kind.rawValue)
        fold(now.microseconds)
        fold(UInt64(truncatingIfNeeded: first))
        fold(UInt64(truncatingIfNeeded: second))
        for byte in bytes { fold(byte: byte) }
    }

    private mutating func fold(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { fold(byte: UInt8(truncatingIfNeeded: word >> shift)) }
    }

    @inline(__always)
    private mutating func fold(byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    var text: String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
