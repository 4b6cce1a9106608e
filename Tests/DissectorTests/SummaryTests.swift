import CryptoProviders
import Dissector
import TestSupport
import Testing

/// tshark read the same recordings; its lines are in the summary files.
@Suite("Recordings, read as tshark reads them")
struct SummaryTests {
    /// One line of a summary file, as far as it is compared.
    struct Line {
        let source: String
        let destination: String
        let `protocol`: String
        /// What tshark says behind protocol and length.
        let text: String
    }

    static func lines(_ name: String) throws -> [Line] {
        try Fixtures.text("\(name).summary.txt").split(separator: "\n").map { line in
            // Number, time, source, arrow, destination, protocol, length, text; some frames lack an address.
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 7, words[3] == "→", words[6].allSatisfy(\.isNumber) else {
                return Line(source: "", destination: "", protocol: "", text: "")
            }
            return Line(
                source: words[2], destination: words[4], protocol: words[5],
                text: words[7...].joined(separator: " "))
        }
    }

    static func layer(_ name: String, of frame: DissectedFrame) -> DissectedLayer? {
        frame.layers.last { $0.name.hasPrefix(name) }
    }

    static func field(_ name: String, of layer: DissectedLayer?) -> DissectedField.Value? {
        layer?.fields.first { $0.name == name }?.value
    }

    @Test("MLE commands, CoAP paths and echoes are the same", arguments: RecordingsTests.names)
    func compare(name: String) throws {
        let frames = try RecordingsTests.dissector(for: name).decode(file: Fixtures.bytes("\(name).pcap"))
        let lines = try Self.lines(name)
        #expect(frames.count == lines.count)
        var compared = 0
        for (frame, line) in zip(frames, lines) {
            let place = "\(name), frame \(frame.number): \(line.text)"
            switch line.protocol {
            case "MLE":
                let layer = Self.layer("MLE ", of: frame)
                #expect(layer?.name.dropFirst(4).lowercased() == line.text.lowercased(), "\(place)")
            case "CoAP":
                let layer = Self.layer("CoAP", of: frame)
                let identifier = line.text.split(separator: "MID:").last.flatMap { UInt64($0.prefix { $0.isNumber }) }
                #expect(Self.field("message id", of: layer) == identifier.map { .number($0) }, "\(place)")
                if let path = line.text.split(separator: ", /").dropFirst().last?.split(separator: " ").first {
                    #expect(Self.field("path", of: layer) == .text(String(path)), "\(place)")
                }
            case "ICMPv6" where line.text.hasPrefix("Echo"):
                let isRequest = line.text.hasPrefix("Echo (ping) request")
                let layer = Self.layer(isRequest ? "ICMPv6 Echo Request" : "ICMPv6 Echo Reply", of: frame)
                let sequence = line.text.split(separator: "seq=").last.flatMap { UInt64($0.prefix { $0.isNumber }) }
                #expect(Self.field("sequence", of: layer) == sequence.map { .number($0) }, "\(place)")
            default: continue
            }
            #expect(frame.source == line.source, "\(place)")
            #expect(frame.destination == line.destination, "\(place)")
            compared += 1
        }
        #expect(compared > 10)
    }
}
