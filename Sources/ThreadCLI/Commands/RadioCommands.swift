import EngineCore
import LinkProfiles
import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// The radio and the link layer.
let radioCommands = [
    Command("mac", ["mac altshortaddr", "mac retries direct [COUNT]", "mac retries indirect [COUNT]"]) {
        invocation throws(CommandError) in
        switch invocation.arguments.isEmpty ? "" : try invocation.arguments.word() {
        case "altshortaddr": invocation.print(RLOC16.unassigned.prefixed)
        case "retries": try invocation.frameRetries()
        default: throw .invalidCommand
        }
    },
    // Frames of IEEE 802.15.4, whatever carries them.
    Command("multiradio", ["multiradio"], surplus: .judged) { invocation throws(CommandError) in
        guard invocation.arguments.isEmpty else { throw .invalidCommand }
        invocation.print("[15.4]")
    },
    Command("promiscuous", ["promiscuous", "promiscuous enable|disable"]) { invocation throws(CommandError) in
        let (node, now, session) = (invocation.node, invocation.now, invocation.session)
        let interpreter = invocation.interpreter
        try invocation.getOrSetFlag(node.isPromiscuous) { isEnabled throws(CommandError) in
            guard node.setPromiscuous(isEnabled, now: now) else { throw .invalidState }
            interpreter.sniffingSession = isEnabled ? session : nil
        }
    },
    Command("radio", ["radio stats", "radio stats clear"]) { invocation throws(CommandError) in
        guard invocation.arguments.take("stats") else { throw .invalidCommand }
        guard !invocation.arguments.isEmpty else { return invocation.printRadioTimes() }
        guard invocation.arguments.take("clear") else { throw .invalidArguments }
        invocation.node.resetRadioTimes(now: invocation.now)
    },
    Command("radiofilter", ["radiofilter", "radiofilter enable|disable"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSetFlag(node.isRadioFiltered) { node.isRadioFiltered = $0 }
    },
    Command("region", ["region"], surplus: .judged) { invocation throws(CommandError) in
        // The law that a radio keeps to is for its configuration file to say.
        guard invocation.arguments.isEmpty, let region = invocation.interpreter.configuration.region else {
            throw .notImplemented
        }
        invocation.print(region)
    },
    Command("txpower", ["txpower"], surplus: .judged) { invocation throws(CommandError) in
        guard invocation.arguments.isEmpty, let power = invocation.interpreter.configuration.transmitPower else {
            throw .notImplemented
        }
        invocation.print("\(power.wholeText) dBm")
    },
    Command(
        "unsecureport",
        ["unsecureport get", "unsecureport add PORT", "unsecureport remove PORT|all"]
    ) { invocation throws(CommandError) in
        switch invocation.arguments.isEmpty ? "" : try invocation.arguments.word() {
        case "get": invocation.print(invocation.node.unsecuredPorts.map { "\($0) " }.joined())
        case "add":
            guard invocation.node.addUnsecuredPort(try invocation.port()) else { throw .noBuffers }
        case "remove":
            guard !invocation.arguments.take("all") else {
                for port in invocation.node.unsecuredPorts { _ = invocation.node.removeUnsecuredPort(port) }
                return
            }
            guard invocation.node.removeUnsecuredPort(try invocation.port()) else { throw .notFound }
        default: throw .invalidCommand
        }
    },
]

extension Invocation {
    fileprivate mutating func frameRetries() throws(CommandError) {
        let node = node
        switch arguments.isEmpty ? "" : try arguments.word() {
        case "direct": try getOrSet(node.frameRetries) { node.frameRetries = $0 }
        case "indirect": try getOrSet(node.indirectFrameRetries) { node.indirectFrameRetries = $0 }
        default: throw .invalidArguments
        }
    }

    /// A UDP port, which is never zero.
    fileprivate mutating func port() throws(CommandError) -> UInt16 {
        let port: UInt16 = try arguments.unsigned()
        guard port > 0 else { throw .invalidArguments }
        return port
    }

    /// - Source: recording cliref, `radio stats`
    fileprivate func printRadioTimes() {
        let times = node.radioTimes
        let rows = [
            ("Tx", times.transmitting), ("Rx", times.receiving(now: now)), ("Sleep", times.sleeping(now: now)),
            ("Disabled", times.disabled(now: now)),
        ]
        let total = rows.reduce(Duration.zero) { $0 + $1.1 }
        guard total > .zero else { return print("Total Time is 0!") }
        let milliseconds = total.milliseconds
        print([
            "Radio Statistics:",
            "Total Time: \(milliseconds / 1000).\(zeroPadded(milliseconds % 1000, digits: 3))s",
        ])
        for (name, time) in rows {
            let microseconds = time.microseconds
            let share = microseconds * 10_000 / max(1, total.microseconds)
            print(
                "\(name) Time: \(microseconds / 1_000_000).\(zeroPadded(microseconds % 1_000_000, digits: 6))s"
                    + " (\(share / 100).\(zeroPadded(share % 100, digits: 2))%)")
        }
    }
}

// Frames that are told one by one.
extension CommandInterpreter {
    /// Prints a frame that the radio heard or sent.
    func printSniffed(_ frame: SniffedFrame) {
        guard let session = sniffingSession else { return }
        print("", to: session, isAsynchronous: true)
        for line in HexDump.lines(frame.bytes, title: frame.isSent ? "TX" : "RX") {
            print(line, to: session, isAsynchronous: true)
        }
    }
}
