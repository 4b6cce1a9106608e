public import EngineCore
public import ThreadWire

/// An address of this node beyond those that follow from the network and its place in it.
public struct NodeAddress: Equatable, Sendable {
    /// Where it comes from.
    public enum Origin: Equatable, Sendable {
        /// A person or a program set it.
        case manual
        /// Made from a prefix of the network data.
        case autoconfigured
        /// Stands for something that this node serves.
        case anycast
    }

    /// How it may be used. An address that is not valid any more is not kept.
    /// - Source: RFC 4862 §5.5.4
    public enum State: Equatable, Sendable {
        case preferred
        /// Its prefix is one that new conversations should not begin from.
        case notPreferred
        /// Its prefix is gone; conversations that use it may end.
        case deprecated(until: Instant)
    }

    public var address: IPv6Address
    /// - Range: 0 to 128 bits; 128 when the prefix is not on the mesh
    public var prefixLength: UInt8
    public var origin: Origin
    public var state: State
    /// The domain of its prefix, for routes as long as it is deprecated.
    var domainID: UInt8

    init(
        _ address: IPv6Address, prefixLength: UInt8 = 64, origin: Origin, state: State = .preferred, domainID: UInt8 = 0
    ) {
        self.address = address
        self.prefixLength = prefixLength
        self.origin = origin
        self.state = state
        self.domainID = domainID
    }

    public var isPreferred: Bool { state == .preferred }

    var deprecatedUntil: Instant? {
        if case .deprecated(let until) = state { until } else { nil }
    }
}

// Which addresses this node has, and which it tells of.
extension ThreadEngine {
    /// Gives this node an address of its own.
    /// - Returns: false when it has as many as it may have.
    public mutating func addAddress(_ address: IPv6Address, now: Instant) -> Bool {
        if let index = additionalAddresses.firstIndex(where: { $0.address == address && $0.origin != .anycast }) {
            additionalAddresses[index].origin = .manual
            additionalAddresses[index].state = .preferred
        } else {
            guard additionalAddresses.count(where: { $0.origin == .manual }) < configuration.manualAddressLimit
            else { return false }
            additionalAddresses.insert(NodeAddress(address, origin: .manual), at: 0)
        }
        addressesChanged(now: now)
        return true
    }

    /// Takes an address away that was given by hand; its prefix may make another.
    /// - Returns: false when there is no such address.
    public mutating func removeAddress(_ address: IPv6Address, now: Instant) -> Bool {
        guard let index = additionalAddresses.firstIndex(where: { $0.address == address && $0.origin == .manual })
        else { return false }
        additionalAddresses.remove(at: index)
        addressesChanged(now: now)
        autoconfigureAddresses(now: now)
        return true
    }

    /// The addresses that this node answers for.
    var ownAddresses: [IPv6Address] {
        var own = [linkLocalAddress]
        for address in additionalAddresses where address.origin != .anycast { own.append(address.address) }
        if let meshLocalEID { own.append(meshLocalEID) }
        return own
    }

    /// The set of addresses is another.
    mutating func addressesChanged(now: Instant) {
        emit(.identityChanged)
        updateRegistration(now: now)
    }
}
