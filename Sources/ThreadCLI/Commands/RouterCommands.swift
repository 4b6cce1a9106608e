import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// The routers of the partition and the ways to them.
let routerCommands = [
    Command("router", ["router table", "router list", "router ID|RLOC16"]) { invocation throws(CommandError) in
        switch invocation.arguments.first {
        case "table": invocation.printRouterTable()
        case "list":
            let ids = invocation.node.thread.routers.routers.map { "\($0.id.rawValue) " }
            invocation.print(ids.joined())
        default: try invocation.printRouter()
        }
    },
    Command("nexthop", ["nexthop", "nexthop RLOC16"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.printNextHops() }
        let target = RLOC16(rawValue: try invocation.arguments.unsigned())
        let thread = invocation.node.thread
        let path = thread.path(to: target)
        // A child hands everything to its parent, wherever it goes.
        let nextHop = path?.nextHop ?? (thread.role == .child ? thread.parent?.rloc16 : nil) ?? .unassigned
        invocation.print("\(nextHop.prefixed) cost:\(path?.cost ?? infiniteRouteCost)")
    },
]

private let routerTable = TextTable([
    .init("ID", 4), .init("RLOC16", 8), .init("Next Hop", 10), .init("Path Cost", 11), .init("LQ In", 7),
    .init("LQ Out", 8), .init("Age", 5), .init("Extended MAC", 18), .init("Link", 6),
])

private let nextHopTable = TextTable([.init("ID", 6), .init("NxtHop", 6), .init("Cost", 6)])

extension Invocation {
    fileprivate func printRouterTable() {
        print(routerTable.heading)
        for router in node.thread.routers.routers {
            let isSelf = router.id == ownRouterID
            let isHeard = router.isLinkValid
            print(
                routerTable.row([
                    "\(router.id.rawValue)", router.id.rloc16.prefixed, "\((router.nextHop ?? .none).rawValue)",
                    "\(router.nextHop == nil ? 0 : router.cost)",
                    "\(isHeard ? router.neighbor.signal.linkQuality.rawValue : 0)",
                    "\(isHeard ? router.neighbor.linkQualityOut.rawValue : 0)", "\(isSelf ? 0 : age(of: router))",
                    "\(isSelf ? node.thread.extendedAddress : router.neighbor.extendedAddress)", digit(isHeard),
                ]))
        }
        print("")
    }

    fileprivate mutating func printRouter() throws(CommandError) {
        // Up to 62 the number is an id, beyond it must be a router's RLOC16.
        let number = try arguments.unsigned(UInt16.self)
        let rloc16 = RLOC16(rawValue: number)
        guard number <= RouterID.maximum.rawValue || rloc16.isRouter else { throw .invalidArguments }
        let id = number <= RouterID.maximum.rawValue ? RouterID(rawValue: UInt8(number)) : rloc16.routerID
        guard let router = node.thread.routers[id] else { throw .notFound }
        print([
            "Alloc: 1",
            "Router ID: \(id.rawValue)",
            "Rloc: \(id.rloc16)",
            "Next Hop: \((router.nextHop ?? .none).rloc16)",
            "Link: \(digit(router.isLinkValid))",
        ])
        guard router.isLinkValid else { return }
        print([
            "Ext Addr: \(router.neighbor.extendedAddress)",
            "Cost: \(router.nextHop == nil ? 0 : router.cost)",
            "Link Quality In: \(router.neighbor.signal.linkQuality.rawValue)",
            "Link Quality Out: \(router.neighbor.linkQualityOut.rawValue)",
            "Age: \(age(of: router))",
        ])
    }

    fileprivate func printNextHops() {
        print(nextHopTable.heading)
        for router in node.thread.routers.routers {
            let path = node.thread.path(to: router.id.rloc16)
            print(
                nextHopTable.row([
                    "\(router.id.rawValue)", path.map { "\($0.nextHop.routerID.rawValue)" } ?? "-",
                    path.map { "\($0.cost)" } ?? "-",
                ]))
        }
    }

    private var ownRouterID: RouterID? { node.thread.role.isRouting ? node.thread.rloc16.routerID : nil }

    /// - Range: 0 to 255 s, as OpenThread's
    private func age(of router: Router) -> Int64 {
        min(255, max(0, now.since(router.neighbor.lastHeard).wholeSeconds))
    }
}
