import EngineCore
import MACEngine
import NodeEngine
import ThreadEngine

/// What was counted.
let counterCommands = [
    Command("counters", ["counters", "counters airtime|drops", "counters ip|mac|mle [reset]"]) {
        invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.print(["airtime", "drops", "ip", "mac", "mle"]) }
        switch try invocation.arguments.word() {
        case "airtime":
            try invocation.arguments.requireEnd()
            invocation.printAirtime()
        case "drops":
            try invocation.arguments.requireEnd()
            for (reason, count) in invocation.node.drops.nonzero { invocation.print("\(reason.rawValue): \(count)") }
        case "ip":
            if try invocation.isReset() { invocation.node.resetIPCounters() } else { invocation.printIPCounters() }
        case "mac":
            if try invocation.isReset() { invocation.node.resetMACCounters() } else { invocation.printMACCounters() }
        case "mle":
            if try invocation.isReset() {
                invocation.node.resetMLECounters(now: invocation.now)
            } else {
                invocation.printMLECounters()
            }
        default: throw .invalidArguments
        }
    }
]

extension Invocation {
    fileprivate mutating func isReset() throws(CommandError) -> Bool {
        guard !arguments.isEmpty else { return false }
        guard arguments.take("reset") else { throw .invalidArguments }
        try arguments.requireEnd()
        return true
    }

    /// What the law's hour has seen, and why sending waits.
    fileprivate func printAirtime() {
        guard let ledger = node.mac.airtime, let budget = ledger.rules.hourlyBudget else {
            return print(["Limit: none"])
        }
        print([
            "Sub-band: \(ledger.rules.name)",
            "Used Milli: \(ledger.used(at: now).milliseconds)",
            "Budget Milli: \(budget.milliseconds)",
            "Waits: \(node.mac.airtimeWaits)",
            "Given Up: \(node.drops[.airtimeExhausted])",
        ])
    }

    fileprivate func printIPCounters() {
        let counters = node.ipCounters
        print([
            "TxSuccess: \(counters.transmitSuccess)",
            "TxFailed: \(counters.transmitFailed)",
            "RxSuccess: \(counters.receiveSuccess)",
            "RxFailed: \(counters.receiveFailed)",
        ])
    }

    /// The two totals are headings, what they are made of stands below them.
    fileprivate func printMACCounters() {
        for (name, count) in node.mac.counters.rows {
            print((name == "TxTotal" || name == "RxTotal" ? "" : "    ") + "\(name): \(count)")
        }
    }

    fileprivate func printMLECounters() {
        let counters = node.thread.counters
        var tracked = Duration.zero
        var times: [String] = []
        for role in Role.allCases {
            print("Role \(title(role)): \(counters.entries(of: role))")
            let time = counters.time(in: role, now: now)
            tracked += time
            times.append("Time \(title(role)) Milli: \(time.milliseconds)")
        }
        print([
            "Attach Attempts: \(counters.attachAttempts)",
            "Partition Id Changes: \(counters.partitionIDChanges)",
            "Better Partition Attach Attempts: \(counters.betterPartitionAttachAttempts)",
            "Better Parent Attach Attempts: \(counters.betterParentAttachAttempts)",
            "Parent Changes: \(counters.parentChanges)",
        ])
        print(times)
        print("Time Tracked Milli: \(tracked.milliseconds)")
    }

    private func title(_ role: Role) -> String {
        switch role {
        case .disabled: "Disabled"
        case .detached: "Detached"
        case .child: "Child"
        case .router: "Router"
        case .leader: "Leader"
        }
    }
}
