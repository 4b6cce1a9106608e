import EngineCore
import NodeEngine

/// The program, its clock and its end.
let systemCommands = [
    Command("version", ["version", "version api"]) { invocation throws(CommandError) in
        let configuration = invocation.interpreter.configuration
        switch invocation.arguments.first {
        case nil: invocation.print(configuration.version)
        case "api": invocation.print("\(configuration.apiVersion)")
        default: throw .invalidCommand
        }
    },
    Command("uptime", ["uptime", "uptime ms"]) { invocation throws(CommandError) in
        // The node's clock began when it was made.
        let uptime = invocation.now.since(.zero)
        switch invocation.arguments.first {
        case nil:
            invocation.print("\(uptime.clockText).\(zeroPadded(uptime.milliseconds % 1000, digits: 3))")
        case "ms": invocation.print("\(uptime.milliseconds)")
        default: throw .invalidArguments
        }
    },
    Command("attachtime", ["attachtime"]) { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        let attached = invocation.node.thread.attachedSince.map { invocation.now.since($0) } ?? .zero
        invocation.print(attached.clockText)
    },
    Command("instanceid", ["instanceid"]) { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.print("\(invocation.interpreter.configuration.instanceID)")
    },
    Command("log", ["log level"]) { invocation throws(CommandError) in
        guard invocation.arguments.take("level") else { throw .invalidArguments }
        try invocation.arguments.requireEnd()
        invocation.print("\(invocation.interpreter.configuration.logLevel)")
    },
    Command("debug", ["debug"]) { invocation in invocation.printEverything() },
    Command("reset", ["reset"]) { invocation throws(CommandError) in
        try invocation.restart(isFactoryReset: false)
    },
    Command("factoryreset", ["factoryreset"]) { invocation throws(CommandError) in
        try invocation.restart(isFactoryReset: true)
    },
    Command("exit", ["exit"]) { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.interpreter.leave(invocation.session, on: invocation.node)
        invocation.isSilent = true
    },
]

/// What `debug` runs, in its order.
/// - Source: recording cliref, `debug`
private let debugCommands = [
    "version", "state", "rloc16", "extaddr", "ipaddr", "ipmaddr", "channel", "panid", "extpanid", "netdata show",
    "netdata show -x", "partitionid", "leaderdata", "child table", "childip", "neighbor table", "router table",
    "nexthop", "eidcache", "deviceprops", "bufferinfo",
]

extension Invocation {
    fileprivate func printEverything() {
        for line in debugCommands {
            print("$ \(line)")
            let words = line.split(separator: " ").map(String.init)
            var invocation = Invocation(
                interpreter: interpreter, node: node, session: session, now: now,
                arguments: Arguments(Array(words.dropFirst())))
            do throws(CommandError) {
                try CommandTable.lookUp(words[0]).run(&invocation)
            } catch {
                print("\(error)")
            }
        }
    }

    /// Lets the program around the command line start anew; nobody is there then to print an end.
    fileprivate mutating func restart(isFactoryReset: Bool) throws(CommandError) {
        try arguments.requireEnd()
        guard interpreter.configuration.canRestart else { throw .notImplemented }
        interpreter.emitRestart(isFactoryReset: isFactoryReset)
        isSilent = true
    }
}
