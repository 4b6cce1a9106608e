import Testing
import WireCore

@testable import ThreadWire

@Suite("CoAP messages")
struct CoAPMessageTests {
    static func parse(_ text: String) throws(ParseError) -> CoAPMessage {
        var reader = ByteReader(hex(text))
        return try CoAPMessage(parsing: &reader)
    }

    /// Address Solicit: recording line_traffic, frame 16.
    static let addressSolicit = "42028eb6f6b5b161026173ff0108166e0a0000000002040102"

    @Test("The example of RFC 7252, Appendix A: a request for a temperature and its answer")
    func published() throws {
        let request = CoAPMessage(
            type: .confirmable, code: .get, messageID: 0x7d34, options: CoAPMessage.options(path: "temperature"))
        let bytes = hex("40017d34bb") + Array("temperature".utf8)
        #expect(request.bytes == bytes)
        var reader = ByteReader(bytes)
        #expect(try CoAPMessage(parsing: &reader) == request)
        let response = CoAPMessage(
            type: .acknowledgement, code: .content, messageID: 0x7d34, payload: Array("22.3 C".utf8))
        #expect(response.bytes == hex("60457d34ff") + Array("22.3 C".utf8))
        #expect(response.code.description == "2.05")
    }

    @Test("A recorded Address Solicit is read and written")
    func recorded() throws {
        let message = try Self.parse(Self.addressSolicit)
        #expect(message.type == .confirmable)
        #expect(message.code == .post)
        #expect(message.messageID == 0x8eb6)
        #expect(message.token == [0xf6, 0xb5])
        #expect(message.uriPath == TMFPath.addressSolicit)
        #expect(message.payload == hex("0108166e0a0000000002040102"))
        #expect(message.bytes == hex(Self.addressSolicit))
        #expect(message.byteCount == message.bytes.count)
    }

    @Test("Every message survives cutting and changing")
    func robustness() {
        let long = CoAPMessage(
            type: .nonConfirmable, code: .put, messageID: 1, token: [1, 2, 3, 4, 5, 6, 7, 8],
            options: [
                CoAPOption(CoAPOption.Number(rawValue: 2000), value: [UInt8](repeating: 1, count: 300)),
                CoAPOption(.uriPath, value: [UInt8](repeating: 2, count: 13)), CoAPOption(.size1, value: [1]),
            ], payload: [1, 2, 3])
        for (seed, bytes) in [hex(Self.addressSolicit), long.bytes].enumerated() {
            checkCodec(
                bytes, seed: UInt64(seed),
                parse: { bytes throws(ParseError) in
                    var reader = ByteReader(bytes)
                    return try CoAPMessage(parsing: &reader)
                }, serialize: \.bytes, byteCount: \.byteCount)
        }
    }

    @Test(
        "Distances and lengths of options grow by one and two bytes", arguments: [0, 12, 13, 14, 268, 269, 270, 1000])
    func extensions(size: Int) throws {
        let option = CoAPOption(
            CoAPOption.Number(rawValue: UInt16(size)), value: [UInt8](repeating: 9, count: size))
        let message = CoAPMessage(type: .confirmable, code: .get, messageID: 2, options: [option])
        let extra = size < 13 ? 0 : size < 269 ? 1 : 2
        #expect(message.bytes.count == 4 + 1 + 2 * extra + size)
        #expect(message.byteCount == message.bytes.count)
        var reader = ByteReader(message.bytes)
        #expect(try CoAPMessage(parsing: &reader) == message)
    }

    @Test("The edges of the extensions are written as RFC 7252 §3.1 tells")
    func extensionBytes() {
        func head(_ number: UInt16) -> [UInt8] {
            let message = CoAPMessage(
                type: .confirmable, code: .get, messageID: 0,
                options: [CoAPOption(CoAPOption.Number(rawValue: number))])
            return Array(message.bytes[4...])
        }
        #expect(head(12) == [0xc0])
        #expect(head(13) == [0xd0, 0])
        #expect(head(268) == [0xd0, 255])
        #expect(head(269) == [0xe0, 0, 0])
        #expect(head(65535) == [0xe0, 0xfe, 0xf2])
    }

    @Test("Options are put in order, those of one number keep theirs")
    func optionOrder() {
        var message = CoAPMessage(
            type: .confirmable, code: .post, messageID: 3,
            options: [CoAPOption(.contentFormat, value: [42])] + CoAPMessage.options(path: "a/as"))
        message.append(CoAPOption(.observe))
        #expect(message.options.map(\.number) == [.observe, .uriPath, .uriPath, .contentFormat])
        #expect(message.uriPath == "a/as")
        #expect(CoAPOption.Number.uriPath.isCritical && !CoAPOption.Number.observe.isCritical)
    }

    @Test("Format errors are refused by name")
    func formatErrors() {
        func reason(_ text: String) -> ParseError.Reason? {
            parseError { () throws(ParseError) in try Self.parse(text) }?.reason
        }
        #expect(reason("00010000") == .unsupported(value: 0), "version 0")
        #expect(reason("80010000") == .unsupported(value: 2), "version 2")
        #expect(reason("49010000010203040506070809") == .invalidLength(found: 9, expected: 8), "token of 9 bytes")
        #expect(reason("40010000ff") == .truncated(needed: 1, available: 0), "marker without payload")
        #expect(reason("40010000f0") == .invalid(value: 15), "reserved distance")
        #expect(reason("400100000f") == .invalid(value: 15), "reserved length")
        #expect(reason("40010000e0ffff") == .invalid(value: 65804), "number above 65535")
        #expect(reason("40010000e0fef210") == .invalid(value: 1), "number above 65535 in two steps")
        #expect(reason("4000000001") == .trailing(count: 1), "empty message with more")
        #expect(reason("4100000001") == .trailing(count: 1), "empty message with a token")
        #expect(reason("41000000") == .invalidLength(found: 1, expected: 0), "empty message that says it has a token")
        #expect(reason("60000001") == nil, "empty acknowledgement")
    }

    @Test("Codes are class and detail")
    func codes() {
        #expect(CoAPCode.changed.rawValue == 0x44)
        #expect(CoAPCode.changed.description == "2.04")
        #expect(CoAPCode(codeClass: 4, detail: 29).description == "4.29")
        #expect(CoAPCode.post.isRequest && !CoAPCode.empty.isRequest && !CoAPCode.changed.isRequest)
        #expect(CoAPCode.notFound.isResponse && !CoAPCode.notFound.isSuccess && CoAPCode.created.isSuccess)
        #expect(!CoAPCode.get.isResponse)
    }
}
