import EngineCore
import ThreadWire

// The leader's part: what servers register and take back, and the numbers of contexts and services.
extension NetworkDatabase {
    /// The numbers of compression contexts; 0 is the mesh-local prefix's.
    private static let contextIDs: ClosedRange<UInt8> = 1...15
    private static let serviceIDs: ClosedRange<UInt8> = 0...15

    /// Why something was not taken in.
    enum Refusal: Equatable, Sendable {
        /// Names another server, holds something twice, or an element without any entry.
        case invalid
        /// Would make the network data longer than they may be.
        case full
        /// All numbers of contexts or services are taken.
        case numbersExhausted
    }

    /// Replaces all that a server offers.
    ///
    /// What it goes on offering stays where it stands. When there is no room for all, what came first is in.
    /// - Parameter reuseDelay: for how long the number of a prefix without a border router stays the prefix's.
    /// - Source: OpenThread as observed: recordings prefix and cliref, Server Data and the Data Responses behind
    mutating func register(
        _ offer: NetworkData, from server: RLOC16, reuseDelay: Duration, now: Instant
    ) -> (change: Change, refusal: Refusal?) {
        guard offer.isValidOffer(of: server) else { return (.none, .invalid) }
        var new = data.removingServers(except: offer) { $0 == server }
        var refusal: Refusal?
        for tlv in offer.tlvs {
            switch tlv {
            case .prefix(let prefix): refusal = Self.add(prefix, to: &new)
            case .service(let service): refusal = Self.add(service, to: &new)
            case .commissioningData, .unknown: break
            }
            if refusal != nil { break }
        }
        return (adopt(new, reuseDelay: reuseDelay, now: now), refusal)
    }

    /// Takes out all that some servers offer.
    mutating func removeServers(
        reuseDelay: Duration, now: Instant, where isGone: (RLOC16) -> Bool
    ) -> Change {
        adopt(data.removingServers(except: NetworkData(), where: isGone), reuseDelay: reuseDelay, now: now)
    }

    private mutating func adopt(_ new: NetworkData, reuseDelay: Duration, now: Instant) -> Change {
        let change = replace(with: new)
        scheduleContexts(reuseDelay: reuseDelay, now: now)
        return change
    }

    // MARK: Contexts

    /// Numbers of prefixes that nobody offers are kept for a while, so that they mean nothing else as long as frames
    /// that were compressed with them may be about.
    mutating func scheduleContexts(reuseDelay: Duration, now: Instant) {
        var expirations: [UInt8: Instant] = [:]
        for context in contexts where !context.isCompressible {
            expirations[context.id] = contextExpirations[context.id] ?? now + reuseDelay
        }
        contextExpirations = expirations
    }

    var nextContextExpiration: Instant? { contextExpirations.values.min() }

    /// Gives up numbers whose time is over.
    mutating func removeExpiredContexts(now: Instant) -> Change {
        let expired = contextExpirations.filter { $0.value <= now }
        guard !expired.isEmpty else { return .none }
        var new = NetworkData()
        for tlv in data.tlvs {
            guard case .prefix(var prefix) = tlv else {
                new.tlvs.append(tlv)
                continue
            }
            prefix.subTLVs.removeAll {
                if case .context(let context) = $0 { expired[context.contextID] != nil } else { false }
            }
            guard !prefix.subTLVs.isEmpty else { continue }
            prefix.updateStability()
            new.tlvs.append(.prefix(prefix))
        }
        for id in expired.keys { contextExpirations[id] = nil }
        return replace(with: new)
    }

    // MARK: Commissioning

    /// Replaces what tells who lets nodes in.
    /// - Returns: nil when there is no room for it.
    mutating func setCommissioningData(_ new: CommissioningDataTLV) -> Change? {
        var changed = data
        changed.tlvs.removeAll { $0.type == .commissioningData }
        changed.tlvs.append(.commissioningData(new))
        guard changed.byteCount <= NetworkData.maximumLength else { return nil }
        return replace(with: changed)
    }

    // MARK: Adding

    private static func add(_ offered: PrefixTLV, to data: inout NetworkData) -> Refusal? {
        var index = data.prefixIndex(offered.prefix)
        for tlv in offered.subTLVs {
            var prefix =
                index.map { data.prefix(at: $0) }
                ?? PrefixTLV(isStable: false, domainID: offered.domainID, prefix: offered.prefix, subTLVs: [])
            switch tlv {
            case .hasRoute(let isStable, let entries):
                for entry in entries { prefix.insert(entry, isStable: isStable) }
            case .borderRouter(let isStable, let entries):
                let contextID =
                    prefix.context?.contextID
                    ?? contextIDs.first { id in
                        !data.prefixes.contains { $0.context?.contextID == id }
                    }
                guard let contextID else { return .numbersExhausted }
                for entry in entries { prefix.insert(entry, isStable: isStable) }
                prefix.setContext(contextID, isStable: isStable)
            case .context, .unknown: continue
            }
            prefix.updateStability()
            var new = data
            if let index { new.tlvs[index] = .prefix(prefix) } else { new.tlvs.append(.prefix(prefix)) }
            guard new.byteCount <= NetworkData.maximumLength else { return .full }
            data = new
            index = index ?? new.tlvs.count - 1
        }
        return nil
    }

    private static func add(_ offered: ServiceTLV, to data: inout NetworkData) -> Refusal? {
        guard let server = offered.servers.first else { return .invalid }
        let index = data.serviceIndex(offered)
        var service: ServiceTLV
        if let index {
            service = data.service(at: index)
        } else {
            let free = serviceIDs.first { id in !data.services.contains { $0.serviceID == id } }
            guard let free else { return .numbersExhausted }
            service = ServiceTLV(
                isStable: false, serviceID: free, enterpriseNumber: offered.enterpriseNumber,
                serviceData: offered.serviceData, subTLVs: [])
        }
        guard !service.servers.contains(server) else { return nil }
        service.subTLVs.append(.server(server))
        service.updateStability()
        var new = data
        if let index { new.tlvs[index] = .service(service) } else { new.tlvs.append(.service(service)) }
        guard new.byteCount <= NetworkData.maximumLength else { return .full }
        data = new
        return nil
    }
}
