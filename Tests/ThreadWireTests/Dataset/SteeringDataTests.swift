import Testing

@testable import ThreadWire

@Suite("Steering data")
struct SteeringDataTests {
    @Test("The two remainders have their check values")
    func remainders() {
        // Over the digits 1 to 9, as catalogues of cyclic redundancy checks give them.
        #expect(SteeringData.remainder(of: Array("123456789".utf8), 0x1021) == 0x31c3)
        #expect(SteeringData.remainder(of: Array("123456789".utf8), 0x8005) == 0xfee8)
    }

    @Test("All bits let everybody in, none nobody", arguments: 1...16)
    func extremes(length: Int) {
        for joiner: UInt64 in [0, 1, 0xd45e_64fa_83f8_1cf7, .max] {
            #expect(SteeringData(bytes: [UInt8](repeating: 0xff, count: length)).admits(joiner))
            #expect(!SteeringData(bytes: [UInt8](repeating: 0, count: length)).admits(joiner))
        }
        #expect(!SteeringData(bytes: []).admits(1))
    }

    @Test("A joiner needs both of its bits")
    func bits() {
        let joiner: UInt64 = 0xd65e_64fa_83f8_1cf7
        let id = (0..<8).map { UInt8(truncatingIfNeeded: joiner >> UInt64(56 - 8 * $0)) }
        let bits = [UInt16(0x1021), 0x8005].map { Int(SteeringData.remainder(of: id, $0)) % 128 }
        #expect(bits[0] != bits[1])
        func filter(_ bits: [Int]) -> SteeringData {
            var bytes = [UInt8](repeating: 0, count: 16)
            for bit in bits { bytes[15 - bit / 8] |= 1 << UInt8(bit % 8) }
            return SteeringData(bytes: bytes)
        }
        #expect(filter(bits).admits(joiner))
        #expect(!filter([bits[0]]).admits(joiner))
        #expect(!filter([bits[1]]).admits(joiner))
        #expect(!filter(bits).admits(joiner ^ 1))
    }

    @Test("Only a Steering Data TLV of up to 16 bytes is one")
    func tlv() {
        #expect(SteeringData(.unknown(type: .steeringData, value: [0xff]))?.bytes == [0xff])
        #expect(SteeringData(.unknown(type: .steeringData, value: [UInt8](repeating: 0, count: 17))) == nil)
        #expect(SteeringData(.joinerUDPPort(1000)) == nil)
    }
}
