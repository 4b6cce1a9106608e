/// A prefix that the nodes of a network agree upon, so that addresses can be sent without it.
/// - Source: RFC 6282 §3.1.2
public struct LowPANContext: Equatable, Sendable {
    /// - Range: 0 to 15; 0 is the mesh-local prefix in a Thread network
    public let id: UInt8
    public let prefix: IPv6Prefix
    /// Whether it may be used to compress; it is always used to expand what others compressed.
    public let isCompressible: Bool

    /// - Precondition: `id` is at most 15.
    public init(id: UInt8, prefix: IPv6Prefix, isCompressible: Bool = true) {
        precondition(id <= 15, "a context with the number \(id)")
        self.id = id
        self.prefix = prefix
        self.isCompressible = isCompressible
    }

    /// The address that an interface identifier stands for in this context.
    ///
    /// The prefix wins where it is longer than 64 bits; bits between a shorter one and the identifier are zero.
    /// - Source: RFC 6282 §3.1.1
    func address(interfaceIdentifier: UInt64) -> IPv6Address {
        let covered = Int(prefix.length) - 64
        let mask: UInt64 = covered <= 0 ? .max : covered >= 64 ? 0 : .max >> UInt64(covered)
        return IPv6Address(high: prefix.address.high, low: prefix.address.low | interfaceIdentifier & mask)
    }
}

/// The contexts of a network, at most sixteen.
public struct LowPANContextTable: Equatable, Sendable {
    private var contexts: [LowPANContext] = []

    public init() {}

    /// A later context replaces an earlier one with the same number.
    public init(_ contexts: [LowPANContext]) {
        for context in contexts { set(context) }
    }

    /// In the order of their numbers.
    public var all: [LowPANContext] { contexts }

    /// The context with a number; nil when there is none.
    public subscript(id: UInt8) -> LowPANContext? {
        contexts.first { $0.id == id }
    }

    /// Adds a context, or replaces the one with the same number.
    public mutating func set(_ context: LowPANContext) {
        contexts.removeAll { $0.id == context.id }
        contexts.insert(context, at: contexts.firstIndex { $0.id > context.id } ?? contexts.count)
    }

    public mutating func remove(_ id: UInt8) {
        contexts.removeAll { $0.id == id }
    }

    /// The context whose prefix matches an address best, if it may be used to compress.
    func compressible(for address: IPv6Address) -> LowPANContext? {
        var best: LowPANContext?
        for context in contexts where context.prefix.contains(address) {
            if best.map({ context.prefix.length > $0.prefix.length }) ?? true { best = context }
        }
        return best.flatMap { $0.isCompressible ? $0 : nil }
    }
}
