import NodeEngine
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

@Suite("Offering prefixes, routes and services", .serialized)
struct ServerCommandsTests {
    private func published() throws -> Terminals {
        let terminals = Terminals()
        try #require(terminals.form())
        for (command, name) in [
            ("prefix add 2001:cafe:cafe:cafe::/64 paros med", "A"), ("netdata register", "A"),
            ("service add 44970 5d c0de", "A"), ("netdata register", "A"), ("route add 2001:db8:1::/48 s", "B"),
            ("netdata register", "B"),
        ] { #expect(terminals.type(command, at: name).text == ["Done"]) }
        terminals.run(for: .seconds(5))
        return terminals
    }

    @Test("What is published is printed byte for byte as OpenThread printed it")
    func recorded() throws {
        let terminals = try published()
        let thread = { (name: String) in terminals.network[name].engine.thread }
        let session = try #require(thread("A").networkDatabase.data.commissioningData?.sessionID)
        let places = [("d000", "\(thread("A").rloc16)"), ("cc00", "\(thread("B").rloc16)")]
        let recorded = try Transcript.section(3)
        for command in [
            "prefix", "route", "service", "netdata show", "netdata show local", "netdata show -x", "netdata length",
            "netdata maxlength", "contextreusedelay",
        ] {
            let entry = try #require(recorded.first { $0.command == command })
            let expected = entry.answer.map { line in
                var line = line
                for (old, new) in places { line = line.replacing(old, with: new) }
                let text = String(session, radix: 16)
                let digits = String(repeating: "0", count: 4 - text.count) + text
                return line.replacing("61826", with: "\(session)").replacing("0b02f182", with: "0b02\(digits)")
            }
            #expect(terminals.type(command, at: "A").text == expected)
        }
        // All nodes know it, and have addresses of the prefix.
        for name in ["B", "C", "S"] {
            #expect(thread(name).networkData == thread("A").networkData)
            #expect(terminals.type("ipaddr", at: name).lines.contains { $0.hasPrefix("2001:cafe:cafe:cafe:") })
        }
        #expect(
            terminals.type("netdata show \(thread("B").rloc16.prefixed)", at: "A").lines
                == ["Prefixes:", "Routes:", "2001:db8:1::/48 s med \(thread("B").rloc16)", "Services:"])
    }

    @Test("Nodes ping each other's addresses of a prefix, and see them deprecated when it is gone")
    func addresses() throws {
        let terminals = try published()
        let address = try #require(
            terminals.type("ipaddr", at: "C").lines.first { $0.hasPrefix("2001:cafe:cafe:cafe:") })
        let pinged = terminals.type("ping \(address)", at: "S").lines.last
        #expect(pinged?.hasPrefix("1 packets transmitted, 1 packets received.") == true, "\(pinged ?? "")")
        _ = terminals.type("prefix remove 2001:cafe:cafe:cafe::/64", at: "A")
        #expect(terminals.type("prefix", at: "A").text == ["Done"])
        _ = terminals.type("netdata register", at: "A")
        terminals.run(for: .seconds(5))
        for name in ["A", "B", "C", "S"] {
            let lines = terminals.type("ipaddr -v", at: name).lines.filter { $0.contains("origin:slaac") }
            #expect(lines.count == 1 && lines.allSatisfy { $0.hasSuffix("plen:64 preferred:0 valid:1") }, "\(name)")
        }
        terminals.run(for: .seconds(310))
        for name in ["A", "B", "C", "S"] {
            #expect(!terminals.type("ipaddr", at: name).lines.contains { $0.hasPrefix("2001:") })
        }
    }

    @Test("The locator of a service is answered by who serves it")
    func service() throws {
        let terminals = try published()
        let locator = "fdde:ad00:beef:0:0:ff:fe00:fc10"
        #expect(terminals.type("ipaddr", at: "A").lines.first { $0 == locator } != nil)
        #expect(!terminals.type("ipaddr", at: "C").lines.contains(locator))
        let pinged = terminals.type("ping \(locator)", at: "C").lines.last
        #expect(pinged?.hasPrefix("1 packets transmitted, 1 packets received.") == true, "\(pinged ?? "")")
    }

    @Test("Flags and preferences in any order; what is wrong is refused as OpenThread refuses it")
    func arguments() {
        let terminals = Terminals()
        for (command, answer) in [
            ("prefix add 2001:db8::/64 paosD- high", "Done"), ("prefix add 2001:db8:1::/64 low dcn", "Done"),
            ("prefix add 2001:db8:2::/48", "Done"), ("prefix add 2001:db8:3::/48 a", "Error 7: InvalidArgs"),
            ("prefix add 2001:db8:3::/64 ad", "Error 7: InvalidArgs"), ("prefix add ::/0 o", "Error 7: InvalidArgs"),
            ("prefix remove", "Error 7: InvalidArgs"), ("prefix remove x", "Error 6: Parse"),
            ("prefix bogus", "Error 35: InvalidCommand"), ("route bogus", "Error 35: InvalidCommand"),
            ("route add ::/0 s high", "Done"), ("route add 64:ff9b::/96 na", "Done"),
            ("route add 64:ff9b::/95 n", "Error 7: InvalidArgs"), ("route add x", "Error 6: Parse"),
            ("route add 2001:db8::/32 x", "Error 7: InvalidArgs"), ("route remove", "Error 7: InvalidArgs"),
            ("service add", "Error 7: InvalidArgs"), ("service add 1", "Error 7: InvalidArgs"),
            ("service add 1 zz", "Error 7: InvalidArgs"), ("service add 1 aa zz", "Error 7: InvalidArgs"),
            ("service add x aa", "Error 7: InvalidArgs"), ("service bogus 1 aa", "Error 35: InvalidCommand"),
            ("service add 1 aa", "Done"), ("service remove 1 bb", "Error 23: NotFound"),
            ("service remove 1 aa", "Done"), ("netdata show 1 -x", "Error 7: InvalidArgs"),
            ("netdata show local 1", "Error 7: InvalidArgs"), ("netdata maxlength x", "Error 7: InvalidArgs"),
            ("netdata maxlength reset", "Done"), ("netdata register", "Done"), ("contextreusedelay 60", "Done"),
        ] { #expect(terminals.type(command, at: "N").text == [answer], "\(command)") }
        #expect(
            terminals.type("prefix", at: "N").lines == [
                "2001:db8:0:0::/64 paosD high fffe", "2001:db8:1:0::/64 dcn low fffe", "2001:db8:2::/48 med fffe",
            ])
        #expect(terminals.type("route", at: "N").lines == ["::/0 s high fffe", "64:ff9b:0:0:0:0::/96 na med fffe"])
        #expect(terminals.type("contextreusedelay", at: "N").lines == ["60"])
        #expect(terminals.type("netdata show local -x", at: "N").lines.first?.isEmpty == false)
        let long = String(repeating: "ab", count: 200)
        #expect(terminals.type("service add 1 \(long)", at: "N").text == ["Error 3: NoBufs"])
    }
}
