// What nodes get that do not ask for the whole network data.

extension NetworkData {
    /// The stable elements alone. Nodes are named by anycast or not at all, so that a change of a node's address does
    /// not change what is stable.
    /// - Source: OpenThread as observed: recording cliref, frames 130 and 134
    public var stableSubset: NetworkData {
        NetworkData(
            tlvs: tlvs.compactMap { tlv in
                switch tlv {
                case .prefix(let prefix): prefix.stableSubset.map { .prefix($0) }
                case .service(let service): service.stableSubset.map { .service($0) }
                case .commissioningData, .unknown: tlv.isStable ? tlv : nil
                }
            })
    }
}

extension RLOC16 {
    /// The anycast address of those that a context's prefix is configured by.
    /// - Source: OpenThread as observed
    public static func dhcpAgent(contextID: UInt8) -> RLOC16 { RLOC16(rawValue: 0xfc00 | UInt16(contextID & 0xf)) }

    /// The anycast address of a service's servers.
    /// - Source: OpenThread as observed
    public static func server(serviceID: UInt8) -> RLOC16 { RLOC16(rawValue: 0xfc10 + UInt16(serviceID & 0xf)) }
}

extension PrefixTLV {
    /// nil when nothing of it is stable.
    fileprivate var stableSubset: PrefixTLV? {
        let context = context
        let stable = subTLVs.filter { $0.isStable }.map { tlv -> PrefixSubTLV in
            switch tlv {
            case .borderRouter(let isStable, let entries):
                .borderRouter(
                    isStable: isStable,
                    entries.map { entry in
                        var entry = entry
                        let isConfigured = !entry.flags.isDisjoint(with: [.dhcp, .configure])
                        entry.rloc16 =
                            isConfigured
                            ? context.map { .dhcpAgent(contextID: $0.contextID) } ?? .unassigned : .unassigned
                        return entry
                    })
            case .hasRoute(let isStable, let entries):
                .hasRoute(
                    isStable: isStable,
                    entries.map { entry in
                        var entry = entry
                        entry.rloc16 = .unassigned
                        return entry
                    })
            case .context, .unknown: tlv
            }
        }
        guard !stable.isEmpty else { return nil }
        var result = self
        result.subTLVs = stable
        return result
    }
}

extension ServiceTLV {
    /// nil when nothing of it is stable.
    fileprivate var stableSubset: ServiceTLV? {
        let stable = subTLVs.filter { $0.isStable }.map { tlv -> ServiceSubTLV in
            switch tlv {
            case .server(var server):
                server.rloc16 = .server(serviceID: serviceID)
                return .server(server)
            case .unknown: return tlv
            }
        }
        guard !stable.isEmpty else { return nil }
        var result = self
        result.subTLVs = stable
        return result
    }
}
