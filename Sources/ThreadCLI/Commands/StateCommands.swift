import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// Role, protocol and interface.
let stateCommands = [
    Command("state", ["state", "state detached|child|router|leader"], surplus: .ignored) {
        invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.print("\(invocation.node.thread.role)") }
        let wanted = try role(named: invocation.arguments.word())
        do throws(RoleRequestError) {
            try invocation.node.requestRole(wanted, now: invocation.now)
        } catch {
            throw CommandError(error)
        }
    },
    Command("thread", ["thread start", "thread stop", "thread version"]) { invocation throws(CommandError) in
        switch invocation.arguments.first {
        case "start":
            guard invocation.node.startThread(now: invocation.now) else { throw .invalidState }
        case "stop": invocation.node.stopThread(now: invocation.now)
        case "version": invocation.print("\(invocation.node.thread.configuration.version)")
        default: throw .invalidCommand
        }
    },
    Command("ifconfig", ["ifconfig", "ifconfig up", "ifconfig down"]) { invocation throws(CommandError) in
        switch invocation.arguments.first {
        case nil: invocation.print(invocation.node.isInterfaceUp ? "up" : "down")
        case "up": invocation.node.setInterface(isUp: true, now: invocation.now)
        case "down": invocation.node.setInterface(isUp: false, now: invocation.now)
        default: throw .invalidArguments
        }
    },
    Command("detach", ["detach", "detach async"]) { invocation throws(CommandError) in
        let isAsynchronous = invocation.arguments.take("async")
        try invocation.arguments.requireEnd()
        guard !invocation.node.thread.isDetaching else { throw .busy }
        invocation.node.detachGracefully(now: invocation.now)
        guard !isAsynchronous else { return }
        guard invocation.node.thread.isDetaching else { return invocation.print(detachedText) }
        invocation.interpreter.sessions[invocation.session]?.isDetaching = true
        invocation.isPending = true
    },
    Command("singleton", ["singleton"]) { invocation in
        invocation.print(invocation.node.thread.isSingleton ? "true" : "false")
    },
    Command("mode", ["mode", "mode [rdn]", "mode -"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.print("\(invocation.node.thread.mode)") }
        let mode = try deviceMode(invocation.arguments.word())
        guard invocation.node.setMode(mode, now: invocation.now) else { throw .invalidArguments }
    },
]

private let detachedText = "Finished detaching"

// Sessions that wait until the node has left its network.
extension CommandInterpreter {
    func finishDetaching(on node: NodeEngine, now: Instant) {
        for session in sessions.keys.sorted(by: { $0.rawValue < $1.rawValue })
        where sessions[session]?.isDetaching == true {
            sessions[session]?.isDetaching = false
            print(detachedText, to: session)
            end(session, .done, on: node, now: now)
        }
    }
}

private func role(named name: String) throws(CommandError) -> Role {
    guard let role = Role.allCases.first(where: { $0.description == name }), role != .disabled else {
        throw .invalidArguments
    }
    return role
}

extension CommandError {
    /// What OpenThread prints where a wish about roles cannot be fulfilled.
    init(_ error: RoleRequestError) {
        self =
            switch error {
            case .invalidState: .invalidState
            case .notCapable: .notCapable
            case .busy: .busy
            case .notFound: .notFound
            }
    }
}

/// The letters `r`, `d`, `n`, or `-` for none of them.
private func deviceMode(_ letters: String) throws(CommandError) -> DeviceMode {
    var mode = DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
    guard letters != "-" else { return mode }
    for letter in letters.unicodeScalars {
        switch letter {
        case "r": mode.isReceiverOnWhenIdle = true
        case "d": mode.isFullThreadDevice = true
        case "n": mode.requestsFullNetworkData = true
        // Secured polls, which nodes of 2018 could do without: Pymesh's `mode` prints `rsdn`.
        case "s": break
        default: throw .invalidArguments
        }
    }
    return mode
}
