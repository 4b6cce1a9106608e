public import WireCore

/// Which keys this node has sent under and how far, so that no frame counter is ever used twice under one of them.
///
/// Under a key sequence that it has never sent with, counters start at zero. Under any other, where it cannot know how
/// far it came the first time, they start beyond every counter that it has ever used under any key.
public struct KeyUsage: Equatable, Sendable {
    /// Stands for the network key; nil before there was one.
    public private(set) var networkKey: UInt32?
    /// The first key sequence of this network key that was never sent with, nor any after it; nil when that is not
    /// known of any.
    public private(set) var firstUnusedSequence: UInt32?
    /// No counter of this or more was ever used, under any key.
    public private(set) var counterCeiling: UInt32
    /// Stand for the network keys that were used before.
    public private(set) var formerKeys: [UInt32]
    /// Whether more network keys were used than are remembered.
    public private(set) var isForgetful: Bool

    /// How many former network keys are remembered.
    static let formerKeyLimit = 16

    public init() {
        networkKey = nil
        firstUnusedSequence = 0
        counterCeiling = 0
        formerKeys = []
        isForgetful = false
    }

    /// What follows from a record of a time in which nothing of this was written down.
    init(keySequence: UInt32, counterCeiling: UInt32) {
        self.init()
        firstUnusedSequence = keySequence == .max ? nil : keySequence + 1
        self.counterCeiling = counterCeiling
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let flags = try reader.readUInt8("key usage")
        let key = try reader.readUInt32("network key")
        let sequence = try reader.readUInt32("first unused key sequence")
        networkKey = flags & 1 != 0 ? key : nil
        firstUnusedSequence = flags & 2 != 0 ? sequence : nil
        isForgetful = flags & 4 != 0
        counterCeiling = try reader.readUInt32("highest frame counter")
        let count = try reader.readUInt8("former network keys")
        formerKeys = []
        for _ in 0..<count { formerKeys.append(try reader.readUInt32("former network key")) }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(
            (networkKey != nil ? 1 : 0) | (firstUnusedSequence != nil ? 2 : 0) | (isForgetful ? 4 : 0) as UInt8)
        writer.write(networkKey ?? 0)
        writer.write(firstUnusedSequence ?? 0)
        writer.write(counterCeiling)
        writer.write(UInt8(formerKeys.count))
        for key in formerKeys { writer.write(key) }
    }

    // MARK: Use

    /// The first counter to be used under a key sequence of the present network key.
    func firstCounter(of sequence: UInt32) -> UInt32 {
        guard let firstUnusedSequence, sequence >= firstUnusedSequence else { return counterCeiling }
        return 0
    }

    /// Counters below a limit are about to be used under a key sequence.
    mutating func reserve(_ sequence: UInt32, below limit: UInt32) {
        counterCeiling = max(counterCeiling, limit)
        guard let first = firstUnusedSequence, sequence >= first else { return }
        firstUnusedSequence = sequence == .max ? nil : sequence + 1
    }

    /// Takes a network key into use: the first of all, the present one again, or another.
    /// - Returns: false when it is another.
    mutating func use(_ key: UInt32) -> Bool {
        if networkKey == nil { networkKey = key }
        guard networkKey != key else { return true }
        change(to: key)
        return false
    }

    private mutating func change(to key: UInt32) {
        if let former = networkKey, !formerKeys.contains(former) {
            formerKeys.append(former)
            if formerKeys.count > Self.formerKeyLimit {
                formerKeys.removeFirst()
                isForgetful = true
            }
        }
        networkKey = key
        firstUnusedSequence = isForgetful || formerKeys.contains(key) ? nil : 0
    }
}
