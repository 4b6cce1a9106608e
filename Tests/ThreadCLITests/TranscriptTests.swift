import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

/// Replays what was typed at OpenThread's command line and compares the answers line by line.
@Suite("Answers as OpenThread gives them", .serialized)
struct TranscriptTests {
    /// Forms of known commands that this command line does not have.
    private static let missing: Set<String> = [
        "partitionid preferred", "udp linksecurity", "netdata",
    ]
    /// Commands whose answers list what there is, and Heddle's list is its own.
    private static let listing: Set<String> = ["udp", "dataset help", "counters"]

    private static func isKnown(_ command: String) -> Bool {
        let name = String(command.prefix { $0 != " " })
        return CommandTable.command(name) != nil && !missing.contains(command)
    }

    private func formed() throws -> Terminals {
        let terminals = Terminals()
        try #require(terminals.form())
        return terminals
    }

    /// With what was published in the recorded network.
    private func published() throws -> Terminals {
        let terminals = try formed()
        for (command, name) in [
            ("prefix add 2001:cafe:cafe:cafe::/64 paros med", "A"), ("service add 44970 5d c0de", "A"),
            ("netdata register", "A"), ("route add 2001:db8:1::/48 s", "B"), ("netdata register", "B"),
        ] { #expect(terminals.type(command, at: name).text == ["Done"]) }
        terminals.run(for: .seconds(5))
        return terminals
    }

    /// Replaces the addresses of the recorded network by those of this one.
    private func translated(_ command: String, _ terminals: Terminals) -> String {
        var command = command
        let thread = { (name: String) in terminals.network[name].engine.thread }
        for (recorded, name) in [
            ("fdde:ad00:beef:0:1d57:a72:3aaf:39a2", "A"), ("fdde:ad00:beef:0:354d:2a40:27ad:9e2a", "B"),
            ("fdde:ad00:beef:0:f441:8838:cbf:f839", "C"), ("fdde:ad00:beef:0:24f5:b2cd:559:3ca4", "S"),
        ] { command = command.replacing(recorded, with: terminals.address(name)) }
        command = command.replacing("fe00:ec00", with: "fe00:\(thread("C").rloc16)")
        command = command.replacing("0xec00", with: thread("C").rloc16.prefixed)
        if command == "router 59" { command = "router \(thread("C").rloc16.routerID.rawValue)" }
        if command == "child 2" { command = "child \(thread("S").rloc16.childID)" }
        return command
    }

    private func expectShape(_ entry: Transcript.Entry, at name: String, _ terminals: Terminals) {
        let command = translated(entry.command, terminals)
        let answer = terminals.type(command, at: name).text
        let context =
            "\(name) > \(command)\n\(answer.joined(separator: "\n"))\ninstead of\n"
            + entry.answer.joined(separator: "\n")
        if Self.listing.contains(entry.command) {
            #expect(answer.last == entry.answer.last, "\(context)")
        } else {
            #expect(Shape.lines(answer) == Shape.lines(entry.answer), "\(context)")
        }
        guard let rule = answer.first(where: { $0.hasPrefix("+-") }) else { return }
        for row in answer where row.hasPrefix("|") { #expect(Shape.bars(row) == Shape.bars(rule), "\(context)") }
    }

    @Test("A fresh node")
    func freshNode() throws {
        let terminals = Terminals()
        let entries = try Transcript.section(1).filter { Self.isKnown($0.command) }
        #expect(entries.count >= 25)
        for entry in entries {
            // A channel for waking others up is not in Heddle's new datasets, and a node without one has no name.
            let answer = entry.answer.filter { !$0.hasPrefix("Wake-up Channel") }
                .map { $0 == "OpenThread" ? "" : $0 }
            expectShape(Transcript.Entry(command: entry.command, answer: answer), at: "N", terminals)
        }
    }

    @Test("Setting up and starting a node")
    func settingUp() throws {
        let terminals = Terminals()
        _ = terminals.network.with(terminals.network["N"]) { node, now in
            node.setActiveDataset(Terminals.dataset, now: now)
        }
        let entries = try Transcript.section(2).filter { Self.isKnown($0.command) }
        #expect(entries.count == 6)
        for entry in entries {
            expectShape(entry, at: "N", terminals)
            if entry.command.hasPrefix("dataset") || entry.command == "state" || entry.command == "ifconfig" {
                #expect(terminals.type(entry.command, at: "N").text == entry.answer)
            }
        }
    }

    @Test("The leader of an attached network")
    func leader() throws {
        let terminals = try published()
        _ = terminals.type("dataset init active", at: "A")
        let entries = try Transcript.section(3).filter { Self.isKnown($0.command) }
        #expect(entries.count >= 70)
        // What nobody asked for yet has no rows here.
        let emptied: [String: [String]] = [
            "eidcache": ["Done"], "macfilter": ["Address Mode: Disabled", "RssIn List:", "Done"],
            "macfilter addr": ["Disabled", "Done"],
        ]
        for entry in entries {
            expectShape(
                Transcript.Entry(command: entry.command, answer: emptied[entry.command] ?? entry.answer), at: "A",
                terminals)
        }
    }

    @Test("A router")
    func router() throws {
        let terminals = try published()
        for entry in try Transcript.section(4) where Self.isKnown(entry.command) && entry.command != "eidcache" {
            expectShape(entry, at: "C", terminals)
        }
    }

    @Test("A child")
    func child() throws {
        let terminals = try published()
        for command in [
            "state", "rloc16", "ipaddr -v", "ipmaddr", "parent", "childtimeout", "leaderdata", "counters ip",
        ] {
            let entry = try #require(try Transcript.section(5).first { $0.command == command })
            expectShape(entry, at: "S", terminals)
        }
        #expect(terminals.type("parent", at: "S").lines.contains("Ext Addr: 166e0a0000000001"))
    }

    @Test("Pings")
    func pings() throws {
        let terminals = try formed()
        let entries = try Transcript.section(6).filter { !$0.command.hasPrefix("ping async") }
        #expect(entries.count == 18)
        for entry in entries { expectShape(entry, at: "A", terminals) }
    }

    @Test("UDP sockets")
    func sockets() throws {
        let terminals = try formed()
        #expect(terminals.type("udp open", at: "C").result == .done)
        #expect(terminals.type("udp bind :: 1234", at: "C").result == .done)
        // The recording tells what C printed on its own between A's commands.
        let received = [
            "hello-there": "11 bytes from ADDRESS N hello-there", "-t text": "N bytes from ADDRESS N text",
            "-s 16": "N bytes from ADDRESS N HEXABCDEF", "-x 0011aabb": "N bytes from ADDRESS N ",
        ]
        for entry in try Transcript.section(7) where Self.isKnown(entry.command) {
            expectShape(entry, at: "A", terminals)
            terminals.run(for: .seconds(2))
            let arrived = terminals.takeAsynchronous("C")
            let isSent = entry.command.hasPrefix("udp send") && entry.answer.last == "Done"
            #expect(arrived.count == (isSent ? 1 : 0), "\(entry.command): \(arrived)")
            for (payload, shape) in received where entry.command.hasSuffix(payload) {
                #expect(arrived.map(Shape.line) == [Shape.line(shape.replacing("HEX", with: "0123456789"))])
            }
        }
    }

    @Test("Scans and discovery of a node that is not attached")
    func scans() throws {
        let terminals = try formed()
        // N stands beside A and has no network of its own.
        terminals.network.setLoss(terminals.network["A"], terminals.network["N"], Decibels(60))
        _ = terminals.type("ifconfig up", at: "N")
        for entry in try Transcript.section(9) where !entry.command.contains("energy") {
            // The simulated radio does not tell channels apart, and only A is in reach.
            expectShape(entry, at: "N", terminals)
        }
        #expect(
            terminals.type("scan 15", at: "N").text == [
                "| PAN  | MAC Address      | Ch | dBm | LQI |", "+------+------------------+----+-----+-----+",
                "| 1234 | 166e0a0000000001 | 15 | -46 |   0 |", "Done",
            ])
        #expect(
            terminals.type("discover 15", at: "N").lines.last?.hasPrefix(
                "| heddle-ref       | 1111111122222222 | 1234 | 166e0a0000000001 | 15 |") == true)
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
        let terminals = try formed()
        func place(_ name: String) -> String { terminals.type("rloc16", at: name).lines.first ?? "" }
        // The recording's A leads, C is two hops away; here nobody publishes prefixes, and the child does not sleep.
        let replaced = [
            "fe00:ec00": "fe00:\(place("C"))", "0xec00": "0x\(place("C"))", "0xd000": "0x\(place("A"))",
        ]
        let other = [
            " - br": "", "rx-on:no type:mtd full-net:no": "rx-on:yes type:mtd full-net:yes", "mode:-": "mode:rn",
        ]
        let entries = try Transcript.section(8)
        #expect(entries.count == 11)
        for entry in entries where !entry.command.contains("ff02::1") {
            var command = entry.command
            for (from, to) in replaced { command = command.replacing(from, with: to) }
            let answer = entry.answer.filter { !$0.hasPrefix("EUI64") }.map { line in
                var line = line
                for (from, to) in other { line = line.replacing(from, with: to) }
                if line == "Vendor Name: " { line += "Heddle" }
                return line.hasPrefix("Thread Stack Version") ? "Thread Stack Version: HEDDLE" : line
            }
            expectShape(Transcript.Entry(command: command, answer: answer), at: "A", terminals)
        }
        // Here the child hears the query as well.
        let answer = terminals.type("networkdiagnostic get ff02::1 0 1", at: "A")
        #expect(
            answer.lines.filter { $0.hasPrefix("Rloc16: ") }.sorted()
                == ["A", "B", "S"].map { "Rloc16: 0x\(place($0))" }.sorted())
        #expect(answer.result == .done)
        #expect(answer.lines.first?.hasPrefix("DIAG_GET.rsp/ans from fe80:0:0:0:146e:a00:0:1: 2102") == true)
    }

    @Test("Diagnostics of those who are not there")
    func absentDiagnostics() throws {
        let terminals = try formed()
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
        let terminals = try formed()
        _ = terminals.type("dataset init active", at: "A")
        for entry in try Transcript.section(10) where entry.command.hasPrefix("help") == false {
            guard Self.isKnown(entry.command) else {
                if CommandTable.command(String(entry.command.prefix { $0 != " " })) == nil {
                    #expect(terminals.type(entry.command, at: "A").result == .failed(.invalidCommand))
                }
                continue
            }
            if entry.command == "eidcache xyz" {
                #expect(terminals.type(entry.command, at: "A").result == .done)
                continue
            }
            expectShape(entry, at: "A", terminals)
        }
    }

    @Test("Starting and stopping")
    func startAndStop() throws {
        let terminals = Terminals()
        _ = terminals.network.with(terminals.network["N"]) { node, now in
            node.setActiveDataset(Terminals.dataset, now: now)
        }
        _ = terminals.type("ifconfig up", at: "N")
        _ = terminals.type("thread start", at: "N")
        for entry in try Transcript.section(11) {
            // `detach` tells the others before it stops, which Heddle does not do yet.
            let command = entry.command == "detach" ? "ifconfig down" : entry.command
            let answer = entry.command == "detach" ? ["Done"] : entry.answer
            expectShape(Transcript.Entry(command: command, answer: answer), at: "N", terminals)
        }
    }
}
