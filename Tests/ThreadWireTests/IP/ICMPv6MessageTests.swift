import Testing
import ThreadWire
import WireCore

@Suite("ICMPv6 messages")
struct ICMPv6MessageTests {
    private let source = IPv6Address("fdde:ad00:beef::ff:fe00:c01")!
    private let destination = IPv6Address("fdde:ad00:beef::ff:fe00:c00")!

    private func write(_ message: ICMPv6Message) -> [UInt8] {
        written { message.serialize(into: &$0, source: source, destination: destination) }
    }

    private func read(_ bytes: [UInt8]) throws(ParseError) -> ICMPv6Message {
        var reader = ByteReader(bytes)
        return try ICMPv6Message(parsing: &reader, source: source, destination: destination)
    }

    struct Example: Sendable {
        let message: ICMPv6Message
        let type: UInt8
        let code: UInt8
        let isError: Bool
    }

    static let examples = [
        Example(
            message: .echoRequest(.init(identifier: 0x1234, sequence: 7, payload: [1, 2, 3])), type: 128, code: 0,
            isError: false),
        Example(
            message: .echoReply(.init(identifier: 0x1234, sequence: 7, payload: [])), type: 129, code: 0,
            isError: false),
        Example(message: .destinationUnreachable(.port, invoking: [9, 9, 9]), type: 1, code: 4, isError: true),
        Example(message: .packetTooBig(mtu: 1280, invoking: [9]), type: 2, code: 0, isError: true),
        Example(message: .timeExceeded(.reassembly, invoking: [9]), type: 3, code: 1, isError: true),
        Example(message: .parameterProblem(.option, pointer: 42, invoking: [9]), type: 4, code: 2, isError: true),
        Example(message: .unknown(type: 133, code: 3, body: [0, 0, 0, 0, 5]), type: 133, code: 3, isError: false),
        Example(message: .unknown(type: 128, code: 1, body: []), type: 128, code: 1, isError: false),
        Example(message: .unknown(type: 100, code: 0, body: [1]), type: 100, code: 0, isError: true),
    ]

    @Test("every message reads as it was written", arguments: examples)
    func roundTrip(example: Example) throws {
        let bytes = write(example.message)
        #expect(try read(bytes) == example.message)
        #expect(bytes.count == example.message.byteCount)
        #expect(bytes[0] == example.type && bytes[1] == example.code)
        #expect(example.message.isError == example.isError)
        // Any other length has another checksum, so that a message cut short is refused too.
        expectTruncationFails(bytes) { reader throws(ParseError) in
            try ICMPv6Message(parsing: &reader, source: source, destination: destination)
        }
    }

    @Test("a parameter problem's pointer and a packet-too-big's MTU stand behind the checksum")
    func layout() {
        let bytes = write(.parameterProblem(.header, pointer: 0x0102_0304, invoking: [0xff]))
        #expect(Array(bytes[4...]) == hex("01020304ff"))
        #expect(Array(write(.packetTooBig(mtu: 1280, invoking: []))[4...]) == hex("00000500"))
    }

    @Test("a wrong checksum is refused with the one that was expected")
    func checksum() {
        var bytes = write(Self.examples[0].message)
        let right = UInt64(bytes[2]) << 8 | UInt64(bytes[3])
        bytes[3] ^= 0x40
        #expect(
            throws: ParseError(
                field: "ICMPv6 checksum", offset: 2, reason: .checksum(found: right ^ 0x40, expected: right))
        ) {
            try read(bytes)
        }
    }

    @Test("a right checksum over too few bytes is still refused")
    func short() {
        // An echo request of four bytes: type, code, checksum.
        var checksum = InternetChecksum(source: source, destination: destination, length: 4, nextHeader: .icmpv6)
        checksum.add([128, 0])
        let bytes = [128, 0, UInt8(checksum.value >> 8), UInt8(checksum.value & 0xff)]
        #expect(throws: ParseError(field: "echo identifier", offset: 4, reason: .truncated(needed: 2, available: 0))) {
            try read(bytes)
        }
    }

    @Test("changed messages never trap")
    func mutation() {
        for example in Self.examples {
            expectMutationsSurvive(
                write(example.message), rounds: 500,
                read: { reader throws(ParseError) in
                    try ICMPv6Message(parsing: &reader, source: source, destination: destination)
                }, write: { $0.serialize(into: &$1, source: source, destination: destination) })
        }
    }
}
