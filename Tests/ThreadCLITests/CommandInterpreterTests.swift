import EngineCore
import Simulator
import Testing
import ThreadEngine

@testable import ThreadCLI

@Suite("The command line on a network", .serialized)
struct CommandInterpreterTests {
    @Test("Help lists exactly what works, and how each is used")
    func help() throws {
        let terminals = Terminals()
        let names = terminals.type("help", at: "N").lines
        #expect(names == names.sorted())
        #expect(names == CommandTable.all.map(\.name))
        #expect(Set(names).count == names.count)
        for name in names {
            let usage = terminals.type("help \(name)", at: "N").lines
            #expect(!usage.isEmpty)
            #expect(usage.allSatisfy { $0 == name || $0.hasPrefix(name + " ") }, "\(usage)")
            let bare = terminals.type(name, at: "N", within: .seconds(100))
            #expect(bare.result != nil, "\(name) does not end")
        }
        #expect(terminals.type("help nonsense", at: "N").lines == names)
    }

    @Test("An empty line ends without a word, an unknown command with an error")
    func emptyAndUnknown() {
        let terminals = Terminals()
        #expect(terminals.type("", at: "N") == .init(lines: [], result: .silent))
        #expect(terminals.type("  \t", at: "N") == .init(lines: [], result: .silent))
        for line in ["bogus", "a", "?", "!", "State", "state\u{0}", "\u{1}\u{2}", "networktime"] {
            #expect(terminals.type(line, at: "N") == .init(lines: [], result: .failed(.invalidCommand)), "\(line)")
        }
    }

    @Test("A network is made, started, stopped and started again from the command line alone")
    func fromNothing() throws {
        let terminals = Terminals()
        #expect(terminals.type("thread start", at: "N").result == .failed(.invalidState))
        #expect(terminals.type("dataset active", at: "N").result == .failed(.notFound))
        #expect(terminals.type("dataset init new", at: "N").result == .done)
        let made = terminals.type("dataset", at: "N").lines
        #expect(made.contains { $0.hasPrefix("Network Name: Heddle-") })
        // The buffer is shared: every run of a command line client is a session of its own.
        #expect(terminals.type("dataset", at: "N", session: 2).lines == made)
        #expect(terminals.type("dataset commit active", at: "N", session: 3).result == .done)
        #expect(terminals.type("dataset active", at: "N").lines == made)
        #expect(terminals.type("thread start", at: "N").result == .failed(.invalidState))
        #expect(terminals.type("ifconfig up", at: "N").result == .done)
        #expect(terminals.type("thread start", at: "N").result == .done)
        #expect(terminals.type("state", at: "N").lines == ["detached"])
        _ = try #require(
            terminals.network.run(until: { $0["N"].engine.thread.role == .leader }, within: .seconds(60)))
        #expect(terminals.type("state", at: "N").lines == ["leader"])
        #expect(terminals.type("ifconfig down", at: "N").result == .done)
        #expect(terminals.type("state", at: "N").lines == ["disabled"])
        #expect(terminals.type("ifconfig", at: "N").lines == ["down"])
    }

    @Test("The values of a dataset can be set one by one")
    func datasetFields() {
        let terminals = Terminals()
        let values = [
            ("activetimestamp", "7"), ("channel", "20"), ("channelmask", "0x07fff800"),
            ("extpanid", "1111111122222222"), ("meshlocalprefix", "fdde:ad00:beef:0::/64"),
            ("networkkey", "00112233445566778899aabbccddeeff"), ("networkname", "heddle-ref"), ("panid", "0x1234"),
            ("pskc", "445f2b5ca6f2a93a55ce570a70efeecb"), ("securitypolicy", "672 onrc 0"),
        ]
        // An empty buffer stands for no dataset.
        #expect(terminals.type("dataset commit active", at: "N").result == .done)
        #expect(terminals.type("dataset active", at: "N").result == .failed(.notFound))
        for (name, value) in values {
            #expect(terminals.type("dataset \(name)", at: "N") == .init(lines: [], result: .done))
            #expect(terminals.type("dataset \(name) \(value)", at: "N").result == .done, "\(name)")
            #expect(terminals.type("dataset \(name)", at: "N").lines == [value])
            #expect(terminals.type("dataset \(name) !", at: "N").result != .done || name == "networkname")
        }
        _ = terminals.type("dataset networkname heddle-ref", at: "N")
        let hexadecimal = terminals.type("dataset tlvs", at: "N").lines
        #expect(terminals.type("dataset clear", at: "N").result == .done)
        #expect(terminals.type("dataset", at: "N").lines.isEmpty)
        #expect(terminals.type("dataset init tlvs \(hexadecimal[0])", at: "N").result == .done)
        #expect(terminals.type("dataset tlvs", at: "N").lines == hexadecimal)
        #expect(terminals.type("dataset set active \(hexadecimal[0])", at: "N").result == .done)
        #expect(terminals.type("dataset active -x", at: "N").lines == hexadecimal)
        #expect(terminals.type("panid", at: "N").lines == ["0x1234"])
        #expect(terminals.type("networkname other", at: "N").result == .done)
        #expect(terminals.type("networkname", at: "N").lines == ["other"])
        #expect(terminals.type("networkname 12345678901234567", at: "N").result == .failed(.invalidArguments))
    }

    @Test("A value set on a fresh node makes a network of its own")
    func fieldsOfFreshNode() {
        let terminals = Terminals()
        #expect(terminals.type("panid", at: "N").lines == ["0xffff"])
        #expect(terminals.type("panid 0xabcd", at: "N").result == .done)
        #expect(terminals.type("panid", at: "N").lines == ["0xabcd"])
        #expect(terminals.type("networkkey", at: "N").lines != [String(repeating: "0", count: 32)])
    }

    @Test("Two nodes that are given new datasets have nothing in common")
    func datasetsDiffer() {
        let terminals = Terminals()
        for name in ["N", "S"] { _ = terminals.type("dataset init new", at: name) }
        let first = terminals.type("dataset", at: "N").lines
        let second = terminals.type("dataset", at: "S").lines
        for (mine, theirs) in zip(first, second) where mine.hasPrefix("Network Key") || mine.hasPrefix("PSKc") {
            #expect(mine != theirs)
        }
        _ = terminals.type("dataset init new", at: "N")
        #expect(terminals.type("dataset", at: "N").lines != first)
    }

    @Test("Tunables are printed and set within their range")
    func tunables() {
        let terminals = Terminals()
        for (name, value, wrong) in [
            ("leaderweight", "200", "300"), ("childtimeout", "120", "-5"), ("childmax", "10", "512"),
            ("routerupgradethreshold", "8", "256"), ("routerdowngradethreshold", "9", "x"),
        ] {
            #expect(terminals.type("\(name) \(value)", at: "N").result == .done)
            #expect(terminals.type(name, at: "N").lines == [value])
            #expect(terminals.type("\(name) \(wrong)", at: "N").result == .failed(.invalidArguments))
            #expect(terminals.type("\(name) \(value) \(value)", at: "N").result == .failed(.invalidArguments))
        }
        #expect(terminals.type("routereligible disable", at: "N").result == .done)
        #expect(terminals.type("routereligible", at: "N").lines == ["Disabled"])
        #expect(terminals.type("routereligible enable", at: "N").result == .done)
        #expect(terminals.type("routereligible", at: "N").lines == ["Enabled"])
        #expect(terminals.type("mode rn", at: "N").result == .done)
        #expect(terminals.type("mode", at: "N").lines == ["rn"])
        #expect(terminals.type("mode -", at: "N").result == .done)
        #expect(terminals.type("mode", at: "N").lines == ["-"])
        #expect(terminals.type("extaddr 1122334455667788", at: "N").result == .done)
        #expect(terminals.type("extaddr", at: "N").lines == ["1122334455667788"])
    }

    @Test("The filter is set and printed as OpenThread does")
    func filter() {
        let terminals = Terminals()
        #expect(terminals.type("macfilter", at: "N").lines == ["Address Mode: Disabled", "RssIn List:"])
        for line in [
            "macfilter addr add 166e0a0000000002", "macfilter addr add 166e0a0000000006 -85",
            "macfilter addr allowlist", "macfilter rss add-lqi * 2", "macfilter rss add 166e0a0000000007 -50",
        ] { #expect(terminals.type(line, at: "N").result == .done, "\(line)") }
        #expect(
            terminals.type("macfilter", at: "N").lines == [
                "Address Mode: Allowlist", "166e0a0000000002", "166e0a0000000006 : rss -85 (lqi 2)", "RssIn List:",
                "166e0a0000000006 : rss -85 (lqi 2)", "166e0a0000000007 : rss -50 (lqi 3)", "Default rss: -83 (lqi 2)",
            ])
        #expect(terminals.type("macfilter addr remove 166e0a0000000002", at: "N").result == .done)
        #expect(terminals.type("macfilter rss remove *", at: "N").result == .done)
        #expect(terminals.type("macfilter rss remove 166e0a0000000007", at: "N").result == .done)
        #expect(terminals.type("macfilter rss", at: "N").lines == ["166e0a0000000006 : rss -85 (lqi 2)"])
        #expect(terminals.type("macfilter rss clear", at: "N").result == .done)
        #expect(terminals.type("macfilter addr", at: "N").lines == ["Allowlist", "166e0a0000000006"])
        #expect(terminals.type("macfilter addr clear", at: "N").result == .done)
        #expect(terminals.type("macfilter addr denylist", at: "N").result == .done)
        #expect(terminals.type("macfilter addr", at: "N").lines == ["Denylist"])
        #expect(terminals.type("macfilter addr disable", at: "N").result == .done)
        #expect(terminals.type("macfilter rss add-lqi * 4", at: "N").result == .failed(.invalidArguments))
        #expect(terminals.type("macfilter addr add 12", at: "N").result == .failed(.invalidArguments))
        #expect(terminals.type("macfilter addr bogus", at: "N").result == .failed(.invalidCommand))
    }

    @Test("Random bytes and long lines never trap, and every line has exactly one end")
    func fuzz() {
        var configuration = Terminals.configuration
        configuration.pingTimeout = .milliseconds(1)
        let seed: UInt64 = 20_261_121
        var random = OpenEntropy(seed: seed)
        let terminals = Terminals(configuration: configuration)
        _ = terminals.type("dataset set active \(hexadecimalDataset)", at: "N")
        _ = terminals.type("ifconfig up", at: "N")
        _ = terminals.type("thread start", at: "N")
        let pieces =
            CommandTable.all.map(\.name) + [
                "table", "list", "add", "-x", "0xffffffffffffffff", "-1", "fe80::1", "::", "*", "show", "open", "send",
                "bind", "connect", "init", "new", "active", "async", "stop", "reset", "65535", "0", "rss", "addr", "é",
                "0.1", "\\", "level",
            ]
        for round in 0..<3000 {
            var line = ""
            if round % 10 == 0 {
                let bytes = (0..<Int(random.below(round % 100 == 0 ? 10_000 : 60))).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
                line = String(decoding: bytes, as: UTF8.self)
            } else {
                for _ in 0...random.below(6) { line += pieces[Int(random.below(UInt64(pieces.count)))] + " " }
            }
            // Sixty-five thousand pings take their time, also where it is virtual.
            if line.contains("ping") { line = "ping " + line.replacing("ping", with: "").replacing("65535", with: "3") }
            terminals.begin(line, at: "N", session: UInt64(round))
            terminals.wait("N", session: UInt64(round), within: .seconds(60))
            let answer = terminals.take("N", session: UInt64(round))
            #expect(answer.result != nil, "seed \(seed), round \(round): \(line.debugDescription)")
            #expect(answer.lines.allSatisfy { !$0.contains("\n") })
            terminals.close(UInt64(round), at: "N")
        }
    }

    private let hexadecimalDataset = hexadecimalText(Terminals.dataset.bytes)
}

private func hexadecimalText(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 0xf, radix: 16) }.joined()
}
