import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

@Suite("Commands about the device, the program and its place", .serialized)
struct DeviceCommandTests {
    private func expect(_ lines: [(String, [String])], at name: String, _ terminals: Terminals) {
        for (line, answer) in lines { #expect(terminals.type(line, at: name).text == answer, "\(name) > \(line)") }
    }

    @Test("Values are told and set in OpenThread's words")
    func values() {
        var configuration = Terminals.configuration
        configuration.platform = "SIMULATION"
        configuration.instanceID = 1_594_837_304
        let terminals = Terminals(configuration: configuration)
        expect(
            [
                ("platform", ["SIMULATION", "Done"]), ("instanceid", ["1594837304", "Done"]),
                ("instanceid x", ["Error 7: InvalidArgs"]), ("vendor name", ["Heddle", "Done"]),
                ("vendor name abc", ["Done"]), ("vendor name", ["abc", "Done"]),
                ("vendor model Hub\\ Max", ["Done"]), ("vendor model", ["Hub Max", "Done"]),
                ("vendor swversion", ["", "Done"]), ("vendor appurl", ["", "Done"]),
                ("vendor swversion 1234567890123456", ["Done"]),
                ("vendor swversion 12345678901234567", ["Error 7: InvalidArgs"]),
                ("vendor foo", ["Error 7: InvalidArgs"]), ("vendor", ["Error 7: InvalidArgs"]),
                ("verhoeff calculate 123456", ["8", "Done"]), ("verhoeff calculate 30731842", ["1", "Done"]),
                ("verhoeff validate 307318421", ["Done"]), ("verhoeff validate 307318425", ["Error 1: Failed"]),
                ("verhoeff calculate 12a", ["Error 7: InvalidArgs"]), ("verhoeff", ["Error 35: InvalidCommand"]),
                ("verhoeff calculate", ["Error 7: InvalidArgs"]), ("verhoeff foo", ["Error 35: InvalidCommand"]),
                ("joinerport", ["1000", "Done"]), ("joinerport 5000", ["Done"]), ("joinerport", ["5000", "Done"]),
                ("attachtime", ["00:00:00", "Done"]), ("attachtime x", ["Error 7: InvalidArgs"]),
                ("childrouterlinks", ["3", "Done"]), ("childrouterlinks 5", ["Done"]),
                ("childrouterlinks", ["5", "Done"]), ("childrouterlinks 300", ["Error 7: InvalidArgs"]),
                ("parentpriority", ["-2", "Done"]), ("parentpriority 1", ["Done"]), ("parentpriority", ["1", "Done"]),
                ("parentpriority 2", ["Error 7: InvalidArgs"]), ("parentpriority -3", ["Error 7: InvalidArgs"]),
                ("parentpriority -2", ["Done"]), ("mleadvimax", ["0", "Done"]),
                ("mliid 1122334455667788", ["Done"]), ("mliid 11", ["Error 7: InvalidArgs"]),
                ("mliid", ["Error 7: InvalidArgs"]), ("bbr", ["BBR Primary: None", "Done"]),
                ("bbr foo", ["Error 35: InvalidCommand"]), ("log level 3", ["Error 7: InvalidArgs"]),
                ("reset", ["Error 12: NotImplemented"]), ("factoryreset", ["Error 12: NotImplemented"]),
            ], at: "N", terminals)
    }

    @Test("A leader weighs as its properties say")
    func properties() {
        let terminals = Terminals()
        expect(
            [
                (
                    "deviceprops",
                    [
                        "PowerSupply      : external", "IsBorderRouter   : no", "SupportsCcm      : no",
                        "IsUnstable       : no", "WeightAdjustment : 0", "Done",
                    ]
                ), ("deviceprops battery 0 0 0 -5", ["Done"]), ("leaderweight", ["51", "Done"]),
                ("deviceprops battery 0 0 0", ["Error 7: InvalidArgs"]),
                ("deviceprops foo 0 0 0 0", ["Error 7: InvalidArgs"]), ("leaderweight", ["51", "Done"]),
                ("deviceprops external-stable 1 1 1 20", ["Done"]), ("leaderweight", ["88", "Done"]),
                (
                    "deviceprops",
                    [
                        "PowerSupply      : external-stable", "IsBorderRouter   : yes", "SupportsCcm      : yes",
                        "IsUnstable       : yes", "WeightAdjustment : 16", "Done",
                    ]
                ),
            ], at: "N", terminals)
    }

    @Test("Sockets are listed as OpenThread lists them")
    func sockets() throws {
        let terminals = Terminals(nodes: ["A"], links: [])
        let heading = [
            "| Local Address                                   | Peer Address                                    |",
            "+-------------------------------------------------+-------------------------------------------------+",
        ]
        let own = [
            "| [0:0:0:0:0:0:0:0]:61631                         | [0:0:0:0:0:0:0:0]:0                             |",
            "| [0:0:0:0:0:0:0:0]:19788                         | [0:0:0:0:0:0:0:0]:0                             |",
        ]
        #expect(terminals.type("netstat", at: "A").lines == heading)
        terminals.network.start(Terminals.dataset)
        #expect(terminals.type("netstat", at: "A").lines == heading + own)
        for line in ["udp open", "udp bind :: 1234", "udp connect fe80::1 77"] {
            #expect(terminals.type(line, at: "A").result == .done)
        }
        #expect(
            terminals.type("netstat", at: "A").lines == heading + [
                "| [0:0:0:0:0:0:0:0]:1234                          | [fe80:0:0:0:0:0:0:1]:77                         |"
            ] + own)
        // Exit closes what the session had opened.
        #expect(terminals.type("exit", at: "A") == .init(lines: [], result: .silent))
        #expect(terminals.type("netstat", at: "A").lines == heading + own)
        #expect(terminals.type("childrouterlinks 5", at: "A").result == .failed(.invalidState))
        #expect(terminals.type("mliid 1122334455667788", at: "A").result == .failed(.invalidState))
    }

    @Test("A passphrase gives the key that OpenThread makes of it")
    func passphrase() {
        let terminals = Terminals()
        #expect(terminals.type("pskc -p 12SECRETPASSWORD34", at: "N").result == .failed(.invalidArguments))
        for line in [
            "dataset init new", "dataset networkname Test\\ Network", "dataset extpanid 0001020304050607",
            "dataset commit active",
        ] { #expect(terminals.type(line, at: "N").result == .done) }
        expect(
            [
                ("pskc -p 12SECRETPASSWORD34", ["Done"]), ("pskc", ["c3f59368445a1b6106be420a706d4cc9", "Done"]),
                ("pskc -p 12345", ["Error 7: InvalidArgs"]), ("pskc -p", ["Error 7: InvalidArgs"]),
                ("pskc 00", ["Error 7: InvalidArgs"]), ("prefix meshlocal fd00:1:2:3::/64", ["Done"]),
                ("prefix meshlocal", ["fd00:1:2:3::/64", "Done"]),
                ("prefix meshlocal fd00::/48", ["Error 7: InvalidArgs"]),
                ("prefix meshlocal zz", ["Error 6: Parse"]), ("ipmaddr llatn", ["ff32:40:fd00:1:2:3:0:1", "Done"]),
                ("ipmaddr rlatn", ["ff33:40:fd00:1:2:3:0:1", "Done"]),
            ], at: "N", terminals)
    }

    @Test("The mesh-local address ends as it was set")
    func interfaceIdentifier() throws {
        let terminals = Terminals(nodes: ["A"], links: [])
        #expect(terminals.type("mliid 1122334455667788", at: "A").result == .done)
        terminals.network.start(Terminals.dataset)
        #expect(terminals.type("ipaddr mleid", at: "A").lines == ["fdde:ad00:beef:0:1122:3344:5566:7788"])
    }

    @Test("Debug runs what tells of the node, errors included")
    func debug() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        let recorded = try #require(try Transcript.section(3).first { $0.command == "debug" }).answer
        let lines = terminals.type("debug", at: "A").text
        #expect(lines.filter { $0.hasPrefix("$ ") } == recorded.filter { $0.hasPrefix("$ ") })
        #expect(terminals.type("debug", at: "N").lines.contains("Error 16: Detached"))
    }

    @Test("A node that can start anew is asked to, and nobody prints an end")
    func restart() {
        var configuration = Terminals.configuration
        configuration.canRestart = true
        let terminals = Terminals(configuration: configuration)
        #expect(terminals.type("reset", at: "N") == .init(lines: [], result: .silent))
        #expect(terminals.takeRestart("N") == false)
        #expect(terminals.type("factoryreset", at: "N") == .init(lines: [], result: .silent))
        #expect(terminals.takeRestart("N") == true)
        #expect(terminals.type("reset now", at: "N").result == .failed(.invalidArguments))
        #expect(terminals.takeRestart("N") == nil)
    }

    // MARK: Leaving

    @Test("Who detaches tells parent or leader, and is gone at once")
    func detach() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        #expect(terminals.type("attachtime", at: "A").lines != ["00:00:00"])
        // The recording's child is answered within a few milliseconds.
        let start = terminals.network.now
        #expect(terminals.type("detach", at: "S").text == ["Finished detaching", "Done"])
        #expect(terminals.network.now.since(start) < .milliseconds(500))
        #expect(terminals.type("state", at: "S").lines == ["disabled"])
        terminals.run(for: .seconds(2))
        #expect(terminals.type("child list", at: "A").lines == [""])
        #expect(terminals.type("attachtime", at: "S").lines == ["00:00:00"])
        // A router gives its id back.
        #expect(terminals.network["A"].engine.thread.routers.count == 3)
        #expect(terminals.type("detach", at: "C").text == ["Finished detaching", "Done"])
        terminals.run(for: .seconds(2))
        #expect(terminals.network["A"].engine.thread.routers.count == 2)
        // A leader has nobody to tell.
        #expect(terminals.type("detach async", at: "A").text == ["Done"])
        #expect(terminals.type("state", at: "A").lines == ["disabled"])
        #expect(terminals.type("detach", at: "A").text == ["Finished detaching", "Done"])
        // It comes back as if nothing had been.
        #expect(terminals.type("thread start", at: "S").result == .done)
        #expect(terminals.type("childtimeout", at: "S").lines == ["240"])
    }

    @Test("Who is not heard any more leaves all the same, and one at a time waits for it")
    func detachUnheard() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        terminals.network.setLoss(terminals.network["A"], terminals.network["S"], nil)
        let start = terminals.network.now
        terminals.begin("detach", at: "S", session: 1)
        #expect(terminals.type("detach", at: "S", session: 2).result == .failed(.busy))
        terminals.wait("S", session: 1)
        #expect(terminals.take("S", session: 1).text == ["Finished detaching", "Done"])
        let waited = terminals.network.now.since(start)
        #expect(waited >= .seconds(1) && waited < .seconds(6), "\(waited)")
        #expect(terminals.type("state", at: "S").lines == ["disabled"])
    }

    @Test("A session that waits for a detachment sees it end when somebody stops the protocol")
    func detachInterrupted() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        terminals.network.setLoss(terminals.network["A"], terminals.network["S"], nil)
        terminals.begin("detach", at: "S", session: 1)
        #expect(terminals.type("thread stop", at: "S", session: 2).result == .done)
        #expect(terminals.take("S", session: 1).text == ["Finished detaching", "Done"])
    }

    @Test("Steering data say who may join")
    func steering() throws {
        let terminals = Terminals()
        expect(
            [
                ("netdata steeringdata check d45e64fa83f81cf7", ["Error 13: InvalidState"]),
                ("netdata steeringdata check 0xabc/12", ["Error 13: InvalidState"]),
                ("netdata steeringdata check", ["Error 7: InvalidArgs"]),
                ("netdata steeringdata", ["Error 7: InvalidArgs"]),
                ("netdata steeringdata check zz", ["Error 7: InvalidArgs"]),
                ("netdata steeringdata check 0xabc/65", ["Error 7: InvalidArgs"]),
                ("netdata steeringdata check 0xabc/0", ["Error 7: InvalidArgs"]),
                ("netdata steeringdata check foo/12", ["Error 7: InvalidArgs"]),
            ], at: "N", terminals)
    }

    @Test("The backbone router is read from the network data")
    func backboneRouter() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        for line in ["service add 44970 01 0a0078000e10", "netdata register"] {
            #expect(terminals.type(line, at: "B").result == .done)
        }
        terminals.run(for: .seconds(5))
        // Too short, and so none.
        #expect(terminals.type("bbr", at: "A").lines == ["BBR Primary: None"])
        for line in ["service remove 44970 01", "service add 44970 01 0a007800000e10", "netdata register"] {
            #expect(terminals.type(line, at: "B").result == .done, "\(line)")
        }
        terminals.run(for: .seconds(5))
        let place = terminals.type("rloc16", at: "B").lines.first ?? ""
        #expect(
            terminals.type("bbr", at: "A").lines == [
                "BBR Primary:", "server16: 0x\(place.uppercased())", "seqno:    10", "delay:    120 secs",
                "timeout:  3600 secs",
            ])
    }

    @Test("What waits is counted, and the most that ever waited")
    func buffers() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        func value(_ name: String) throws -> Int {
            let line = try #require(
                terminals.type("bufferinfo", at: "A", session: 2).lines.first { $0.hasPrefix(name + ": ") })
            return try #require(Int(line.dropFirst(name.count + 2).prefix { $0 != " " }))
        }
        #expect(terminals.type("ping \(terminals.address("C"))", at: "A").lines.count == 2)
        #expect(try value("max-used") > 0)
        #expect(try value("free") <= value("total"))
        #expect(terminals.type("bufferinfo reset", at: "A").result == .done)
        let before = try value("max-used")
        terminals.begin("ping \(terminals.address("C")) 1200 5 0.01", at: "A")
        terminals.run(for: .milliseconds(30))
        #expect(try value("6lo send") > 0)
        #expect(try value("total") - value("free") > 0)
        terminals.wait("A")
        _ = terminals.take("A")
        #expect(try value("6lo send") == 0)
        #expect(try value("max-used") > before)
    }
}
