import IPEngine
import NodeEngine
import ThreadEngine
import ThreadWire

/// This node's addresses.
let addressCommands = [
    Command("rloc16", ["rloc16"]) { invocation in invocation.print("\(invocation.node.thread.rloc16)") },
    Command("extaddr", ["extaddr", "extaddr EXTADDR"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(invocation.node.thread.extendedAddress)")
        }
        let address = try invocation.arguments.extendedAddress()
        guard invocation.node.setExtendedAddress(address, now: invocation.now) else { throw .invalidState }
    },
    Command("eui64", ["eui64"]) { invocation throws(CommandError) in
        let identity = invocation.node.thread.configuration.identity
        guard let eui64 = invocation.interpreter.configuration.eui64 ?? identity.eui64 else { throw .notFound }
        invocation.print("\(eui64)")
    },
    Command(
        "ipaddr",
        [
            "ipaddr", "ipaddr -v", "ipaddr add ADDRESS", "ipaddr del ADDRESS", "ipaddr linklocal", "ipaddr mleid",
            "ipaddr rloc",
        ], run: { invocation throws(CommandError) in try invocation.unicastAddresses() }),
    Command(
        "ipmaddr",
        ["ipmaddr", "ipmaddr add ADDRESS", "ipmaddr del ADDRESS", "ipmaddr llatn", "ipmaddr rlatn"]
    ) { invocation throws(CommandError) in
        try invocation.groups()
    },
    Command("mliid", ["mliid IID"]) { invocation throws(CommandError) in
        let identifier = try invocation.arguments.bytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) }
        guard invocation.node.setMeshLocalInterfaceIdentifier(identifier, now: invocation.now) else {
            throw .invalidState
        }
    },
]

extension Invocation {
    fileprivate mutating func unicastAddresses() throws(CommandError) {
        let isVerbose = arguments.take("-v")
        guard !arguments.isEmpty else {
            for address in node.ip.unicastAddresses { print(text(of: address, isVerbose: isVerbose)) }
            return
        }
        let thread = node.thread
        switch try arguments.word() {
        case "add":
            let address = try arguments.address()
            guard !address.isMulticast, !address.isUnspecified else { throw .invalidArguments }
            guard node.addAddress(address, now: now) else { throw .noBuffers }
        case "del":
            guard node.removeAddress(try arguments.address(), now: now) else { throw .notFound }
        case "linklocal": print("\(thread.linkLocalAddress)")
        case "mleid": try printIfKnown(thread.meshLocalEID)
        case "rloc": try printIfKnown(thread.locatorAddress(thread.rloc16))
        default: throw .invalidCommand
        }
    }

    fileprivate mutating func groups() throws(CommandError) {
        guard !arguments.isEmpty else { return print(node.groups.map { "\($0)" }) }
        switch try arguments.word() {
        case "add":
            let group = try arguments.address()
            guard group.isMulticast else { throw .invalidArguments }
            guard !node.groups.contains(group) else { throw .already }
            // Which role hears what routers are asked is for the protocol to say.
            guard group != .linkLocalAllRouters, group != .realmLocalAllRouters else { throw .rejected }
            guard node.subscribe(group, now: now) else { throw .noBuffers }
        case "del":
            let group = try arguments.address()
            guard node.groups.contains(group) else { throw .notFound }
            guard node.unsubscribe(group, now: now) else { throw .rejected }
        case "llatn": try printIfKnown(node.thread.networkGroups.last)
        case "rlatn": try printIfKnown(node.thread.networkGroups.first)
        default: throw .invalidCommand
        }
    }

    /// Mesh-local addresses exist only where there is a network.
    private func printIfKnown(_ address: IPv6Address?) throws(CommandError) {
        guard let address else { throw .invalidState }
        print("\(address)")
    }

    private func text(of address: UnicastAddress, isVerbose: Bool) -> String {
        guard isVerbose else { return "\(address.address)" }
        let origin =
            switch address.origin {
            case .thread: "thread"
            case .slaac: "slaac"
            case .manual: "manual"
            }
        return "\(address.address) origin:\(origin) plen:\(address.prefixLength)"
            + " preferred:\(digit(address.isPreferred)) valid:\(digit(address.isValid))"
    }
}
