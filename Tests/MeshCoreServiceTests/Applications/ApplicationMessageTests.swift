import Testing

@testable import MeshCoreService

@Suite struct ApplicationMessageTests {
    private func request(_ text: String) throws(ApplicationRequest.Malformed) -> ApplicationRequest {
        try ApplicationRequest(Array(text.utf8))
    }

    @Test("Each request is read, with and without a line's end")
    func requests() throws {
        #expect(try request(#"{"type":"subscribe"}"#) == .subscribe(nil))
        #expect(try request(#"{"type":"subscribe","channel":3}"# + "\n") == .subscribe(.channel(3)))
        let prefix: [UInt8] = [0xa1, 0xb2, 0xc3, 0xd4]
        #expect(try request(#"{"type":"subscribe","contact":"A1b2c3d4"}"#) == .subscribe(.contact(prefix)))
        #expect(try request(#"{"type":"unsubscribe"}"#) == .unsubscribe)
        #expect(
            try request(#"{"type":"send","channel":0,"text":"h\u00fb"}"#) == .channelText(channel: 0, text: "hû"))
        #expect(
            try request(#"{"text":"x","type":"send","contact":"a1b2c3d4"}"#) == .contactText(prefix: prefix, text: "x"))
    }

    @Test(
        "What asks for nothing that there is is refused with what is wrong",
        arguments: [
            ("", "JSON"), ("[]", "JSON"), ("{}", "JSON"), (#"{"type":5}"#, "JSON"), (#"{"type":"x"}"#, "subscribe"),
            (#"{"type":"send","channel":0}"#, "text"), (#"{"type":"send","channel":0,"text":""}"#, "text"),
            (#"{"type":"send","text":"x"}"#, "channel or contact"),
            (#"{"type":"send","text":"x","channel":0,"contact":"a1b2c3d4"}"#, "not both"),
            (#"{"type":"subscribe","channel":256}"#, "0 to 255"), (#"{"type":"subscribe","channel":-1}"#, "0 to 255"),
            (#"{"type":"subscribe","contact":"a1b2c3"}"#, "8 to 64"),
            (#"{"type":"subscribe","contact":"a1b2c3d4e"}"#, "8 to 64"),
            (#"{"type":"subscribe","contact":"a1b2c3dx"}"#, "8 to 64"),
        ])
    func malformed(text: String, sentence: String) {
        let error = #expect(throws: ApplicationRequest.Malformed.self) { try request(text) }
        #expect(error?.description.contains(sentence) == true, "\(String(describing: error))")
    }

    @Test("What the node says is one line of JSON")
    func lines() {
        let line = ApplicationLine(type: "channel", channel: 0, text: "b/\"\n", timestamp: 5)
        #expect(
            String(decoding: line.bytes, as: UTF8.self)
                == #"{"channel":0,"text":"b/\"\n","timestamp":5,"type":"channel"}"# + "\n")
    }
}
