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
        let now = invocation.now
        try invocation.getOrSet(node.thread.configuration.childTimeout) { node.setChildTimeout($0, now: now) }
    },
    Command("childip", ["childip", "childip max"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            for child in invocation.node.thread.children.valid where !child.neighbor.mode.isFullThreadDevice {
                for address in child.addresses {
                    invocation.print("\(child.neighbor.rloc16): \(address)")
                }
            }
            return
        }
        guard invocation.arguments.take("max") else { throw .invalidCommand }
        invocation.print("\(ThreadEngine.registeredAddressLimit)")
    },
    Command(
        "childsupervision",
        [
            "childsupervision interval [SECONDS]", "childsupervision checktimeout [SECONDS]",
            "childsupervision failcounter [reset]",
        ]
    ) { invocation throws(CommandError) in
        let node = invocation.node
        let now = invocation.now
        switch invocation.arguments.isEmpty ? "" : try invocation.arguments.word() {
        case "interval":
            try invocation.getOrSet(node.thread.configuration.supervisionInterval) {
                node.setSupervisionInterval($0, now: now)
            }
        case "checktimeout":
            try invocation.getOrSet(node.thread.configuration.supervisionCheckTimeout) {
                node.setSupervisionCheckTimeout($0, now: now)
            }
        case "failcounter":
            if invocation.arguments.isEmpty { return invocation.print("\(node.thread.supervisionFailures)") }
            guard invocation.arguments.take("reset") else { throw .invalidArguments }
            node.resetSupervisionFailures()
        default: throw .invalidCommand
        }
    },
    Command("pollperiod", ["pollperiod", "pollperiod MILLISECONDS"]) { invocation throws(CommandError) in
        let node = invocation.node
        let now = invocation.now
        let period = UInt32(clamping: node.thread.pollPeriod.milliseconds)
        try invocation.getOrSet(period) { value throws(CommandError) in
            let wanted: Duration? = value == 0 ? nil : .milliseconds(Int64(value))
            guard node.setPollPeriod(wanted, now: now) else { throw .invalidArguments }
        }
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
