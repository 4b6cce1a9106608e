import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeEngine
@testable import ThreadCLI

@Suite("Commands about the radio, the link and ports", .serialized)
struct RadioCommandTests {
    private func expect(_ lines: [(String, [String])], at name: String, _ terminals: Terminals) {
        for (line, answer) in lines { #expect(terminals.type(line, at: name).text == answer, "\(name) > \(line)") }
    }

    @Test("Values are told and set in OpenThread's words")
    func values() {
        let terminals = Terminals()
        // As OpenThread's program for full devices (July 2025) answered, but for the first number of repetitions.
        expect(
            [
                ("mac retries direct", ["15", "Done"]), ("mac retries direct 5", ["Done"]),
                ("mac retries direct", ["5", "Done"]), ("mac retries indirect", ["0", "Done"]),
                ("mac retries indirect 2", ["Done"]), ("mac retries indirect", ["2", "Done"]),
                ("mac retries", ["Error 7: InvalidArgs"]), ("mac retries foo", ["Error 7: InvalidArgs"]),
                ("mac", ["Error 35: InvalidCommand"]), ("mac altshortaddr", ["0xfffe", "Done"]),
                ("multiradio", ["[15.4]", "Done"]), ("multiradio foo", ["Error 35: InvalidCommand"]),
                ("radiofilter", ["Disabled", "Done"]), ("radiofilter enable", ["Done"]),
                ("radiofilter", ["Enabled", "Done"]), ("radiofilter disable", ["Done"]),
                ("radiofilter foo", ["Error 35: InvalidCommand"]), ("unsecureport get", ["", "Done"]),
                ("unsecureport add 1234", ["Done"]), ("unsecureport add 1235", ["Done"]),
                ("unsecureport get", ["1234 1235 ", "Done"]), ("unsecureport remove 1234", ["Done"]),
                ("unsecureport remove 999", ["Error 23: NotFound"]), ("unsecureport remove all", ["Done"]),
                ("unsecureport get", ["", "Done"]), ("unsecureport add 0", ["Error 7: InvalidArgs"]),
                ("unsecureport add", ["Error 7: InvalidArgs"]), ("unsecureport", ["Error 35: InvalidCommand"]),
                ("radio", ["Error 35: InvalidCommand"]), ("radio stats foo", ["Error 7: InvalidArgs"]),
                ("region", ["Error 12: NotImplemented"]), ("txpower", ["Error 12: NotImplemented"]),
                ("promiscuous foo", ["Error 35: InvalidCommand"]),
            ], at: "N", terminals)
        for port in 1...8 { #expect(terminals.type("unsecureport add \(port)", at: "N").result == .done) }
        #expect(terminals.type("unsecureport add 9", at: "N").result == .failed(.noBuffers))
    }

    @Test("A program that knows its radio tells region and power")
    func radioSettings() {
        var configuration = Terminals.configuration
        configuration.region = "EU"
        configuration.transmitPower = DecibelMilliwatts(14)
        let terminals = Terminals(configuration: configuration)
        expect(
            [
                ("region", ["EU", "Done"]), ("txpower", ["14 dBm", "Done"]),
                ("region US", ["Error 12: NotImplemented"]), ("txpower 10", ["Error 12: NotImplemented"]),
            ], at: "N", terminals)
    }

    @Test("What the radio did is added up, and begins anew when it is told to")
    func radioTimes() throws {
        let terminals = Terminals()
        terminals.network.run(for: .seconds(5))
        try #require(terminals.form())
        let node = terminals.network["A"].engine
        let now = terminals.network.now
        let times = node.radioTimes
        let total = times.transmitting + times.receiving(now: now) + times.sleeping(now: now) + times.disabled(now: now)
        #expect(total == now.since(.zero))
        #expect(times.disabled(now: now) == .seconds(5))
        #expect(times.transmitting == terminals.network["A"].airtime)
        #expect(times.transmitting > .zero)
        #expect(times.sleeping(now: now) == .zero)
        let lines = terminals.type("radio stats", at: "A").lines
        #expect(lines.count == 6)
        #expect(lines[1].hasPrefix("Total Time: \(now.since(.zero).wholeSeconds)."))
        #expect(lines[5].hasPrefix("Disabled Time: 5.000000s ("))
        #expect(terminals.type("radio stats clear", at: "A").result == .done)
        #expect(terminals.type("radio stats", at: "A").lines == ["Total Time is 0!"])
        terminals.run(for: .seconds(1))
        #expect(terminals.type("radio stats", at: "A").lines[1] == "Total Time: 1.000s")
        // A sleeping node's receiver is off most of the time.
        #expect(terminals.type("mode -", at: "S").result == .done)
        terminals.run(for: .seconds(60))
        #expect(terminals.type("radio stats clear", at: "S").result == .done)
        terminals.run(for: .seconds(60))
        let sleepy = terminals.network["S"].engine.radioTimes
        #expect(sleepy.sleeping(now: terminals.network.now) > .seconds(50))
    }

    @Test("A radio filter cuts a node off, and lets it back")
    func radioFilter() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        let sent = terminals.network["A"].transmittedFrames
        #expect(terminals.type("radiofilter enable", at: "A").result == .done)
        let lost = terminals.type("ping \(terminals.address("B")) 8 1 1 64 2", at: "A")
        #expect(lost.lines == ["1 packets transmitted, 0 packets received. Packet loss = 100.0%."])
        #expect(terminals.network["A"].transmittedFrames == sent)
        #expect(terminals.type("radiofilter disable", at: "A").result == .done)
        terminals.run(for: .seconds(120))
        let found = terminals.type("ping \(terminals.address("B")) 8 2 1 64 5", at: "A")
        #expect(found.lines.last?.contains("2 packets received") == true, "\(found)")
    }

    @Test("Fewer repetitions are what a node does with them")
    func repetitions() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        terminals.network.setLoss(terminals.network["A"], terminals.network["B"], nil)
        #expect(terminals.type("mac retries direct 2", at: "A").result == .done)
        #expect(terminals.type("counters mac reset", at: "A").result == .done)
        _ = terminals.type("ping fe80::146e:a00:0:2 8 1 1 64 2", at: "A")
        let rows = terminals.type("counters mac", at: "A").lines
        #expect(rows.contains("    TxRetry: 2"), "\(rows)")
    }

    @Test("A stopped node shows every frame as OpenThread dumps it")
    func promiscuous() throws {
        let terminals = Terminals(nodes: ["A", "B"], links: [("A", "B")])
        #expect(terminals.type("promiscuous enable", at: "B", session: 4).result == .done)
        #expect(terminals.type("promiscuous", at: "B").lines == ["Enabled"])
        terminals.network.start(Terminals.dataset, nodes: [terminals.network["A"]])
        terminals.run(for: .seconds(20))
        let lines = terminals.takeAsynchronous("B", session: 4)
        #expect(lines.count > 8)
        #expect(lines[0].isEmpty)
        let heading = try #require(lines[1].wholeMatch(of: #/=+\[RX len=([0-9]{3})\]=+/#))
        #expect(lines[1].utf8.count == 72)
        let length = try #require(Int(heading.1))
        let rows = lines[2..<(2 + (length + 15) / 16)]
        #expect(rows.allSatisfy { $0.hasPrefix("| ") && $0.utf8.count == rows.first?.utf8.count })
        #expect(lines[2 + rows.count] == String(repeating: "-", count: 72))
        // Who takes part sees its own frames only.
        #expect(terminals.type("promiscuous disable", at: "B", session: 4).result == .done)
        terminals.run(for: .seconds(60))
        #expect(terminals.takeAsynchronous("B", session: 4).isEmpty)
        #expect(terminals.type("promiscuous enable", at: "A").result == .failed(.invalidState))
        #expect(terminals.type("promiscuous disable", at: "A").result == .failed(.invalidState))
        // A session that leaves takes its capture with it, and so does the interface that comes up.
        #expect(terminals.type("promiscuous enable", at: "B", session: 4).result == .done)
        terminals.close(4, at: "B")
        #expect(terminals.type("promiscuous", at: "B").lines == ["Disabled"])
        #expect(terminals.type("promiscuous enable", at: "B").result == .done)
        #expect(terminals.type("ifconfig up", at: "B").result == .done)
        #expect(terminals.type("promiscuous", at: "B").lines == ["Disabled"])
    }

    @Test("Bytes are dumped sixteen in a row")
    func hexDump() {
        #expect(
            HexDump.lines(Array("0123456789abcdef\u{7f}~".utf8), title: "RX") == [
                "==============================[RX len=018]==============================",
                "| 30 31 32 33 34 35 36 37 | 38 39 61 62 63 64 65 66 | 0123456789abcdef |",
                "| 7F 7E                   |                         | .~               |",
                String(repeating: "-", count: 72),
            ])
        #expect(HexDump.lines([], title: "TX").count == 3)
    }

    @Test("A datagram without link security arrives at a port that was opened for it, and nowhere else")
    func unsecuredDatagrams() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        for name in ["A", "B"] {
            #expect(terminals.type("udp open", at: name).result == .done)
            #expect(terminals.type("udp bind :: 1234", at: name).result == .done)
        }
        expect(
            [
                ("udp linksecurity", ["Enabled", "Done"]), ("udp linksecurity disable", ["Done"]),
                ("udp linksecurity", ["Disabled", "Done"]), ("udp linksecurity foo", ["Error 35: InvalidCommand"]),
            ], at: "A", terminals)
        #expect(terminals.type("udp send fe80::146e:a00:0:2 1234 first", at: "A").result == .done)
        terminals.run(for: .seconds(1))
        #expect(terminals.takeAsynchronous("B").isEmpty)
        #expect(terminals.type("unsecureport add 1234", at: "B").result == .done)
        #expect(terminals.type("udp send fe80::146e:a00:0:2 1234 second", at: "A").result == .done)
        terminals.run(for: .seconds(1))
        #expect(terminals.takeAsynchronous("B") == ["6 bytes from fe80:0:0:0:146e:a00:0:1 1234 second"])
        #expect(terminals.type("udp linksecurity enable", at: "A").result == .done)
        #expect(terminals.type("unsecureport remove all", at: "B").result == .done)
        #expect(terminals.type("udp send fe80::146e:a00:0:2 1234 third", at: "A").result == .done)
        terminals.run(for: .seconds(1))
        #expect(terminals.takeAsynchronous("B").count == 1)
    }
}
