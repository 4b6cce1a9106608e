public import ThreadWire

/// An address of this node.
public struct UnicastAddress: Equatable, Sendable {
    /// Who gave the address to the node.
    public enum Origin: Equatable, Sendable {
        /// The Thread protocol: link-local, mesh-local, routing and anycast locators.
        case thread
        /// Stateless autoconfiguration from an on-mesh prefix.
        case slaac
        /// A person or a program.
        case manual
    }

    public var address: IPv6Address
    /// - Range: 0 to 128 bits
    public var prefixLength: UInt8
    /// Whether new conversations may begin from it.
    public var isPreferred: Bool
    /// Whether it may be used at all.
    public var isValid: Bool
    public var origin: Origin

    public init(
        _ address: IPv6Address, prefixLength: UInt8 = 64, isPreferred: Bool = true, isValid: Bool = true,
        origin: Origin = .thread
    ) {
        self.address = address
        self.prefixLength = prefixLength
        self.isPreferred = isPreferred
        self.isValid = isValid
        self.origin = origin
    }
}

/// An IPv6 address and a port.
public struct SocketAddress: Hashable, Sendable {
    public var address: IPv6Address
    public var port: UInt16

    public init(_ address: IPv6Address, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension SocketAddress: CustomStringConvertible {
    public var description: String { "[\(address)]:\(port)" }
}

/// How far an address reaches.
/// - Source: RFC 4007 §5; RFC 7346 §2 for the values; mesh-local addresses as OpenThread observes them
enum Scope {
    static let linkLocal: UInt8 = 2
    static let realmLocal: UInt8 = 3
    static let global: UInt8 = 14
}

/// Which address of its own a node sends from.
struct SourceAddressSelection {
    let addresses: [UnicastAddress]
    let meshLocalPrefix: IPv6Prefix?

    /// Whether an address tells where in the mesh its node is, or which service it offers.
    func isLocator(_ address: IPv6Address) -> Bool {
        address.locator != nil && (meshLocalPrefix?.contains(address) ?? false)
    }

    /// Locators from fc00 on stand for services; nobody sends from one.
    /// - Source: OpenThread as observed
    func isAnycastLocator(_ address: IPv6Address) -> Bool {
        isLocator(address) && (address.locator?.rawValue ?? 0) >= 0xfc00
    }

    /// Whether an address is that of a node's place in the mesh.
    func isRoutingLocator(_ address: IPv6Address) -> Bool { isLocator(address) && !isAnycastLocator(address) }

    private func scope(_ address: IPv6Address) -> UInt8 {
        if let scope = address.multicastScope { return scope }
        if address.isLinkLocalUnicast { return Scope.linkLocal }
        return meshLocalPrefix?.contains(address) ?? false ? Scope.realmLocal : Scope.global
    }

    /// - Returns: nil when the node has no address to send from.
    /// - Source: RFC 6724 §5, rules 1, 2, 3 and 8; then OpenThread as observed: a routing locator for routing locators, any
    ///   other address for all others
    func source(for destination: IPv6Address) -> IPv6Address? {
        var best: UnicastAddress?
        for candidate in addresses where candidate.isValid && !isAnycastLocator(candidate.address) {
            if candidate.address == destination { return destination }
            guard let current = best else {
                best = candidate
                continue
            }
            if isBetter(candidate, than: current, for: destination) { best = candidate }
        }
        return best?.address
    }

    private func isBetter(
        _ candidate: UnicastAddress, than current: UnicastAddress, for destination: IPv6Address
    ) -> Bool {
        let (candidateScope, currentScope) = (scope(candidate.address), scope(current.address))
        let destinationScope = scope(destination)
        if candidateScope < currentScope { return candidateScope >= destinationScope }
        if candidateScope > currentScope { return currentScope < destinationScope }
        if candidate.isPreferred != current.isPreferred { return candidate.isPreferred }
        let candidateMatch = matchLength(candidate, destination)
        let currentMatch = matchLength(current, destination)
        if candidateMatch != currentMatch { return candidateMatch > currentMatch }
        let wantsLocator = isRoutingLocator(destination)
        return isRoutingLocator(candidate.address) == wantsLocator && isRoutingLocator(current.address) != wantsLocator
    }

    /// RFC 6724 §2.2: no more than the candidate's own prefix counts.
    private func matchLength(_ candidate: UnicastAddress, _ destination: IPv6Address) -> Int {
        min(candidate.address.commonPrefixLength(with: destination), Int(candidate.prefixLength))
    }
}
