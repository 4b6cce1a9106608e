import Foundation
import TestSupport
import Testing
import WireCore

@testable import Dissector

@Suite("Frames as JSON")
struct JSONTextTests {
    @Test("Every frame of a recording is one valid object with its layers in order")
    func frames() throws {
        for frame in try DissectorTests.dissector().decode(DissectorTests.packets("thread/prefix")) {
            #expect(!frame.json.contains("\n"))
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(frame.json.utf8)) as? [String: Any])
            #expect(object["number"] as? Int == frame.number)
            #expect(object["bytes"] as? String == hexadecimal(frame.bytes))
            #expect(object["exact"] as? Bool == true)
            let layers = try #require(object["layers"] as? [[String: Any]])
            #expect(layers.map { $0["name"] as? String } == frame.layers.map(\.name))
        }
    }

    @Test("What JSON reserves is escaped")
    func escapes() throws {
        let text = "\"quoted\" \\ \u{1}\n é ☃"
        let json = JSONText.object([("a\"", .array([.text(text), .number(.max), .flag(false), .raw("1.5")]))])
        #expect(
            json.description
                == #"{"a\"":["\"quoted\" \\ \u0001\u000a é ☃",18446744073709551615,false,1.5]}"#)
        let object = try JSONSerialization.jsonObject(with: Data(json.description.utf8)) as? [String: [Any]]
        #expect(object?["a\""]?.first as? String == text)
    }

    @Test("A layer reads as name, fields and elements")
    func text() {
        let layer = DissectedLayer(
            "Outer",
            [DissectedField("", "x"), DissectedField("count", 3 as UInt8), DissectedField("set", true)]
                + [DissectedField("clear", false)],
            elements: [DissectedLayer("One"), DissectedLayer("Two", [DissectedField("", 2 as UInt16)])])
        #expect(layer.description == "Outer x count 3 set [One, Two 2]")
        #expect(
            JSONText(layer).description
                == #"{"name":"Outer","value":"x","count":3,"set":true,"clear":false,"elements":[{"name":"One"},"#
                + #"{"name":"Two","value":2}]}"#)
    }
}
