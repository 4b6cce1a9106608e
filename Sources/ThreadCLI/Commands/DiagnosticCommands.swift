import NodeEngine
import ThreadEngine
import ThreadWire

/// What other nodes tell of themselves.
let diagnosticCommands = [
    Command("networkdiagnostic", ["networkdiagnostic get ADDRESS TYPE...", "networkdiagnostic reset ADDRESS TYPE..."]) {
        invocation throws(CommandError) in
        let verb = invocation.arguments.isEmpty ? "" : try invocation.arguments.word()
        let destination = try invocation.arguments.address()
        let types = try invocation.diagnosticTypes()
        switch verb {
        case "get":
            guard let id = invocation.node.startDiagnosticGet(types, from: destination, now: invocation.now) else {
                throw invocation.diagnosticFailure
            }
            invocation.wait(for: DiagnosticTask(purpose: .elements, open: [id]))
        case "reset":
            // Whether it could be sent is not told, as in OpenThread.
            invocation.node.sendDiagnosticReset(types, to: destination, now: invocation.now)
        default: throw .invalidCommand
        }
    },
    Command("locate", ["locate ADDRESS"]) { invocation throws(CommandError) in
        let anycast = try invocation.arguments.address()
        try invocation.arguments.requireEnd()
        guard invocation.node.thread.role.isAttached else { throw .invalidState }
        guard anycast.locator?.isAnycast == true else { throw .invalidArguments }
        guard let id = invocation.node.startLocating(anycast, now: invocation.now) else { throw .noBuffers }
        invocation.wait(for: DiagnosticTask(purpose: .location, open: [id]))
    },
    Command(
        "meshdiag",
        [
            "meshdiag topology [ip6-addrs] [children]",
            "meshdiag childtable|childip6|routerneighbortable RLOC16",
        ]
    ) { invocation throws(CommandError) in
        try invocation.runSubcommand(of: meshDiagnosticSubcommands)
    },
]

private let meshDiagnosticSubcommands = [
    Command("childip6") { invocation throws(CommandError) in
        try invocation.queryRouter(for: .childIPv6Addresses)
    },
    Command("childtable") { invocation throws(CommandError) in
        try invocation.queryRouter(for: .child)
    },
    Command("routerneighbortable") { invocation throws(CommandError) in
        try invocation.queryRouter(for: .routerNeighbor)
    },
    Command("topology") { invocation throws(CommandError) in
        var types: [DiagnosticTLVType] = [.address16, .extendedAddress, .route64, .version]
        var wantsAddresses = false
        var wantsChildren = false
        while !invocation.arguments.isEmpty {
            switch try invocation.arguments.word() {
            case "ip6-addrs": wantsAddresses = true
            case "children": wantsChildren = true
            default: throw .invalidArguments
            }
        }
        if wantsAddresses { types.append(.ipv6Addresses) }
        if wantsChildren { types.append(.childTable) }
        guard invocation.node.thread.role.isAttached else { throw .invalidState }
        guard
            invocation.interpreter.startTopology(
                types, session: invocation.session, on: invocation.node, now: invocation.now)
        else { throw .noBuffers }
        invocation.isPending = true
    },
]

extension Invocation {
    /// How many types one request may name.
    private static let typeLimit = 35

    fileprivate mutating func diagnosticTypes() throws(CommandError) -> [DiagnosticTLVType] {
        var types: [DiagnosticTLVType] = []
        while !arguments.isEmpty {
            guard types.count < Self.typeLimit else { throw .invalidArguments }
            types.append(DiagnosticTLVType(rawValue: try arguments.unsigned()))
        }
        return types
    }

    /// Why a request could not be sent.
    fileprivate var diagnosticFailure: CommandError { node.thread.role.isAttached ? .noBuffers : .invalidState }

    fileprivate mutating func wait(for task: DiagnosticTask) {
        interpreter.sessions[session]?.diagnostic = task
        isPending = true
    }

    /// Asks one router for a list.
    fileprivate mutating func queryRouter(for type: DiagnosticTLVType) throws(CommandError) {
        let rloc16 = RLOC16(rawValue: try arguments.unsigned())
        try arguments.requireEnd()
        guard node.thread.role.isAttached else { throw .invalidState }
        guard rloc16.isRouter else { throw .invalidArguments }
        guard node.thread.routers[rloc16.routerID] != nil, let destination = node.thread.locatorAddress(rloc16)
        else { throw .notFound }
        guard let id = node.startDiagnosticQuery([type], to: destination, now: now) else { throw diagnosticFailure }
        wait(for: DiagnosticTask(purpose: .list, open: [id]))
    }
}
