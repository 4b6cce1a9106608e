import ThreadWire

/// Puts the fragments of datagrams together again.
struct Reassembly {
    /// What the fragments of one datagram on one hop have in common.
    struct Key: Hashable {
        var frameSource: LinkAddress
        var frameDestination: LinkAddress
        var source: LinkAddress
        var destination: LinkAddress
        var size: UInt16
        var tag: UInt16
    }

    private struct Datagram {
        var bytes: [UInt8]
        var isFilled: [Bool]
    }

    private var datagrams: [Key: Datagram] = [:]
    private var order: [Key] = []
    /// How many datagrams are kept while fragments are missing.
    private static let limit = 256

    /// Takes a fragment.
    /// - Returns: the whole datagram once nothing is missing any more.
    mutating func add(_ bytes: [UInt8], at position: Int, of key: Key) -> [UInt8]? {
        let size = Int(key.size)
        guard position + bytes.count <= size, !bytes.isEmpty else { return nil }
        if datagrams[key] == nil {
            if order.count >= Self.limit { datagrams[order.removeFirst()] = nil }
            datagrams[key] = Datagram(
                bytes: [UInt8](repeating: 0, count: size), isFilled: [Bool](repeating: false, count: size))
            order.append(key)
        }
        for (offset, byte) in bytes.enumerated() {
            datagrams[key]?.bytes[position + offset] = byte
            datagrams[key]?.isFilled[position + offset] = true
        }
        guard let datagram = datagrams[key], datagram.isFilled.allSatisfy({ $0 }) else { return nil }
        datagrams[key] = nil
        order.removeAll { $0 == key }
        return datagram.bytes
    }
}
