import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// What the leader tells everybody: prefixes, routes, services.
let networkDataCommands = [
    Command(
        "netdata",
        [
            "netdata length", "netdata maxlength [reset]", "netdata register",
            "netdata show [local] [-x] [RLOC16]", "netdata steeringdata check EUI64|DISCERNER",
        ]
    ) { invocation throws(CommandError) in
        try invocation.runSubcommand(of: networkDataSubcommands)
    }
]

private let networkDataSubcommands = [
    Command("length") { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.print("\(invocation.node.thread.networkData.count)")
    },
    Command("maxlength") { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(invocation.node.thread.networkDatabase.longest)")
        }
        guard invocation.arguments.take("reset") else { throw .invalidArguments }
        invocation.node.resetLongestNetworkData()
    },
    Command("register") { invocation in invocation.node.registerServerData(now: invocation.now) },
    Command("show") { invocation throws(CommandError) in
        var isBinary = false
        var isLocal = false
        var server: RLOC16?
        while !invocation.arguments.isEmpty {
            if invocation.arguments.take("-x") {
                isBinary = true
            } else if invocation.arguments.take("local") {
                isLocal = true
            } else {
                server = RLOC16(rawValue: try invocation.arguments.unsigned())
            }
        }
        guard server == nil || !isBinary && !isLocal else { throw .invalidArguments }
        let data = isLocal ? invocation.offered : invocation.node.thread.networkDatabase.data
        if isBinary { return invocation.print(hexadecimal(data.bytes)) }
        invocation.printEntries(of: data) { server == nil || $0 == server }
        if !isLocal, server == nil { invocation.printContextsAndCommissioning(of: data) }
    },
    Command("steeringdata") { invocation throws(CommandError) in
        guard invocation.arguments.take("check") else { throw .invalidArguments }
        let joiner = try invocation.joinerID()
        guard let data = invocation.node.thread.networkDatabase.data.commissioningData,
            data.sessionID != nil,
            let steering = data.tlvs.lazy.compactMap({ SteeringData($0) }).first
        else { throw .invalidState }
        guard steering.admits(joiner) else { throw .notFound }
    },
]

extension Invocation {
    /// A joiner by its EUI-64, or by `NUMBER/LENGTH` of the bits that tell it from others.
    fileprivate mutating func joinerID() throws(CommandError) -> UInt64 {
        let word = try arguments.word()
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else {
            var eui64 = Arguments([word])
            return node.joinerID(of: try eui64.extendedAddress())
        }
        var numbers = Arguments(parts.map(String.init))
        let number = try numbers.unsigned(UInt64.self)
        let length = try numbers.unsigned(UInt8.self)
        try numbers.requireEnd()
        guard (1...64).contains(length) else { throw .invalidArguments }
        return length == 64 ? number : number & (1 << UInt64(length) - 1)
    }

    fileprivate func printEntries(of data: NetworkData, _ isWanted: (RLOC16) -> Bool) {
        print("Prefixes:")
        printPrefixes(data, isWanted)
        print("Routes:")
        printRoutes(data, isWanted)
        print("Services:")
        printServices(data, isWanted)
    }

    fileprivate func printContextsAndCommissioning(of data: NetworkData) {
        print("Contexts:")
        for prefix in data.prefixes {
            guard let context = prefix.context else { continue }
            let flags = (context.isStable ? "s" : "") + (context.isCompressible ? "c" : "")
            print("\(prefix.prefix) \(context.contextID) \(flags.isEmpty ? "-" : flags)")
        }
        print("Commissioning:")
        printCommissioning(data.commissioningData)
    }

    func printPrefixes(_ data: NetworkData, _ isWanted: (RLOC16) -> Bool = { _ in true }) {
        for entry in data.onMeshPrefixes where isWanted(entry.rloc16) {
            let flags = letters(of: entry.flags, isStable: entry.isStable)
            print("\(entry.prefix)\(spaced(flags)) \(text(of: entry.preference)) \(entry.rloc16)")
        }
    }

    func printRoutes(_ data: NetworkData, _ isWanted: (RLOC16) -> Bool = { _ in true }) {
        for route in data.externalRoutes where isWanted(route.rloc16) {
            let flags =
                (route.isStable ? "s" : "") + (route.isNAT64 ? "n" : "") + (route.advertisesPrefix ? "a" : "")
            print("\(route.prefix)\(spaced(flags)) \(text(of: route.preference)) \(route.rloc16)")
        }
    }

    func printServices(_ data: NetworkData, _ isWanted: (RLOC16) -> Bool = { _ in true }) {
        for service in data.meshServices where isWanted(service.rloc16) {
            print(
                "\(service.enterpriseNumber) \(hexadecimal(service.serviceData)) \(hexadecimal(service.serverData))"
                    + "\(service.isStable ? " s" : "") \(service.rloc16) \(service.serviceID)")
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
