import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

@Suite("Commands about roles, routers and partitions", .serialized)
struct RoleCommandTests {
    @Test("Values are told and set in OpenThread's words")
    func tunables() {
        let terminals = Terminals()
        for (command, answer) in [
            ("networkidtimeout", ["120", "Done"]), ("networkidtimeout 100", ["Done"]),
            ("networkidtimeout", ["100", "Done"]), ("networkidtimeout 256", ["Error 7: InvalidArgs"]),
            ("routerselectionjitter", ["120", "Done"]), ("routerselectionjitter 1", ["Done"]),
            ("routerselectionjitter", ["1", "Done"]), ("routerselectionjitter 0", ["Error 7: InvalidArgs"]),
            ("routerselectionjitter 256", ["Error 7: InvalidArgs"]), ("partitionid preferred", ["0", "Done"]),
            ("partitionid preferred 4660", ["Done"]), ("partitionid preferred", ["4660", "Done"]),
            ("routeridrange", ["0 62", "Done"]), ("routeridrange 40 50", ["Done"]),
            ("routeridrange", ["40 50", "Done"]), ("routeridrange 50 40", ["Error 7: InvalidArgs"]),
            ("routeridrange 0 63", ["Error 7: InvalidArgs"]), ("preferrouterid 5", ["Done"]),
            ("preferrouterid 63", ["Error 7: InvalidArgs"]), ("releaserouterid 5", ["Error 13: InvalidState"]),
            ("routereligible", ["Enabled", "Done"]), ("routereligible disable", ["Done"]),
            ("routereligible", ["Disabled", "Done"]), ("routereligible enable", ["Done"]),
            ("state leader", ["Error 13: InvalidState"]), ("state flying", ["Error 7: InvalidArgs"]),
            ("leaderdata", ["Error 16: Detached"]), ("eidcache", ["Done"]),
        ] {
            #expect(terminals.type(command, at: "A").text == answer, "\(command)")
        }
        terminals.network.start(Terminals.dataset, nodes: [terminals.network["A"]])
        let formed = terminals.network.run(
            until: { $0["A"].engine.thread.role == .leader }, within: .seconds(30))
        #expect(formed != nil)
        #expect(terminals.type("partitionid", at: "A").text == ["4660", "Done"])
        #expect(terminals.network["A"].engine.thread.rloc16.routerID.rawValue >= 40)
        #expect(terminals.network["A"].engine.thread.rloc16.routerID.rawValue <= 50)
        #expect(terminals.type("singleton", at: "A").text == ["true", "Done"])
    }

    @Test("A leader that is told to go becomes what the others make of it, and a router id can be released")
    func roles() throws {
        let terminals = Terminals()
        try #require(terminals.form())
        for (command, node, answer) in [
            ("preferrouterid 5", "A", "Error 13: InvalidState"), ("releaserouterid 62", "A", "Error 23: NotFound"),
            ("releaserouterid 63", "A", "Error 7: InvalidArgs"), ("state leader", "A", "Done"),
            ("state leader", "B", "Error 27: NotCapable"), ("state router", "B", "Done"),
            ("routereligible enable", "S", "Error 27: NotCapable"), ("nexthop 0x10000", "A", "Error 7: InvalidArgs"),
        ] {
            #expect(terminals.type(command, at: node).text == [answer], "\(command) at \(node)")
        }
        // A child's own locator costs one hop more than its parent's, and a child sends everything to its parent.
        let b = terminals.network["B"].engine.thread.rloc16
        let c = terminals.network["C"].engine.thread.rloc16
        #expect(terminals.type("nexthop \(c.prefixed)", at: "A").text == ["\(b.prefixed) cost:2", "Done"])
        let child = RLOC16(routerID: c.routerID, childID: 9)
        #expect(terminals.type("nexthop \(child.prefixed)", at: "A").text == ["\(b.prefixed) cost:3", "Done"])
        let a = terminals.network["A"].engine.thread.rloc16
        #expect(terminals.type("nexthop \(c.prefixed)", at: "S").text.first?.hasPrefix("\(a.prefixed) cost:") == true)

        #expect(terminals.type("releaserouterid \(c.routerID.rawValue)", at: "A").text == ["Done"])
        #expect(terminals.network["A"].engine.thread.routers.count == 2)
        let back = terminals.network.run(
            until: { $0["C"].engine.thread.role == .router && $0["A"].engine.thread.routers.count == 3 },
            within: .seconds(400))
        #expect(back != nil)
        #expect(terminals.network["C"].engine.thread.rloc16 != c, "a released id rests")

        #expect(terminals.type("routereligible disable", at: "B").text == ["Done"])
        #expect(terminals.network["B"].engine.thread.role == .detached)
        #expect(terminals.type("leaderweight 65", at: "C").text == ["Done"])
        let alone = terminals.network.run(
            until: { $0["B"].engine.thread.role == .child }, within: .seconds(400))
        #expect(alone != nil)
    }
}
