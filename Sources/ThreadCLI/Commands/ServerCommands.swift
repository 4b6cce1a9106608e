import NodeEngine
import ThreadEngine
import ThreadWire

/// What this node offers to the network: prefixes, routes, services. `netdata register` tells the leader.
let serverCommands = [
    Command(
        "prefix",
        [
            "prefix", "prefix meshlocal [PREFIX]", "prefix add PREFIX [padcrosnD] [high|med|low]",
            "prefix remove PREFIX",
        ]
    ) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.printPrefixes(invocation.offered) }
        switch try invocation.arguments.word() {
        case "add":
            let offer = try invocation.onMeshPrefix()
            try invocation.change { node throws(ServerDataError) in try node.addOnMeshPrefix(offer) }
        case "remove": try invocation.removePrefix()
        case "meshlocal":
            guard invocation.arguments.isEmpty else {
                let prefix = try invocation.arguments.prefix()
                guard prefix.length == 64 else { throw .invalidArguments }
                return try invocation.changeDataset { $0.meshLocalPrefix = prefix }
            }
            guard let prefix = invocation.node.thread.network?.meshLocalPrefix else { throw .notFound }
            invocation.print("\(prefix)")
        default: throw .invalidCommand
        }
    },
    Command("route", ["route", "route add PREFIX [sna] [high|med|low]", "route remove PREFIX"]) {
        invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.printRoutes(invocation.offered) }
        switch try invocation.arguments.word() {
        case "add":
            let offer = try invocation.externalRoute()
            try invocation.change { node throws(ServerDataError) in try node.addExternalRoute(offer) }
        case "remove": try invocation.removePrefix()
        default: throw .invalidCommand
        }
    },
    Command(
        "service",
        ["service", "service add ENTERPRISE SERVICEDATA [SERVERDATA]", "service remove ENTERPRISE SERVICEDATA"]
    ) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.printServices(invocation.offered) }
        let verb = try invocation.arguments.word()
        let enterprise = try invocation.arguments.unsigned(UInt32.self)
        let serviceData = try invocation.arguments.bytes(atMost: 252)
        guard !serviceData.isEmpty else { throw .invalidArguments }
        switch verb {
        case "add":
            let serverData =
                invocation.arguments.isEmpty ? [] : try invocation.arguments.bytes(atMost: 248)
            let offer = MeshService(enterpriseNumber: enterprise, serviceData: serviceData, serverData: serverData)
            try invocation.change { node throws(ServerDataError) in try node.addService(offer) }
        case "remove":
            try invocation.change { node throws(ServerDataError) in
                try node.removeService(enterpriseNumber: enterprise, serviceData: serviceData)
            }
        default: throw .invalidCommand
        }
    },
    Command("contextreusedelay", ["contextreusedelay", "contextreusedelay SECONDS"]) {
        invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(UInt32(clamping: node.thread.configuration.contextReuseDelay.wholeSeconds)) {
            node.threadConfiguration.contextReuseDelay = .seconds(Int64($0))
        }
    },
]

extension Invocation {
    /// What this node offers, at the place that it has.
    var offered: NetworkData { node.thread.serverData.data(at: node.thread.rloc16) }

    fileprivate func change(_ body: (NodeEngine) throws(ServerDataError) -> Void) throws(CommandError) {
        do throws(ServerDataError) {
            try body(node)
        } catch {
            switch error {
            case .invalid: throw .invalidArguments
            case .full: throw .noBuffers
            case .notFound: throw .notFound
            }
        }
    }

    fileprivate mutating func removePrefix() throws(CommandError) {
        let prefix = try arguments.prefix()
        try change { node throws(ServerDataError) in try node.removePrefix(prefix) }
    }

    fileprivate mutating func onMeshPrefix() throws(CommandError) -> OnMeshPrefix {
        var offer = OnMeshPrefix(try arguments.prefix(), flags: [], isStable: false)
        while !arguments.isEmpty {
            let word = try arguments.word()
            if let preference = Self.preference(word) {
                offer.preference = preference
                continue
            }
            for letter in word {
                switch letter {
                case "p": offer.flags.insert(.preferred)
                case "a": offer.flags.insert(.slaac)
                case "d": offer.flags.insert(.dhcp)
                case "c": offer.flags.insert(.configure)
                case "r": offer.flags.insert(.defaultRoute)
                case "o": offer.flags.insert(.onMesh)
                case "s": offer.isStable = true
                case "n": offer.flags.insert(.ndDNS)
                case "D": offer.flags.insert(.domainPrefix)
                case "-": break
                default: throw .invalidArguments
                }
            }
        }
        return offer
    }

    fileprivate mutating func externalRoute() throws(CommandError) -> ExternalRoute {
        var offer = ExternalRoute(try arguments.prefix(), isStable: false)
        while !arguments.isEmpty {
            let word = try arguments.word()
            if let preference = Self.preference(word) {
                offer.preference = preference
                continue
            }
            for letter in word {
                switch letter {
                case "s": offer.isStable = true
                case "n": offer.isNAT64 = true
                case "a": offer.advertisesPrefix = true
                case "-": break
                default: throw .invalidArguments
                }
            }
        }
        return offer
    }

    private static func preference(_ word: String) -> RoutePreference? {
        switch word {
        case "high": .high
        case "med": .medium
        case "low": .low
        default: nil
        }
    }
}
