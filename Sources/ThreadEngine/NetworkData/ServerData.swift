public import ThreadWire

/// Why something cannot be offered to the network.
public enum ServerDataError: Error, Equatable, Sendable {
    /// A mesh-local prefix, one of no bits, one with a length that its flags do not allow, or a service without data.
    case invalid
    /// No room for more.
    case full
    /// It is not offered.
    case notFound
}

/// What this node offers to the network, whether or not the leader knows yet.
public struct ServerData: Equatable, Sendable {
    /// The elements as they are registered, but without the node's locator.
    public private(set) var data = NetworkData()
    /// - Units: bytes
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The same with the locator that the node has at the moment.
    public func data(at rloc16: RLOC16) -> NetworkData {
        NetworkData(
            tlvs: data.tlvs.map { tlv in
                switch tlv {
                case .prefix(let prefix): .prefix(prefix.located(at: rloc16))
                case .service(let service): .service(service.located(at: rloc16))
                case .commissioningData, .unknown: tlv
                }
            })
    }

    /// Offers a prefix; it replaces whatever was offered of the same prefix.
    mutating func add(_ offer: OnMeshPrefix, meshLocal: IPv6Prefix?) throws(ServerDataError) {
        let prefix = offer.prefix
        guard Self.isValid(prefix, meshLocal), prefix.length > 0 else { throw .invalid }
        // RFC 4862 on IEEE 802.15.4 needs 64 bits, and only one way may lead to addresses (OpenThread as observed).
        guard !offer.flags.contains(.slaac) || (prefix.length == 64 && !offer.flags.contains(.dhcp)) else {
            throw .invalid
        }
        try add(
            .borderRouter(
                isStable: offer.isStable,
                [BorderRouterEntry(rloc16: .unassigned, preference: offer.preference, flags: offer.flags)]),
            to: prefix, isStable: offer.isStable)
    }

    /// Offers a way out of the mesh; it replaces whatever was offered of the same prefix.
    mutating func add(_ offer: ExternalRoute, meshLocal: IPv6Prefix?) throws(ServerDataError) {
        guard Self.isValid(offer.prefix, meshLocal) else { throw .invalid }
        guard !offer.isNAT64 || Self.nat64Lengths.contains(offer.prefix.length) else { throw .invalid }
        try add(
            .hasRoute(
                isStable: offer.isStable,
                [
                    HasRouteEntry(
                        rloc16: .unassigned, preference: offer.preference, isNAT64: offer.isNAT64,
                        advertisesPrefix: offer.advertisesPrefix)
                ]), to: offer.prefix, isStable: offer.isStable)
    }

    /// - Source: RFC 6052 §2.2
    private static let nat64Lengths: [UInt8] = [32, 40, 48, 56, 64, 96]

    private static func isValid(_ prefix: IPv6Prefix, _ meshLocal: IPv6Prefix?) -> Bool {
        guard let meshLocal else { return true }
        return prefix.length < meshLocal.length || !meshLocal.contains(prefix.address)
    }

    private mutating func add(_ entry: PrefixSubTLV, to prefix: IPv6Prefix, isStable: Bool) throws(ServerDataError) {
        var new = data
        if let index = new.prefixIndex(prefix) { new.tlvs.remove(at: index) }
        new.tlvs.append(.prefix(PrefixTLV(isStable: isStable, prefix: prefix, subTLVs: [entry])))
        guard new.byteCount <= limit else { throw .full }
        data = new
    }

    /// Offers a service; it replaces what was offered of the same service.
    mutating func add(_ offer: MeshService) throws(ServerDataError) {
        guard !offer.serviceData.isEmpty, offer.serviceData.count <= 252 else { throw .invalid }
        guard offer.serverData.count <= 248 else { throw .full }
        let service = ServiceTLV(
            isStable: offer.isStable, serviceID: 0, enterpriseNumber: offer.enterpriseNumber,
            serviceData: offer.serviceData,
            subTLVs: [
                .server(ServerTLV(isStable: offer.isStable, rloc16: .unassigned, serverData: offer.serverData))
            ])
        var new = data
        if let index = new.serviceIndex(service) { new.tlvs.remove(at: index) }
        new.tlvs.append(.service(service))
        guard new.byteCount <= limit else { throw .full }
        data = new
    }

    /// Offers nothing of a prefix any more.
    mutating func remove(_ prefix: IPv6Prefix) throws(ServerDataError) {
        guard let index = data.prefixIndex(prefix) else { throw .notFound }
        data.tlvs.remove(at: index)
    }

    mutating func remove(enterpriseNumber: UInt32, serviceData: [UInt8]) throws(ServerDataError) {
        let service = ServiceTLV(
            isStable: false, serviceID: 0, enterpriseNumber: enterpriseNumber, serviceData: serviceData, subTLVs: [])
        guard let index = data.serviceIndex(service) else { throw .notFound }
        data.tlvs.remove(at: index)
    }
}

extension PrefixTLV {
    fileprivate func located(at rloc16: RLOC16) -> PrefixTLV {
        var result = self
        result.subTLVs = subTLVs.map { tlv in
            switch tlv {
            case .hasRoute(let isStable, let entries):
                .hasRoute(
                    isStable: isStable,
                    entries.map { entry in
                        var entry = entry
                        entry.rloc16 = rloc16
                        return entry
                    })
            case .borderRouter(let isStable, let entries):
                .borderRouter(
                    isStable: isStable,
                    entries.map { entry in
                        var entry = entry
                        entry.rloc16 = rloc16
                        return entry
                    })
            case .context, .unknown: tlv
            }
        }
        return result
    }
}

extension ServiceTLV {
    fileprivate func located(at rloc16: RLOC16) -> ServiceTLV {
        var result = self
        result.subTLVs = subTLVs.map { tlv in
            guard case .server(var server) = tlv else { return tlv }
            server.rloc16 = rloc16
            return .server(server)
        }
        return result
    }
}
