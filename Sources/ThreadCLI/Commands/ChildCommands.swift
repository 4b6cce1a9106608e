import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// The children of this node.
let childCommands = [
    Command("child", ["child table", "child list", "child ID|RLOC16"]) { invocation throws(CommandError) in
        switch invocation.arguments.first {
        case "table": invocation.printChildTable()
        case "list":
            let ids = invocation.node.thread.children.valid.map { "\($0.neighbor.rloc16.childID) " }
            invocation.print(ids.joined())
        default: try invocation.printChild()
        }
    },
    Command("childmax", ["childmax", "childmax COUNT"]) { invocation throws(CommandError) in
        let node = invocation.node
        let limit = UInt16(clamping: node.thread.children.limit)
        try invocation.getOrSet(limit) { value throws(CommandError) in
            guard node.thread.role == .disabled else { throw .invalidState }
            guard value >= 1, value <= 511 else { throw .invalidArguments }
            node.threadConfiguration.childLimit = Int(value)
        }
    },
    Command("childtimeout", ["childtimeout", "childtimeout SECONDS"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(node.thread.configuration.childTimeout) { node.threadConfiguration.childTimeout = $0 }
    },
]

private let childTable = TextTable([
    .init("ID", 5), .init("RLOC16", 8), .init("Timeout", 12), .init("Age", 12), .init("LQ In", 7), .init("C_VN", 6),
    .init("R", 1, .narrow), .init("D", 1, .narrow), .init("N", 1, .narrow), .init("Ver", 3, .narrow),
    .init("CSL", 3), .init("QMsgCnt", 7), .init("Suprvsn", 7), .init("Extended MAC", 18),
])

extension Invocation {
    fileprivate func printChildTable() {
        print(childTable.heading)
        for child in node.thread.children.valid {
            let neighbor = child.neighbor
            print(
                childTable.row([
                    "\(neighbor.rloc16.childID)", neighbor.rloc16.prefixed, "\(child.timeout)", "\(age(of: child))",
                    "\(neighbor.signal.linkQuality.rawValue)", "\(child.networkDataVersion)",
                    digit(neighbor.mode.isReceiverOnWhenIdle), digit(neighbor.mode.isFullThreadDevice),
                    digit(neighbor.mode.requestsFullNetworkData), "\(neighbor.version)", "0",
                    "\(node.queuedDatagramCount(for: neighbor))", "\(child.supervisionInterval)",
                    "\(neighbor.extendedAddress)",
                ]))
        }
        print("")
    }

    fileprivate mutating func printChild() throws(CommandError) {
        let number = try arguments.unsigned(UInt16.self)
        let rloc16 = RLOC16(routerID: node.thread.rloc16.routerID, childID: number)
        // A number with router bits is an RLOC16; its child part alone counts, as in OpenThread.
        guard rloc16.childID != 0, let child = node.thread.children[rloc16] else { throw .notFound }
        let neighbor = child.neighbor
        print([
            "Child ID: \(neighbor.rloc16.childID)",
            "Rloc: \(neighbor.rloc16)",
            "Ext Addr: \(neighbor.extendedAddress)",
            "Mode: \(neighbor.mode)",
            "CSL Synchronized: 0 ",
            "Net Data: \(child.networkDataVersion)",
            "Timeout: \(child.timeout)",
            "Age: \(age(of: child))",
            "Link Quality In: \(neighbor.signal.linkQuality.rawValue)",
            "RSSI: \(neighbor.signal.averageRSSI?.wholeText ?? DecibelMilliwatts.unknownText)",
            "Supervision Interval: \(child.supervisionInterval)",
        ])
    }

    private func age(of child: Child) -> Int64 { max(0, now.since(child.neighbor.lastHeard).wholeSeconds) }
}
