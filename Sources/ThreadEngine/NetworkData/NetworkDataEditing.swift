import ThreadWire

// How a leader changes the elements of its network data, and what it takes from servers.

extension NetworkData {
    func prefixIndex(_ prefix: IPv6Prefix) -> Int? {
        tlvs.firstIndex { if case .prefix(let tlv) = $0 { tlv.prefix == prefix } else { false } }
    }

    /// The element of the same service: of the same enterprise with the same data.
    func serviceIndex(_ service: ServiceTLV) -> Int? {
        tlvs.firstIndex {
            guard case .service(let tlv) = $0 else { return false }
            return tlv.enterpriseNumber == service.enterpriseNumber && tlv.serviceData == service.serviceData
        }
    }

    /// - Precondition: `prefixIndex` gave the index.
    func prefix(at index: Int) -> PrefixTLV {
        guard case .prefix(let prefix) = tlvs[index] else { preconditionFailure("no prefix at \(index)") }
        return prefix
    }

    /// - Precondition: `serviceIndex` gave the index.
    func service(at index: Int) -> ServiceTLV {
        guard case .service(let service) = tlvs[index] else { preconditionFailure("no service at \(index)") }
        return service
    }

    /// The same without what some servers offer, but with what stands in `kept`.
    func removingServers(except kept: NetworkData, where isGone: (RLOC16) -> Bool) -> NetworkData {
        NetworkData(
            tlvs: tlvs.compactMap { tlv in
                switch tlv {
                case .prefix(let prefix):
                    let keptPrefix = kept.prefixIndex(prefix.prefix).map { kept.prefix(at: $0) }
                    return prefix.removingServers(except: keptPrefix, where: isGone).map { .prefix($0) }
                case .service(let service):
                    let keptService = kept.serviceIndex(service).map { kept.service(at: $0) }
                    return service.removingServers(except: keptService, where: isGone).map { .service($0) }
                case .commissioningData, .unknown: return tlv
                }
            })
    }

    /// Whether a server may register this: nothing twice, nothing of others, nothing empty.
    /// - Source: OpenThread as observed: it ignores other Server Data
    func isValidOffer(of server: RLOC16) -> Bool {
        for (index, tlv) in tlvs.enumerated() {
            switch tlv {
            case .prefix(let prefix):
                guard prefixIndex(prefix.prefix) == index, prefix.isValidOffer(of: server) else { return false }
            case .service(let service):
                guard serviceIndex(service) == index, service.servers.count == 1,
                    service.servers.first?.rloc16 == server
                else { return false }
            case .commissioningData, .unknown: break
            }
        }
        return true
    }
}

extension PrefixTLV {
    /// - Returns: nil when nothing is left.
    fileprivate func removingServers(except kept: PrefixTLV?, where isGone: (RLOC16) -> Bool) -> PrefixTLV? {
        var result = self
        result.subTLVs = subTLVs.compactMap { tlv in
            switch tlv {
            case .hasRoute(let isStable, let entries):
                let rest = entries.filter { !isGone($0.rloc16) || kept?.contains($0, isStable: isStable) == true }
                return rest.isEmpty ? nil : .hasRoute(isStable: isStable, rest)
            case .borderRouter(let isStable, let entries):
                let rest = entries.filter { !isGone($0.rloc16) || kept?.contains($0, isStable: isStable) == true }
                return rest.isEmpty ? nil : .borderRouter(isStable: isStable, rest)
            case .context, .unknown: return tlv
            }
        }
        // Without a border router nobody has addresses of the prefix for long: its number is only to be understood.
        let isOffered = !result.borderRouters.isEmpty
        for index in result.subTLVs.indices {
            if case .context(var context) = result.subTLVs[index] {
                context.isCompressible = isOffered
                result.subTLVs[index] = .context(context)
            }
        }
        result.updateStability()
        return result.subTLVs.isEmpty ? nil : result
    }

    private func contains(_ entry: HasRouteEntry, isStable: Bool) -> Bool {
        subTLVs.contains { $0.isStable == isStable && $0.hasEntry(entry) }
    }

    private func contains(_ entry: BorderRouterEntry, isStable: Bool) -> Bool {
        subTLVs.contains { $0.isStable == isStable && $0.hasEntry(entry) }
    }

    /// An element is stable when anything in it is.
    mutating func updateStability() { isStable = subTLVs.contains { $0.isStable } }

    mutating func insert(_ entry: HasRouteEntry, isStable: Bool) {
        for index in subTLVs.indices {
            guard case .hasRoute(isStable, let entries) = subTLVs[index] else { continue }
            if !entries.contains(entry) { subTLVs[index] = .hasRoute(isStable: isStable, entries + [entry]) }
            return
        }
        subTLVs.append(.hasRoute(isStable: isStable, [entry]))
    }

    mutating func insert(_ entry: BorderRouterEntry, isStable: Bool) {
        for index in subTLVs.indices {
            guard case .borderRouter(isStable, let entries) = subTLVs[index] else { continue }
            if !entries.contains(entry) { subTLVs[index] = .borderRouter(isStable: isStable, entries + [entry]) }
            return
        }
        subTLVs.append(.borderRouter(isStable: isStable, [entry]))
    }

    /// Gives the prefix a number, or takes the one that it has into use.
    mutating func setContext(_ id: UInt8, isStable: Bool) {
        for index in subTLVs.indices {
            guard case .context(var context) = subTLVs[index] else { continue }
            context.isCompressible = true
            context.isStable = context.isStable || isStable
            subTLVs[index] = .context(context)
            return
        }
        subTLVs.append(
            .context(
                ContextTLV(isStable: isStable, contextID: id, isCompressible: true, length: prefix.length)))
    }

    /// At most one entry of a kind and stability, and all of the server.
    fileprivate func isValidOffer(of server: RLOC16) -> Bool {
        var kinds: [(isRoute: Bool, isStable: Bool)] = []
        for tlv in subTLVs {
            let servers: [RLOC16]
            let kind: (isRoute: Bool, isStable: Bool)
            switch tlv {
            case .hasRoute(let isStable, let entries):
                servers = entries.map { $0.rloc16 }
                kind = (true, isStable)
            case .borderRouter(let isStable, let entries):
                servers = entries.map { $0.rloc16 }
                kind = (false, isStable)
            case .context, .unknown: continue
            }
            guard servers == [server], !kinds.contains(where: { $0 == kind }) else { return false }
            kinds.append(kind)
        }
        return !kinds.isEmpty
    }
}

extension PrefixSubTLV {
    fileprivate func hasEntry(_ entry: HasRouteEntry) -> Bool {
        if case .hasRoute(_, let entries) = self { entries.contains(entry) } else { false }
    }

    fileprivate func hasEntry(_ entry: BorderRouterEntry) -> Bool {
        if case .borderRouter(_, let entries) = self { entries.contains(entry) } else { false }
    }
}

extension ServiceTLV {
    /// - Returns: nil when nothing is left.
    fileprivate func removingServers(except kept: ServiceTLV?, where isGone: (RLOC16) -> Bool) -> ServiceTLV? {
        var result = self
        result.subTLVs.removeAll {
            guard case .server(let server) = $0 else { return false }
            return isGone(server.rloc16) && kept?.servers.contains(server) != true
        }
        result.updateStability()
        return result.subTLVs.isEmpty ? nil : result
    }

    mutating func updateStability() { isStable = subTLVs.contains { $0.isStable } }
}
