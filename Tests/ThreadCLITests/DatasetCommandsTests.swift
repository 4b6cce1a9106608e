import EngineCore
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

@Suite("Commands for datasets and keys", .serialized)
struct DatasetCommandsTests {
    private func formed() throws -> Terminals {
        let terminals = Terminals()
        try #require(terminals.form())
        return terminals
    }

    @Test("A name and a channel are changed for the whole network, as in recording keyswitch")
    func management() throws {
        let terminals = try formed()
        #expect(
            terminals.type("dataset mgmtsetcommand active activetimestamp 2 networkname heddle-two", at: "C").text
                == ["Done"])
        terminals.run(for: .seconds(30))
        for name in ["A", "B", "C", "S"] {
            #expect(terminals.type("networkname", at: name).text == ["heddle-two", "Done"])
            #expect(
                terminals.type("dataset active", at: name).text == [
                    "Active Timestamp: 2", "Network Name: heddle-two", "Done",
                ])
        }
        #expect(
            terminals.type(
                "dataset mgmtsetcommand pending pendingtimestamp 1 activetimestamp 3 delaytimer 60000 channel 20",
                at: "A"
            ).text == ["Done"])
        terminals.run(for: .seconds(20))
        for name in ["A", "B", "C", "S"] {
            let lines = terminals.type("dataset pending", at: name).lines
            try #require(lines.count == 4, "\(name): \(lines)")
            #expect(Array(lines[0..<3]) == ["Pending Timestamp: 1", "Active Timestamp: 3", "Channel: 20"])
            let left = try #require(Int(lines[3].dropFirst("Delay: ".count)))
            #expect((39_000...41_000).contains(left), "\(name): \(left)")
        }
        terminals.run(for: .seconds(45))
        for name in ["A", "B", "C", "S"] {
            #expect(terminals.type("channel", at: name).text == ["20", "Done"])
            #expect(terminals.type("dataset pending", at: name).text == ["Error 23: NotFound"])
            #expect(
                terminals.type("dataset active", at: name).text == ["Active Timestamp: 3", "Channel: 20", "Done"])
            #expect(terminals.type("networkname", at: name).text == ["heddle-two", "Done"])
        }
    }

    @Test("What a node tells of its dataset can be asked for")
    func getting() throws {
        let terminals = try formed()
        func told() -> [OperationalDataset] {
            terminals.network["C"].events.compactMap {
                if case .datasetTold(.active, let dataset) = $0.event { dataset } else { nil }
            }
        }
        #expect(terminals.type("dataset mgmtgetcommand active channel panid", at: "C").text == ["Done"])
        terminals.run(for: .seconds(5))
        #expect(told().map { $0.tlvs.map(\.type) } == [[.channel, .panID]])
        let child = terminals.address("S")
        #expect(
            terminals.type("dataset mgmtgetcommand active address \(child) networkname -x 0f", at: "C").text
                == ["Done"])
        terminals.run(for: .seconds(10))
        #expect(told().count == 2 && told().last?.networkName != nil)
        for line in [
            "dataset mgmtgetcommand", "dataset mgmtgetcommand x", "dataset mgmtgetcommand active address x",
            "dataset mgmtsetcommand", "dataset mgmtsetcommand active x", "dataset mgmtsetcommand active channel x",
        ] {
            let result = terminals.type(line, at: "C").result
            #expect(result == .failed(.invalidArguments) || result == .failed(.parse), "\(line)")
        }
        #expect(terminals.type("dataset mgmtsetcommand active channel 12", at: "N").result == .failed(.invalidState))
    }

    @Test("The buffer takes datasets from everywhere and gives them to either")
    func buffer() {
        let terminals = Terminals()
        #expect(terminals.type("dataset init new", at: "N").result == .done)
        #expect(terminals.type("dataset init pending", at: "N").result == .failed(.notFound))
        #expect(terminals.type("dataset", at: "N").lines.isEmpty, "as OpenThread empties it")
        for (name, value) in [("pendingtimestamp", "5"), ("delay", "60000"), ("wakeupchannel", "18")] {
            #expect(terminals.type("dataset \(name) \(value)", at: "N").result == .done)
            #expect(terminals.type("dataset \(name)", at: "N").lines == [value])
        }
        #expect(terminals.type("dataset delaytimer", at: "N").lines == ["60000"])
        #expect(terminals.type("dataset commit pending", at: "N").result == .done)
        #expect(
            terminals.type("dataset pending", at: "N").lines == [
                "Pending Timestamp: 5", "Wake-up Channel: 18", "Delay: 60000",
            ])
        let tlvs = terminals.type("dataset pending -x", at: "N").lines
        #expect(terminals.type("dataset set pending \(tlvs[0])", at: "N").result == .done)
        #expect(terminals.type("dataset init pending", at: "N").result == .done)
        #expect(terminals.type("dataset tlvs", at: "N").lines == tlvs)
        #expect(terminals.type("dataset channel 27", at: "N").result == .done)
        #expect(terminals.type("dataset commit active", at: "N").result == .failed(.invalidArguments))
        #expect(terminals.type("dataset commit x", at: "N").result == .failed(.invalidArguments))
        #expect(terminals.type("dataset set active 00", at: "N").result == .failed(.invalidArguments))
    }

    @Test("The key sequence is read, set, and followed by the neighbors")
    func keySequence() throws {
        let terminals = try formed()
        for name in ["A", "B", "C", "S"] {
            #expect(terminals.type("keysequence counter", at: name).text == ["0", "Done"])
            #expect(terminals.type("keysequence guardtime", at: name).text == ["624", "Done"])
            #expect(terminals.type("keysequence guardtime 0", at: name).text == ["Done"])
        }
        #expect(terminals.type("keysequence counter 1", at: "A").text == ["Done"])
        #expect(terminals.type("keysequence counter", at: "A").text == ["1", "Done"])
        terminals.run(for: .seconds(90))
        for name in ["B", "C", "S"] {
            #expect(terminals.type("keysequence counter", at: name).lines == ["1"], "\(name)")
        }
        for line in ["keysequence", "keysequence x", "keysequence counter x", "keysequence guardtime 70000"] {
            #expect(terminals.type(line, at: "A").result == .failed(.invalidArguments), "\(line)")
        }
    }

    @Test("The shortest delay can be shortened")
    func shortestDelay() {
        let terminals = Terminals()
        #expect(terminals.type("delaytimermin", at: "N").text == ["30", "Done"])
        #expect(terminals.type("delaytimermin 5", at: "N").text == ["Done"])
        #expect(terminals.type("delaytimermin", at: "N").text == ["5", "Done"])
        for value in ["0", "30", "x"] {
            #expect(terminals.type("delaytimermin \(value)", at: "N").result == .failed(.invalidArguments))
        }
    }
}
