import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

/// Replays what was typed at OpenThread's command line and compares the answers line by line.
@Suite("Answers as OpenThread gives them", .serialized)
struct TranscriptTests {
    /// Answers that differ, and why.
    private static let differences = [
        "help": "the list is Heddle's own", "counters": "drops are counted as well",
        "region": "the simulation has a region that is not set",
        "masterkey": "the former name works",
    ]

    /// Whether an entry is about something that Heddle does not have, and answers as it should.
    private func isAbsent(_ command: String) -> Bool {
        (AbsentCommand.all + AbsentCommand.parts).contains { absent in
            command == absent.name || command.hasPrefix(absent.name + " ")
        }
    }

    /// Types a recorded command and compares the answer with the recorded one.
    /// - Returns: whether there was something to compare.
    @discardableResult
    private func compare(_ entry: Transcript.Entry, at name: String, _ network: RecordedNetwork) -> Bool {
        let first = entry.command.split(separator: " ").first.map(String.init) ?? ""
        guard !isAbsent(entry.command), Self.differences[first == "help" ? first : entry.command] == nil else {
            return false
        }
        let answer = network.terminals.type(entry.command, at: name).text
        let difference = AnswerMatcher.difference(answer, entry.answer)
        #expect(
            difference == nil,
            """
            \(name) > \(entry.command): \(difference ?? "")
            \(answer.joined(separator: "\n"))
            instead of
            \(entry.answer.joined(separator: "\n"))
            """)
        return true
    }

    /// Compares a whole section.
    /// - Returns: how many answers there were to compare.
    private func compare(_ entries: [Transcript.Entry], at name: String, _ network: RecordedNetwork) -> Int {
        entries.count { compare($0, at: name, network) }
    }

    @Test("A fresh node")
    func freshNode() throws {
        let network = try RecordedNetwork(isFormed: false)
        let entries = try Transcript.section(1).map { entry in
            // A channel for waking others up is not in Heddle's new datasets, and a node without one has no name.
            Transcript.Entry(
                command: entry.command,
                answer: entry.answer.filter { !$0.hasPrefix("Wake-up Channel") && $0 != "OpenThread" }
                    .map { $0.hasPrefix("Network Name: OpenThread-") ? "" : $0 })
        }
        for entry in entries {
            guard entry.command == "dataset" || entry.command == "networkname" else {
                compare(entry, at: "N", network)
                continue
            }
            var answer = network.terminals.type(entry.command, at: "N").text
            if entry.command == "networkname" { answer.removeAll { $0.isEmpty } }
            answer = answer.map { $0.hasPrefix("Network Name: Heddle-") ? "" : $0 }
            #expect(AnswerMatcher.difference(answer, entry.answer) == nil, "\(answer)")
        }
        #expect(entries.count == 32)
    }

    @Test("Setting up and starting a node")
    func settingUp() throws {
        let network = try RecordedNetwork(isFormed: false)
        _ = network.terminals.network.with(network.terminals.network["N"]) { node, now in
            node.setActiveDataset(Terminals.dataset, now: now)
        }
        for entry in try Transcript.section(2) {
            #expect(network.terminals.type(entry.command, at: "N").text == entry.answer, "\(entry.command)")
        }
    }

    @Test("The leader of an attached network")
    func leader() throws {
        let network = try RecordedNetwork.published()
        // The recording's leader had talked with C alone.
        _ = network.terminals.type("ping \(network.terminals.address("C"))", at: "A")
        #expect(compare(try Transcript.section(3), at: "A", network) > 120)
    }

    @Test("A router")
    func router() throws {
        let network = try RecordedNetwork.published()
        // C knows A from a ping that it answered.
        _ = network.terminals.type("ping \(network.terminals.address("C"))", at: "A")
        #expect(compare(try Transcript.section(4), at: "C", network) == 14)
    }

    @Test("A sleepy child")
    func child() throws {
        let network = try RecordedNetwork.published()
        // A program for minimal devices does not know what only routers need.
        let entries = try Transcript.section(5).filter { $0.answer != ["Error 35: InvalidCommand"] }
        #expect(compare(entries, at: "S", network) == 16)
    }

    @Test("Pings")
    func pings() throws {
        let network = try RecordedNetwork.published()
        #expect(compare(try Transcript.section(6), at: "A", network) == 19)
    }

    @Test("UDP sockets")
    func sockets() throws {
        let network = try RecordedNetwork.published()
        let terminals = network.terminals
        for line in ["udp open", "udp bind :: 1234"] { #expect(terminals.type(line, at: "C").result == .done) }
        for entry in try Transcript.section(7) {
            compare(entry, at: "A", network)
            terminals.run(for: .seconds(2))
            let printed = terminals.takeAsynchronous("C")
            #expect(AnswerMatcher.difference(printed, entry.printedByC) == nil, "\(entry.command): \(printed)")
        }
    }

    @Test("Scans and discovery of a node that is not attached")
    func scans() throws {
        let network = try RecordedNetwork()
        let terminals = network.terminals
        // N stands beside the others and has no network of its own.
        for name in ["A", "B", "C"] {
            terminals.network.setLoss(terminals.network[name], terminals.network["N"], Decibels(60))
        }
        _ = terminals.type("ifconfig up", at: "N")
        for entry in try Transcript.section(9) where !isAbsent(entry.command) {
            let answer = terminals.type(entry.command, at: "N").text
            // Who answers first, and whether each answer is heard, is for chance.
            #expect(answer.count > 3 || entry.answer.count < 3, "\(entry.command): \(answer)")
            #expect(answer.prefix(2) == entry.answer.prefix(2), "\(entry.command)")
            #expect(answer.last == entry.answer.last)
            guard let recorded = entry.answer.filter({ $0.hasPrefix("| ") }).dropFirst().first else { continue }
            for row in answer.filter({ $0.hasPrefix("| ") }).dropFirst() {
                #expect(AnswerMatcher.difference(inLine: row, recorded) == nil, "\(row)")
            }
        }
        #expect(terminals.type("scan 5", at: "N").result == .done)
        #expect(terminals.type("scan energy", at: "N").result == .failed(.notCapable))
        #expect(terminals.type("discover x", at: "N").result == .failed(.invalidArguments))
        _ = terminals.type("ifconfig down", at: "N")
        #expect(terminals.type("discover", at: "N").result == .failed(.invalidState))
    }

    @Test("Two sessions cannot scan at once, and one that leaves does not hinder the next")
    func concurrentScans() throws {
        let terminals = Terminals()
        _ = terminals.type("ifconfig up", at: "N")
        terminals.begin("scan", at: "N", session: 1)
        #expect(terminals.type("discover", at: "N", session: 2).result == .failed(.busy))
        terminals.close(1, at: "N")
        terminals.run(for: .seconds(10))
        #expect(terminals.type("scan 15", at: "N", session: 2).result == .done)
    }

    @Test("Diagnostics")
    func diagnostics() throws {
        let network = try RecordedNetwork.published()
        let entries = try Transcript.section(8)
        #expect(entries.count == 11)
        for entry in entries where !entry.command.contains("ff02::1") { compare(entry, at: "A", network) }
        // Who answers a group first is for chance, and the sleepy child hears it as well.
        let answer = network.terminals.type("networkdiagnostic get ff02::1 0 1", at: "A")
        #expect(answer.result == .done)
        let places = answer.lines.filter { $0.hasPrefix("Rloc16: ") }
        #expect(Set(places).isSuperset(of: ["Rloc16: 0xd000", "Rloc16: 0xcc00"]), "\(answer)")
    }

    @Test("Diagnostics of those who are not there")
    func absentDiagnostics() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        let unused = (1...62).map { RouterID(rawValue: $0) }.first { id in
            !terminals.network["A"].engine.thread.routers.ids.contains(id)
        }
        let absent = try #require(unused).rloc16
        #expect(terminals.type("meshdiag childtable 0x\(absent)", at: "A").result == .failed(.notFound))
        #expect(terminals.type("meshdiag childtable 0x1001", at: "A").result == .failed(.invalidArguments))
        #expect(terminals.type("meshdiag topology everything", at: "A").result == .failed(.invalidArguments))
        #expect(terminals.type("meshdiag topology", at: "N").result == .failed(.invalidState))
        #expect(
            terminals.type("networkdiagnostic get fdde:ad00:beef::ff:fe00:\(absent) 0", at: "A")
                == Terminals.Answer(lines: [], result: .done))
        #expect(terminals.type("networkdiagnostic get xyz 0", at: "A").result == .failed(.parse))
        // A router that has just fallen silent.
        let last = terminals.network["C"]
        terminals.network.setLoss(terminals.network["B"], last, nil)
        let place = terminals.type("rloc16", at: "C").lines.first ?? ""
        #expect(terminals.type("meshdiag routerneighbortable 0x\(place)", at: "A").result == .failed(.responseTimeout))
        let topology = terminals.type("meshdiag topology", at: "A")
        #expect(topology.result == .failed(.responseTimeout))
        #expect(topology.lines.count { $0.hasPrefix("id:") } == 2)
    }

    @Test("Errors")
    func errors() throws {
        let network = try RecordedNetwork.published()
        for name in ["A", "B", "C"] { _ = network.terminals.type("ping \(network.terminals.address(name))", at: "A") }
        // The recording had asked for an address that nobody has.
        _ = network.terminals.type("ping fdde:ad00:beef:0:0:0:0:1", at: "A")
        let entries = try Transcript.section(10)
        #expect(compare(entries.filter { $0.command != "eidcache xyz" }, at: "A", network) == 56)
        #expect(network.terminals.type("eidcache xyz", at: "A").result == .done)
    }

    @Test("Starting and stopping")
    func startAndStop() throws {
        let network = try RecordedNetwork(isFormed: false)
        let terminals = network.terminals
        _ = terminals.network.with(terminals.network["N"]) { node, now in
            node.setActiveDataset(Terminals.dataset, now: now)
        }
        _ = terminals.type("ifconfig up", at: "N")
        _ = terminals.type("thread start", at: "N")
        for entry in try Transcript.section(11) {
            #expect(terminals.type(entry.command, at: "N").text == entry.answer, "\(entry.command)")
        }
    }
}
