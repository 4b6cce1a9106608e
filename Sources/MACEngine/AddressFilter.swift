public import EngineCore
public import ThreadWire

/// Whose frames are taken, and how strong they are said to be: OpenThread's `macfilter`.
///
/// A refused frame is still acknowledged, as a radio does before anybody can look at the sender; but an
/// acknowledgement that a refused peer sends does not count either, so that a filter cuts a link both ways.
/// - Source: OpenThread as observed
public struct AddressFilter: Equatable, Sendable {
    public enum Mode: Equatable, Sendable {
        /// Everybody is admitted.
        case disabled
        /// Only listed addresses are admitted.
        case allowlist
        /// All but listed addresses are admitted.
        case denylist
    }

    /// What is said of one address.
    public struct Entry: Equatable, Sendable {
        public let extendedAddress: ExtendedAddress
        /// Whether it is on the list that allows or denies.
        public internal(set) var isListed: Bool
        /// The signal strength that its frames are given; nil leaves them as they were received.
        public internal(set) var rssi: DecibelMilliwatts?
    }

    /// How many addresses can have an entry.
    public let limit: Int
    public var mode = Mode.disabled
    /// In the order in which they came.
    public private(set) var entries: [Entry] = []
    /// The signal strength that all frames are given whose sender has none of its own.
    public var defaultRSSI: DecibelMilliwatts?

    public init(limit: Int = 64) {
        self.limit = limit
    }

    /// Puts an address on the list.
    /// - Returns: false when there is no room.
    public mutating func add(_ address: ExtendedAddress) -> Bool {
        modify(address) { $0.isListed = true }
    }

    /// Takes an address from the list; its signal strength stays.
    public mutating func remove(_ address: ExtendedAddress) {
        guard index(of: address) != nil else { return }
        _ = modify(address) { $0.isListed = false }
        prune()
    }

    public mutating func removeAllAddresses() {
        for index in entries.indices { entries[index].isListed = false }
        prune()
    }

    /// Gives an address a fixed signal strength.
    /// - Returns: false when there is no room.
    public mutating func setRSSI(_ rssi: DecibelMilliwatts, for address: ExtendedAddress) -> Bool {
        modify(address) { $0.rssi = rssi }
    }

    /// Takes an address's fixed signal strength away; its place on the list stays.
    public mutating func removeRSSI(for address: ExtendedAddress) {
        guard index(of: address) != nil else { return }
        _ = modify(address) { $0.rssi = nil }
        prune()
    }

    /// Takes all fixed signal strengths away, the default one as well.
    public mutating func removeAllRSSI() {
        for index in entries.indices { entries[index].rssi = nil }
        defaultRSSI = nil
        prune()
    }

    /// Whether frames of this sender are taken.
    public func admits(_ address: ExtendedAddress) -> Bool {
        switch mode {
        case .disabled: true
        case .allowlist: isListed(address)
        case .denylist: !isListed(address)
        }
    }

    /// The signal strength that frames of this sender are given; nil for the received one.
    public func rssi(for address: ExtendedAddress) -> DecibelMilliwatts? {
        guard let index = index(of: address), let rssi = entries[index].rssi else { return defaultRSSI }
        return rssi
    }

    private func isListed(_ address: ExtendedAddress) -> Bool {
        guard let index = index(of: address) else { return false }
        return entries[index].isListed
    }

    private func index(of address: ExtendedAddress) -> Int? {
        entries.firstIndex { $0.extendedAddress == address }
    }

    private mutating func modify(_ address: ExtendedAddress, _ change: (inout Entry) -> Void) -> Bool {
        if let index = index(of: address) {
            change(&entries[index])
            return true
        }
        guard entries.count < limit else { return false }
        var entry = Entry(extendedAddress: address, isListed: false, rssi: nil)
        change(&entry)
        entries.append(entry)
        return true
    }

    private mutating func prune() {
        entries.removeAll { !$0.isListed && $0.rssi == nil }
    }
}
