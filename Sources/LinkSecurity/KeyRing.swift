public import ThreadWire

/// The contexts that seal and open under the keys of one key sequence.
public struct LinkContexts {
    public let keySequence: UInt32
    public let mac: any CCMContext
    public let mle: any CCMContext
}

/// The keys of a network around its current key sequence, derived when first needed and then kept.
///
/// It never holds more than `contextLimit` sequences, whatever peers name.
public struct KeyRing {
    /// The sequence before, the current one, the next, and one that a peer named.
    public static let contextLimit = 4

    /// - Units: 16 bytes
    public let networkKey: [UInt8]
    private let cryptography: any LinkCryptography
    /// Contexts in the order of their last derivation; the oldest is the first to go.
    private var contexts: [LinkContexts] = []

    /// The sequence that this node sends with.
    public private(set) var keySequence: UInt32

    /// - Parameter networkKey: 16 bytes.
    public init(networkKey: [UInt8], keySequence: UInt32, cryptography: any LinkCryptography) {
        precondition(
            networkKey.count == KeySchedule.networkKeyLength, "a network key of \(networkKey.count) bytes")
        self.networkKey = networkKey
        self.keySequence = keySequence
        self.cryptography = cryptography
    }

    /// Goes on to another sequence; keys already derived stay.
    public mutating func setKeySequence(_ keySequence: UInt32) {
        self.keySequence = keySequence
    }

    /// The sequence that a received key identifier names: by index among the current one and its two neighbours, by
    /// source any whose index fits.
    /// - Returns: nil when no key of this ring is meant.
    public func keySequence(for identifier: KeyIdentifier) -> UInt32? {
        switch identifier {
        case .index(let index):
            if KeySchedule.keyIndex(keySequence: keySequence) == index { return keySequence }
            if keySequence > 0, KeySchedule.keyIndex(keySequence: keySequence - 1) == index { return keySequence - 1 }
            if keySequence < .max, KeySchedule.keyIndex(keySequence: keySequence + 1) == index {
                return keySequence + 1
            }
            return nil
        case .source4(let sequence, let index):
            return KeySchedule.keyIndex(keySequence: sequence) == index ? sequence : nil
        case .implicit, .source8:
            return nil
        }
    }

    /// The contexts of a sequence.
    public mutating func contexts(for sequence: UInt32) -> LinkContexts {
        for known in contexts where known.keySequence == sequence { return known }
        let keys = KeySchedule.keys(networkKey: networkKey, keySequence: sequence, cryptography: cryptography)
        let made = LinkContexts(
            keySequence: sequence, mac: cryptography.makeCCM(key: keys.macKey),
            mle: cryptography.makeCCM(key: keys.mleKey))
        if contexts.count >= Self.contextLimit { contexts.remove(at: indexToForget) }
        contexts.append(made)
        return made
    }

    /// A sequence that a peer named goes before those around the current one.
    private var indexToForget: Int {
        for (index, known) in contexts.enumerated() where !isNear(known.keySequence) { return index }
        return 0
    }

    private func isNear(_ sequence: UInt32) -> Bool {
        sequence == keySequence || (keySequence > 0 && sequence == keySequence - 1)
            || (keySequence < .max && sequence == keySequence + 1)
    }
}
