import EngineCore
import Simulator
import TestSupport
import LoRaPHY
import Testing
import ThreadWire

@testable import NodeEngine
@testable import ThreadCLI
@testable import ThreadEngine

@Suite("What the tables tell", .serialized)
struct TableTests {
    private func formed() throws -> Terminals {
        let terminals = Terminals()
        try #require(terminals.form())
        return terminals
    }

    private func rows(_ command: String, at name: String, _ terminals: Terminals) -> [[String]] {
        terminals.type(command, at: name).lines.dropFirst(2).filter { !$0.isEmpty }.map { row in
            row.split(separator: "|").map { String($0).replacing(" ", with: "") }
        }
    }

    @Test("Routers, next hops and neighbors agree with the engine")
    func routers() throws {
        let terminals = try formed()
        let thread = { (name: String) in terminals.network[name].engine.thread }
        let ids = ["A", "B", "C"].map { thread($0).rloc16.routerID.rawValue }
        let table = rows("router table", at: "A", terminals)
        #expect(Set(table.map { $0[0] }) == Set(ids.map(String.init)))
        let own = try #require(table.first { $0[0] == "\(ids[0])" })
        #expect(own == ["\(ids[0])", thread("A").rloc16.prefixed, "63", "0", "0", "0", "0", "166e0a0000000001", "0"])
        let neighbor = try #require(table.first { $0[0] == "\(ids[1])" })
        #expect(neighbor[4] == "3" && neighbor[5] == "3" && neighbor[7] == "166e0a0000000002" && neighbor[8] == "1")
        let distant = try #require(table.first { $0[0] == "\(ids[2])" })
        #expect(distant[2] == "\(ids[1])" && distant[3] == "1" && distant[8] == "0")
        let hops = rows("nexthop", at: "A", terminals)
        #expect(hops.contains(["\(ids[0])", "\(ids[0])", "0"]))
        #expect(hops.contains(["\(ids[1])", "\(ids[1])", "1"]))
        #expect(hops.contains(["\(ids[2])", "\(ids[1])", "2"]))
        #expect(
            terminals.type("nexthop \(thread("C").rloc16.prefixed)", at: "S").lines
                == ["\(thread("A").rloc16.prefixed) cost:3"])
        #expect(terminals.type("nexthop 0x0000", at: "N").lines == ["0xfffe cost:16"])
        let neighbors = rows("neighbor table", at: "A", terminals)
        #expect(neighbors.map { $0[0] } == ["C", "R"])
        #expect(neighbors.allSatisfy { $0[3] == "-46" && $0[4] == "-46" })
    }

    @Test("A router is named by id or RLOC16")
    func routerNames() throws {
        let terminals = try formed()
        let id = terminals.network["B"].engine.thread.rloc16.routerID
        let byID = terminals.type("router \(id.rawValue)", at: "A").lines
        #expect(byID.contains("Ext Addr: 166e0a0000000002"))
        #expect(terminals.type("router \(id.rloc16.prefixed)", at: "A").lines.prefix(4) == byID.prefix(4))
        #expect(terminals.type("router 63", at: "A").result == .failed(.invalidArguments))
        #expect(terminals.type("router 0x0401", at: "A").result == .failed(.invalidArguments))
        let free = (0...62).first { number in
            terminals.network["A"].engine.thread.routers[RouterID(rawValue: UInt8(number))] == nil
        }
        #expect(terminals.type("router \(free ?? 0)", at: "A").result == .failed(.notFound))
    }

    @Test("A child is named by id or RLOC16")
    func childNames() throws {
        let terminals = try formed()
        let rloc16 = terminals.network["S"].engine.thread.rloc16
        let byID = terminals.type("child \(rloc16.childID)", at: "A").lines
        #expect(byID.contains("Ext Addr: 166e0a0000000004") && byID.contains("Mode: rn"))
        #expect(terminals.type("child \(rloc16.prefixed)", at: "A").lines.first == byID.first)
        for line in ["child 0", "child 511", "child 65535"] {
            #expect(terminals.type(line, at: "A").result == .failed(.notFound))
        }
    }

    @Test("Addresses that were asked for are in the cache with their places")
    func addressCache() throws {
        let terminals = try formed()
        let address = terminals.address("C")
        let thread = terminals.network["C"].engine.thread
        _ = terminals.type("ping \(address)", at: "A")
        let entry = try #require(terminals.type("eidcache", at: "A").lines.first { $0.hasPrefix(address) })
        #expect(entry.hasPrefix("\(address) \(thread.rloc16) cache canEvict=1"), "\(entry)")
        terminals.begin("ping fdde:ad00:beef:0:0:0:0:1 8 1 1 64 10", at: "A")
        #expect(
            terminals.type("eidcache", at: "A", session: 2).lines.contains {
                $0.hasPrefix("fdde:ad00:beef:0:0:0:0:1 fffe query canEvict=0 timeout=")
            })
        terminals.wait("A")
        let failed = terminals.type("eidcache", at: "A", session: 2).lines.first { $0.contains("beef:0:0:0:0:1 ") }
        #expect(failed?.contains(" fffe retry canEvict=1 timeout=") == true, "\(failed ?? "")")
    }

    @Test("Network data are printed as OpenThread printed the same bytes")
    func networkData() throws {
        let terminals = Terminals()
        let recorded = try Transcript.section(3)
        let bytes = try #require(recorded.first { $0.command == "netdata show -x" }?.answer.first)
        var words = Arguments([bytes])
        let data = try words.bytes()
        let isTaken = terminals.network["N"].engine.thread.adoptNetworkData(data, now: .zero)
        #expect(isTaken)
        for command in ["netdata show", "netdata show -x", "netdata length"] {
            let entry = try #require(recorded.first { $0.command == command })
            #expect(terminals.type(command, at: "N").text == entry.answer)
        }
        #expect(
            terminals.type("netdata show 0xcc00", at: "N").lines
                == ["Prefixes:", "Routes:", "2001:db8:1::/48 s med cc00", "Services:"])
        #expect(terminals.type("netdata show -x 0xcc00", at: "N").result == .failed(.invalidArguments))
        // What cannot be read is not taken over.
        let isCutOffTaken = terminals.network["N"].engine.thread.adoptNetworkData([0x03, 0xff, 0x00], now: .zero)
        #expect(!isCutOffTaken)
        #expect(terminals.type("netdata show -x", at: "N").lines == [bytes])
    }

    @Test("Counters count and begin again")
    func counters() throws {
        let terminals = try formed()
        #expect(terminals.type("counters", at: "A").lines == ["airtime", "drops", "ip", "mac", "mle"])
        #expect(terminals.type("counters airtime", at: "A").lines == ["Limit: none"])
        #expect(terminals.type("counters airtime reset", at: "A").result == .failed(.invalidArguments))
        #expect(terminals.type("counters mle", at: "A").lines.contains("Role Leader: 1"))
        for name in ["ip", "mac", "mle"] {
            let isMoving = { (line: String) in line.hasPrefix("Time ") || line.contains(": 0") }
            #expect(!terminals.type("counters \(name)", at: "A").lines.allSatisfy(isMoving))
            #expect(terminals.type("counters \(name) reset", at: "A").result == .done)
            let lines = terminals.type("counters \(name)", at: "A").lines
            #expect(lines.allSatisfy(isMoving), "\(lines)")
            #expect(terminals.type("counters \(name) bogus", at: "A").result == .failed(.invalidArguments))
            #expect(terminals.type("counters \(name) reset x", at: "A").result == .failed(.invalidArguments))
        }
        _ = terminals.type("ping fdde:ad00:beef:0:0:0:0:1", at: "A")
        terminals.run(for: .seconds(5))
        #expect(terminals.type("counters drops", at: "A").lines.contains { $0.hasPrefix("addressUnresolved: ") })
        #expect(terminals.type("counters drops reset", at: "A").result == .failed(.invalidArguments))
    }

    @Test("Where the law limits air time, counters tell how much was used and who had to wait")
    func airtimeCounters() throws {
        let terminals = Terminals(nodes: ["A"], links: [], airtimeRules: Region.eu868.subBands[0])
        terminals.network.start(Terminals.dataset, nodes: [terminals.network["A"]])
        try #require(
            terminals.network.run(until: { $0["A"].engine.thread.role == .leader }, within: .seconds(60)) != nil)
        let lines = terminals.type("counters airtime", at: "A").lines
        #expect(
            lines.map { $0.prefix { $0 != ":" } } == ["Sub-band", "Used Milli", "Budget Milli", "Waits", "Given Up"])
        #expect(lines[0] == "Sub-band: 863" && lines[2] == "Budget Milli: 3600")
        #expect(lines[1] != "Used Milli: 0")
    }

    @Test("Addresses set by hand come and go, a few of them")
    func manualAddresses() throws {
        let terminals = try formed()
        #expect(terminals.type("ipaddr add fd00::1", at: "A").result == .done)
        #expect(
            terminals.type("ipaddr -v", at: "A").lines.contains(
                "fd00:0:0:0:0:0:0:1 origin:manual plen:64 preferred:1 valid:1"))
        #expect(terminals.type("ipaddr add ff02::5", at: "A").result == .failed(.invalidArguments))
        #expect(terminals.type("ipaddr add ::", at: "A").result == .failed(.invalidArguments))
        for number in 2...8 { #expect(terminals.type("ipaddr add fd00::\(number)", at: "A").result == .done) }
        #expect(terminals.type("ipaddr add fd00::9", at: "A").result == .failed(.noBuffers))
        #expect(terminals.type("ipaddr del fd00::1", at: "A").result == .done)
        #expect(terminals.type("ipaddr del fd00::1", at: "A").result == .failed(.notFound))
        #expect(terminals.type("ping fd00::2", at: "A").lines.first?.contains("time=0ms") == true)
        #expect(terminals.type("ping -I fd00::3 \(terminals.address("A"))", at: "A").result == .done)
        #expect(
            terminals.type("ping -I fd00::99 \(terminals.address("A"))", at: "A").result == .failed(.invalidArguments))
    }

    @Test("The clock is told in hours and in milliseconds")
    func uptime() {
        let terminals = Terminals()
        terminals.run(for: .milliseconds(3_723_045))
        #expect(terminals.type("uptime", at: "N").lines == ["01:02:03.045"])
        #expect(terminals.type("uptime ms", at: "N").lines == ["3723045"])
        #expect(terminals.type("uptime x", at: "N").result == .failed(.invalidArguments))
    }
}
