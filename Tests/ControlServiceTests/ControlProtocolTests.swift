import Testing

@testable import ControlService

@Suite struct ControlProtocolTests {
    @Test(
        "A message is read as it was written",
        arguments: [
            (.line("disabled"), "=disabled"), (.line(""), "="), (.line("=x"), "==x"), (.asynchronous("a b"), "!a b"),
            (.end(.done), ".Done"), (.end(.error(code: 7, name: "InvalidArgs")), ".Error 7: InvalidArgs"),
            (.end(.error(code: 1, name: "Failed to x")), ".Error 1: Failed to x"),
        ] as [(ControlMessage, String)])
    func messages(message: ControlMessage, text: String) {
        #expect(message.encoded == text)
        #expect(ControlMessage(encoded: text) == message)
    }

    @Test(
        "What is no message is refused",
        arguments: ["", "Done", ".done", ".", ".Error", ".Error 7", ".Error x: y", ".Error 7 y", "?x", "{}"])
    func notAMessage(text: String) {
        #expect(ControlMessage(encoded: text) == nil)
    }

    @Test("A text is cut into lines at every kind of line end")
    func cutting() {
        #expect(lines(of: "a\nb\r\nc\rd") == ["a", "b", "c", "d"])
        #expect(lines(of: "") == [""])
        #expect(lines(of: "a\n\nb") == ["a", "", "b"])
    }
}

@Suite struct ControlRequestReaderTests {
    private func requests(_ text: String, limit: Int = 4096) -> [ControlRequestReader.Request] {
        var reader = ControlRequestReader(limit: limit)
        return reader.receive(text.utf8)
    }

    @Test("Lines end with LF or CR LF, and empty ones are left out")
    func lineEnds() {
        #expect(requests("state\nrloc16\r\n\n  \r\n\t\n x \nrest") == [.line("state"), .line("rloc16"), .line(" x ")])
    }

    @Test("A line may come in pieces of any size", arguments: 1...12)
    func pieces(size: Int) {
        var reader = ControlRequestReader()
        var found: [ControlRequestReader.Request] = []
        var bytes = Array("state\r\nipaddr äö\n".utf8)[...]
        while !bytes.isEmpty {
            found += reader.receive(bytes.prefix(size))
            bytes = bytes.dropFirst(size)
        }
        #expect(found == [.line("state"), .line("ipaddr äö")])
        #expect(!reader.isWithinLine)
    }

    @Test("A line as long as the limit is taken, one byte more is refused once and skipped to its end")
    func tooLong() {
        let refused = ControlRequestReader.Request.refused("a request has at most 8 bytes")
        #expect(requests("12345678\n12345678\r\n", limit: 8) == [.line("12345678"), .line("12345678")])
        #expect(requests("123456789\nstate\n", limit: 8) == [refused, .line("state")])
        var reader = ControlRequestReader(limit: 8)
        #expect(reader.receive([UInt8](repeating: 0x61, count: 9)) == [refused])
        #expect(reader.receive([UInt8](repeating: 0x61, count: 100_000)) == [])
        #expect(reader.isWithinLine)
        #expect(reader.receive("\nstate\n".utf8) == [.line("state")])
    }

    @Test("What is no UTF-8 or has control characters is refused, and the next line is taken")
    func binary() {
        var reader = ControlRequestReader()
        let bytes: [UInt8] = [0xff, 0xfe, 0x0a, 0x61, 0x00, 0x0a, 0x1b, 0x5b, 0x0a, 0x7f, 0x0a, 0x61, 0x0d, 0x62, 0x0a]
        #expect(
            reader.receive(bytes + Array("a\tb\n".utf8)) == [
                .refused("a request must be UTF-8"), .refused("a request must not contain control characters"),
                .refused("a request must not contain control characters"),
                .refused("a request must not contain control characters"),
                .refused("a request must not contain control characters"), .line("a\tb"),
            ])
    }
}

@Suite struct JSONRequestTests {
    @Test("A request has a command and perhaps a number or a text to tell it by")
    func requests() {
        #expect(JSONRequest(line: #"{"id":1,"command":"state"}"#)?.id == .number(1))
        #expect(JSONRequest(line: #"{"id":"a","command":"state"}"#)?.id == .text("a"))
        #expect(JSONRequest(line: #"{"command":"udp send hello"}"#)?.kind == .command("udp send hello"))
        #expect(JSONRequest(line: #"{"call":"state","socket":[]}"#)?.kind == .call)
        #expect(JSONRequest(line: #"{"command":"state"}"#)?.id == nil)
    }

    @Test(
        "What is no request is refused",
        arguments: [
            "{", "{}", #"{"command":1}"#, #"{"id":[],"command":"state"}"#, #"{"id":1.5,"command":"x"}"#,
            #"{"command":"a\nb"}"#, #"{"command":"a\u0000"}"#, #"[{"command":"x"}]"#,
            String(repeating: "{\"a\":", count: 800),
        ])
    func refused(line: String) {
        let request = JSONRequest(line: line)
        #expect(request == nil || request?.kind == .invalid)
    }

    @Test("What is refused keeps its id")
    func refusedWithID() throws {
        let request = try #require(JSONRequest(line: #"{"id":"a","command":"state\u0000"}"#))
        #expect(request.id == .text("a") && request.kind == .invalid)
    }

    @Test("An answer is one line, whatever its texts contain")
    func answers() {
        #expect(
            JSONRequest.answer(id: .number(1), lines: ["fd00::/64", "a\"b\n"], status: .done)
                == #"{"id":1,"lines":["fd00::/64","a\"b\n"],"status":"Done"}"#)
        #expect(
            JSONRequest.answer(id: nil, lines: [], status: .error(code: 7, name: "InvalidArgs"))
                == #"{"error":{"code":7,"name":"InvalidArgs"},"lines":[],"status":"Error 7: InvalidArgs"}"#)
        #expect(JSONRequest.event("x\ty") == #"{"event":"x\ty"}"#)
    }
}
