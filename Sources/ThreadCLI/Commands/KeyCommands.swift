import EngineCore
import NodeEngine
import ThreadEngine

/// The key sequence, and the time that changes are given.
let keyCommands = [
    Command(
        "keysequence",
        ["keysequence counter", "keysequence counter SEQUENCE", "keysequence guardtime", "keysequence guardtime HOURS"]
    ) { invocation throws(CommandError) in
        let node = invocation.node
        let now = invocation.now
        switch try invocation.arguments.word() {
        case "counter":
            try invocation.getOrSet(node.thread.keySequence) { node.setKeySequence($0, now: now) }
        case "guardtime":
            try invocation.getOrSet(node.keySwitchGuardTime) { node.keySwitchGuardTime = $0 }
        default: throw .invalidArguments
        }
    },
    Command("delaytimermin", ["delaytimermin", "delaytimermin SECONDS"]) { invocation throws(CommandError) in
        let node = invocation.node
        let current = UInt32(clamping: node.thread.configuration.pendingDelayMinimum.wholeSeconds)
        let longest = node.profile.pendingDatasetMinimumDelay
        try invocation.getOrSet(current) { seconds throws(CommandError) in
            let delay = Duration.seconds(Int64(seconds))
            guard delay > .zero, delay < longest else { throw .invalidArguments }
            node.threadConfiguration.pendingDelayMinimum = delay
        }
    },
]
