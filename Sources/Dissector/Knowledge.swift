import LinkSecurity
import ThreadWire

/// What a capture tells about its network, from whichever frame: addresses, keys in use, contexts.
struct Knowledge: Equatable {
    /// Every extended address that occurs.
    private(set) var extendedAddresses: [ExtendedAddress] = []
    /// Who had a short address, the latest owner last.
    private(set) var owners: [ShortAddress: [ExtendedAddress]] = [:]
    /// Key sequences that frames name in full.
    private(set) var keySequences: [UInt32] = []
    /// Contexts with the frame that told them, in the order of frames.
    private(set) var contexts: [(frame: Int, context: LowPANContext)] = []
    private(set) var meshLocalPrefix: IPv6Prefix?

    /// More than a real capture holds; so that a hostile one cannot make opening a frame slow.
    private static let limit = 4096

    static func == (left: Self, right: Self) -> Bool {
        left.extendedAddresses == right.extendedAddresses && left.owners == right.owners
            && left.keySequences == right.keySequences && left.meshLocalPrefix == right.meshLocalPrefix
            && left.contexts.map(\.context) == right.contexts.map(\.context)
    }

    mutating func learn(_ address: ExtendedAddress) {
        guard !extendedAddresses.contains(address), extendedAddresses.count < Self.limit else { return }
        extendedAddresses.append(address)
    }

    mutating func learn(_ address: LinkAddress) {
        if case .extended(let address) = address { learn(address) }
    }

    mutating func learn(_ short: ShortAddress, of address: ExtendedAddress) {
        learn(address)
        guard owners[short]?.last != address, owners[short]?.count ?? 0 < Self.limit else { return }
        owners[short, default: []].removeAll { $0 == address }
        owners[short, default: []].append(address)
    }

    mutating func learn(keySequence: UInt32) {
        guard !keySequences.contains(keySequence), keySequences.count < Self.limit else { return }
        keySequences.append(keySequence)
    }

    mutating func learn(meshLocalPrefix prefix: IPv6Prefix) {
        if meshLocalPrefix == nil { meshLocalPrefix = prefix }
    }

    /// Takes the contexts of network data.
    mutating func learn(_ data: NetworkData, frame: Int) {
        for prefix in data.prefixes {
            guard let context = prefix.context else { continue }
            let new = LowPANContext(id: context.contextID, prefix: prefix.prefix)
            let known = contexts.last { $0.frame <= frame && $0.context.id == new.id }
            guard known?.context != new, contexts.count < Self.limit else { continue }
            contexts.insert((frame, new), at: contexts.firstIndex { $0.frame > frame } ?? contexts.count)
        }
    }

    /// The contexts at one frame: those told last before it, or first after it.
    func contexts(at frame: Int, meshLocalPrefix: IPv6Prefix) -> LowPANContextTable {
        var table = LowPANContextTable()
        for (_, context) in contexts.reversed() { table.set(context) }
        for (told, context) in contexts where told <= frame { table.set(context) }
        table.set(LowPANContext(id: 0, prefix: meshLocalPrefix))
        return table
    }

    /// Who may have sent a frame from an address, the likeliest first.
    func senders(from source: LinkAddress) -> [ExtendedAddress] {
        switch source {
        case .extended(let address): return [address]
        case .short(let short):
            let likely = Array((owners[short] ?? []).reversed())
            return likely + extendedAddresses.filter { !likely.contains($0) }
        case .none: return extendedAddresses
        }
    }

    /// The key sequences that an identifier may mean, the likeliest first.
    func keySequences(for identifier: KeyIdentifier) -> [UInt32] {
        switch identifier {
        case .index(let index):
            guard index > 0 else { return [] }
            var sequences: [UInt32] = []
            for known in [UInt32(index) - 1] + keySequences.reversed() {
                for sequence in [known, known &- 1, known &+ 1]
                where KeySchedule.keyIndex(keySequence: sequence) == index && !sequences.contains(sequence) {
                    sequences.append(sequence)
                }
            }
            return sequences
        case .source4(let sequence, let index):
            return KeySchedule.keyIndex(keySequence: sequence) == index ? [sequence] : []
        case .implicit, .source8: return []
        }
    }
}
