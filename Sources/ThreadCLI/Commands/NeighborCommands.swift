import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// Who is heard directly.
let neighborCommands = [
    Command(
        "neighbor",
        ["neighbor table", "neighbor list", "neighbor linkquality", "neighbor conntime [list]"]
    ) { invocation throws(CommandError) in
        switch invocation.arguments.first {
        case "table": invocation.printNeighborTable()
        case "list":
            let neighbors = invocation.node.thread.neighbors.map { $0.neighbor.rloc16.prefixed + " " }
            invocation.print(neighbors.joined())
        case "linkquality": invocation.printLinkQualities()
        case "conntime":
            _ = invocation.arguments.take("conntime")
            invocation.printConnectionTimes(isList: invocation.arguments.take("list"))
        default: throw .invalidArguments
        }
    },
    Command("parent", ["parent", "parent search"]) { invocation throws(CommandError) in
        if invocation.arguments.take("search") {
            guard invocation.node.searchForBetterParent(now: invocation.now) else { throw .invalidState }
            return
        }
        try invocation.arguments.requireEnd()
        // A router tells of the parent that it had, as OpenThread does.
        let parent = invocation.node.thread.parent ?? invocation.node.thread.formerParent
        let age = parent.map { max(0, invocation.now.since($0.lastHeard).wholeSeconds) } ?? 0
        invocation.print([
            "Ext Addr: \(parent?.extendedAddress ?? ExtendedAddress(rawValue: 0))",
            "Rloc: \(String(parent?.rloc16.rawValue ?? 0, radix: 16))",
            "Link Quality In: \(parent?.signal.linkQuality.rawValue ?? 0)",
            "Link Quality Out: \(parent?.linkQualityOut.rawValue ?? 0)",
            "Age: \(age)",
            "Version: \(parent?.version ?? 0)",
        ])
    },
]

private let neighborTable = TextTable([
    .init("Role", 6), .init("RLOC16", 8), .init("Age", 5), .init("Avg RSSI", 10), .init("Last RSSI", 11),
    .init("R", 1, .narrow), .init("D", 1, .narrow), .init("N", 1, .narrow), .init("Extended MAC", 18),
    .init("Version", 9),
])

private let linkQualityTable = TextTable([
    .init("RLOC16", 8), .init("Extended MAC", 18), .init("Frame Error", 13), .init("Msg Error", 11),
    .init("Avg RSS", 9), .init("Last RSS", 10), .init("Age", 7),
])

private let connectionTimeTable = TextTable([
    .init("RLOC16", 8), .init("Extended MAC", 18), .init("Last Heard (Age)", 18), .init("Connection Time", 18),
])

extension Invocation {
    fileprivate func printNeighborTable() {
        print(neighborTable.heading)
        for (neighbor, isChild) in node.thread.neighbors {
            let mode = neighbor.mode
            print(
                neighborTable.row([
                    isChild ? "C " : "R ", neighbor.rloc16.prefixed, "\(age(of: neighbor).wholeSeconds)",
                    averageText(neighbor), lastText(neighbor), digit(mode.isReceiverOnWhenIdle),
                    digit(mode.isFullThreadDevice), digit(mode.requestsFullNetworkData),
                    "\(neighbor.extendedAddress)", "\(neighbor.version)",
                ]))
        }
        print("")
    }

    fileprivate func printLinkQualities() {
        print(linkQualityTable.heading)
        for (neighbor, _) in node.thread.neighbors {
            print(
                linkQualityTable.row([
                    neighbor.rloc16.prefixed, "\(neighbor.extendedAddress)", "0.00 %", "0.00 %",
                    averageText(neighbor), lastText(neighbor), "\(age(of: neighbor).wholeSeconds)",
                ]))
        }
    }

    fileprivate func printConnectionTimes(isList: Bool) {
        if !isList { print(connectionTimeTable.heading) }
        for (neighbor, _) in node.thread.neighbors {
            let connected = now.since(neighbor.connectedAt)
            if isList {
                print(
                    "\(neighbor.rloc16.prefixed) \(neighbor.extendedAddress) age:\(age(of: neighbor).wholeSeconds)"
                        + " conn-time:\(max(0, connected.wholeSeconds))")
            } else {
                print(
                    connectionTimeTable.row([
                        neighbor.rloc16.prefixed, "\(neighbor.extendedAddress)", age(of: neighbor).clockText,
                        connected.clockText,
                    ]))
            }
        }
    }

    private func age(of neighbor: Neighbor) -> Duration { max(.zero, now.since(neighbor.lastHeard)) }

    private func averageText(_ neighbor: Neighbor) -> String {
        neighbor.signal.averageRSSI?.wholeText ?? DecibelMilliwatts.unknownText
    }

    private func lastText(_ neighbor: Neighbor) -> String {
        neighbor.signal.lastRSSI?.wholeText ?? DecibelMilliwatts.unknownText
    }
}
