import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// What the leader tells everybody: prefixes, routes, services.
let networkDataCommands = [
    Command("netdata", ["netdata length", "netdata show [-x] [RLOC16]"]) { invocation throws(CommandError) in
        try invocation.runSubcommand(of: networkDataSubcommands)
    },
    Command("prefix", ["prefix", "prefix meshlocal"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            let own = invocation.node.thread.rloc16
            return invocation.printPrefixes(invocation.networkData.prefixes) { $0 == own }
        }
        guard invocation.arguments.take("meshlocal") else { throw .invalidCommand }
        guard let prefix = invocation.node.thread.network?.meshLocalPrefix else { throw .notFound }
        invocation.print("\(prefix)")
    },
]

private let networkDataSubcommands = [
    Command("length", []) { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.print("\(invocation.node.thread.networkData.count)")
    },
    Command("show", []) { invocation throws(CommandError) in
        var isBinary = false
        var server: RLOC16?
        while !invocation.arguments.isEmpty {
            if invocation.arguments.take("-x") {
                isBinary = true
            } else {
                server = RLOC16(rawValue: try invocation.arguments.unsigned())
            }
        }
        guard isBinary else { return invocation.printNetworkData(of: server) }
        guard server == nil else { throw .invalidArguments }
        invocation.print(hexadecimal(invocation.node.thread.networkData))
    },
]

extension Invocation {
    /// The network data; empty where a peer's could not be read.
    fileprivate var networkData: NetworkData { (try? NetworkData(node.thread.networkData)) ?? NetworkData() }

    /// - Parameter server: prints only what this node offers; nil for everything.
    fileprivate func printNetworkData(of server: RLOC16?) {
        let data = networkData
        let isWanted = { (rloc16: RLOC16) in server == nil || rloc16 == server }
        print("Prefixes:")
        printPrefixes(data.prefixes, isWanted)
        print("Routes:")
        for prefix in data.prefixes {
            for case .hasRoute(let isStable, let routes) in prefix.subTLVs {
                for route in routes where isWanted(route.rloc16) {
                    let flags =
                        (isStable ? "s" : "") + (route.isNAT64 ? "n" : "") + (route.advertisesPrefix ? "a" : "")
                    print("\(prefix.prefix)\(spaced(flags)) \(text(of: route.preference)) \(route.rloc16)")
                }
            }
        }
        print("Services:")
        for service in data.services {
            for server in service.servers where isWanted(server.rloc16) {
                print(
                    "\(service.enterpriseNumber) \(hexadecimal(service.serviceData)) "
                        + "\(hexadecimal(server.serverData))\(server.isStable ? " s" : "") \(server.rloc16) "
                        + "\(service.serviceID)")
            }
        }
        guard server == nil else { return }
        print("Contexts:")
        for prefix in data.prefixes {
            guard let context = prefix.context else { continue }
            let flags = (context.isStable ? "s" : "") + (context.isCompressible ? "c" : "")
            print("\(prefix.prefix) \(context.contextID) \(flags.isEmpty ? "-" : flags)")
        }
        print("Commissioning:")
        printCommissioning(data.commissioningData)
    }

    fileprivate func printPrefixes(_ prefixes: [PrefixTLV], _ isWanted: (RLOC16) -> Bool) {
        for prefix in prefixes {
            for case .borderRouter(let isStable, let entries) in prefix.subTLVs {
                for entry in entries where isWanted(entry.rloc16) {
                    let flags = letters(of: entry.flags, isStable: isStable)
                    print("\(prefix.prefix)\(spaced(flags)) \(text(of: entry.preference)) \(entry.rloc16)")
                }
            }
        }
    }

    private func letters(of flags: BorderRouterEntry.Flags, isStable: Bool) -> String {
        let beforeStable: [(BorderRouterEntry.Flags, String)] = [
            (.preferred, "p"), (.slaac, "a"), (.dhcp, "d"), (.configure, "c"), (.defaultRoute, "r"), (.onMesh, "o"),
        ]
        let behindStable: [(BorderRouterEntry.Flags, String)] = [(.ndDNS, "n"), (.domainPrefix, "D")]
        func text(_ letters: [(BorderRouterEntry.Flags, String)]) -> String {
            letters.filter { flags.contains($0.0) }.map(\.1).joined()
        }
        return text(beforeStable) + (isStable ? "s" : "") + text(behindStable)
    }

    private func spaced(_ flags: String) -> String { flags.isEmpty ? "" : " " + flags }

    private func text(of preference: RoutePreference) -> String {
        switch preference {
        case .low: "low"
        case .medium: "med"
        case .high: "high"
        }
    }

    /// Session, border agent's locator, joiner's port, steering data; a dash for what is missing.
    private func printCommissioning(_ data: CommissioningDataTLV?) {
        var locator = "-"
        var port = "-"
        var steering = "-"
        for tlv in data?.tlvs ?? [] {
            if case .borderAgentLocator(let rloc16) = tlv { locator = "\(rloc16)" }
            if case .joinerUDPPort(let number) = tlv { port = "\(number)" }
            if case .unknown(type: .steeringData, let bytes) = tlv { steering = hexadecimal(bytes) }
        }
        print("\(data?.sessionID.map { "\($0)" } ?? "-") \(locator) \(port) \(steering)")
    }
}
