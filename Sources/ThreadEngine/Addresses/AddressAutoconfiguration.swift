import EngineCore
import LinkSecurity
import ThreadWire

/// What the interface identifiers of addresses made from prefixes come from.
struct InterfaceIdentifierSecret: Equatable, Sendable {
    /// - Range: 32 bytes
    var key: [UInt8]

    static let byteCount = 32
}

// Addresses from the prefixes of the network data: stateless autoconfiguration.
extension ThreadEngine {
    /// Makes an address of each prefix that allows it, and deprecates those whose prefix is gone.
    /// - Source: OpenThread as observed: recording prefix; RFC 4862 §5.5.3
    mutating func autoconfigureAddresses(now: Instant) {
        let offers = networkDatabase.data.onMeshPrefixes.filter { $0.allowsAutoconfiguration }
        let before = additionalAddresses
        identifierCollisions = identifierCollisions.filter { collision in
            offers.contains { $0.prefix == collision.key }
        }
        deprecateAddresses(without: offers, now: now)
        for offer in offers { addAddress(of: offer, now: now) }
        if additionalAddresses != before { addressesChanged(now: now) }
    }

    private mutating func deprecateAddresses(without offers: [OnMeshPrefix], now: Instant) {
        var rest: [NodeAddress] = []
        for var address in additionalAddresses {
            if address.origin == .autoconfigured, !offers.contains(where: { $0.matches(address) }) {
                switch address.state {
                case .preferred: address.state = .deprecated(until: now + configuration.addressDeprecation)
                case .notPreferred: continue
                case .deprecated: break
                }
            }
            rest.append(address)
        }
        additionalAddresses = rest
    }

    private mutating func addAddress(of offer: OnMeshPrefix, now: Instant) {
        let isPreferred = offer.flags.contains(.preferred)
        if let index = additionalAddresses.firstIndex(where: { $0.origin != .anycast && offer.matches($0) }) {
            // The prefix is back.
            if isPreferred, additionalAddresses[index].deprecatedUntil != nil {
                additionalAddresses[index].state = .preferred
            }
            return
        }
        guard makeRoomForAddress(), let identifier = interfaceIdentifier(for: offer.prefix) else { return }
        additionalAddresses.insert(
            NodeAddress(
                IPv6Address(prefix: offer.prefix, interfaceIdentifier: identifier),
                prefixLength: offer.flags.contains(.onMesh) ? offer.prefix.length : 128, origin: .autoconfigured,
                state: isPreferred ? .preferred : .notPreferred, domainID: offer.domainID), at: 0)
    }

    /// Where there are as many addresses as may be, the one that would go first gives way, if any is to go.
    private mutating func makeRoomForAddress() -> Bool {
        let made = additionalAddresses.filter { $0.origin == .autoconfigured }
        guard made.count >= configuration.autoconfiguredAddressLimit else { return true }
        guard let soonest = made.compactMap({ $0.deprecatedUntil }).min() else { return false }
        additionalAddresses.removeAll { $0.origin == .autoconfigured && $0.deprecatedUntil == soonest }
        return true
    }

    @inline(__always)
    var nextAddressExpiration: Instant? {
        var next: Instant?
        for index in additionalAddresses.indices { next = earlier(next, additionalAddresses[index].deprecatedUntil) }
        return next
    }

    mutating func handleAddressDeadline(now: Instant) {
        guard let next = nextAddressExpiration, next <= now else { return }
        additionalAddresses.removeAll { address in address.deprecatedUntil.map { $0 <= now } ?? false }
        addressesChanged(now: now)
    }

    /// Another node has this address: it is given up, and its prefix makes another.
    mutating func handleDuplicate(_ target: IPv6Address, now: Instant) {
        guard let index = additionalAddresses.firstIndex(where: { $0.address == target && $0.origin != .anycast })
        else { return }
        let address = additionalAddresses.remove(at: index)
        if address.origin == .autoconfigured {
            identifierCollisions[IPv6Prefix(target, length: 64), default: 0] += 1
        }
        addressesChanged(now: now)
        autoconfigureAddresses(now: now)
    }

    // MARK: Interface identifiers

    /// How many identifiers are tried for a prefix.
    /// - Source: RFC 7217 §6, IDGEN_RETRIES
    private static let identifierAttempts: UInt8 = 3

    /// An identifier that is always the same for a prefix, and tells nothing of the node to those who see another.
    /// - Returns: nil when all that were tried are taken.
    /// - Source: RFC 7217 §5, with SHA-256 as F() and without Network_ID
    mutating func interfaceIdentifier(for prefix: IPv6Prefix) -> UInt64? {
        let secret = identifierSecretMade()
        let prefixBytes = [UInt8](prefix.address.bytes[..<8])
        var counter = identifierCollisions[prefix] ?? 0
        let interface: [UInt8] = [0x77, 0x70, 0x61, 0x6e]  // "wpan"
        while counter < Self.identifierAttempts {
            let digest = cryptography.sha256(prefixBytes + interface + [counter] + secret.key)
            let identifier = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            if !Self.isReserved(identifier) { return identifier }
            counter += 1
        }
        return nil
    }

    /// - Source: RFC 5453 §3; RFC 2526 §2; locators as OpenThread takes them
    static func isReserved(_ identifier: UInt64) -> Bool {
        identifier == 0 || identifier >> 16 == 0x0000_00ff_fe00
            || (0xfdff_ffff_ffff_ff80...0xfdff_ffff_ffff_ffff).contains(identifier)
            || (0x0200_5eff_fe00_0000...0x0200_5eff_feff_ffff).contains(identifier)
    }

    /// The secret, made at its first use and kept from then on.
    private mutating func identifierSecretMade() -> InterfaceIdentifierSecret {
        if let known = identifierSecret { return known }
        let fresh = InterfaceIdentifierSecret(key: entropy.secret.bytes(InterfaceIdentifierSecret.byteCount))
        identifierSecret = fresh
        emit(.store(StoredRecord(name: .interfaceIdentifierSecret, value: fresh.key)))
        return fresh
    }

    /// Takes over the secret that the store kept.
    /// - Returns: false when it is none.
    public mutating func restoreInterfaceIdentifierSecret(_ record: StoredRecord) -> Bool {
        guard record.name == .interfaceIdentifierSecret, record.value.count == InterfaceIdentifierSecret.byteCount
        else { return false }
        identifierSecret = InterfaceIdentifierSecret(key: record.value)
        return true
    }
}

extension OnMeshPrefix {
    /// Whether nodes make their own addresses of it. A domain's prefix has ways of its own for that.
    var allowsAutoconfiguration: Bool {
        flags.contains(.slaac) && !flags.contains(.domainPrefix) && prefix.length == 64
    }

    /// Whether an address is of this prefix and its kind.
    func matches(_ address: NodeAddress) -> Bool {
        address.prefixLength == (flags.contains(.onMesh) ? prefix.length : 128) && prefix.contains(address.address)
    }
}
