import EngineCore
import NodeEngine

/// The program and its clock.
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
    Command("log", ["log level"]) { invocation throws(CommandError) in
        guard invocation.arguments.take("level") else { throw .invalidArguments }
        try invocation.arguments.requireEnd()
        invocation.print("\(invocation.interpreter.configuration.logLevel)")
    },
]
