import MeshCoreWire
import Testing

@Suite("Cutting text")
struct UTF8PrefixTests {
    @Test("A text is cut between characters", arguments: 0...12)
    func cut(maximum: Int) {
        let text = "aäß€👋z"
        let prefix = validUTF8Prefix(Array(text.utf8)[...], maximum: maximum)
        #expect(prefix.count <= maximum)
        #expect(text.hasPrefix(String(decoding: prefix, as: UTF8.self)))
        let wouldFit = text.unicodeScalars.reduce(into: (length: 0, fitting: 0)) { sum, scalar in
            sum.length += String(scalar).utf8.count
            if sum.length <= maximum { sum.fitting = sum.length }
        }
        #expect(prefix.count == wouldFit.fitting)
    }

    @Test("A text ends where it is no UTF-8 any more, and at a zero byte")
    func invalid() {
        let bad: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82], [0xc3, 0x41], [0x00],
        ]
        for tail in bad {
            #expect(validUTF8Prefix(([0x61] + tail)[...], maximum: 30) == [0x61], "\(tail)")
        }
    }
}
