import MeshCoreWire

/// The packets that were handled lately, the oldest giving way.
struct DuplicateTable: Sendable {
    private var hashes: [MeshCorePacketHash?]
    private var next = 0

    init(limit: Int) { hashes = [MeshCorePacketHash?](repeating: nil, count: max(1, limit)) }

    func contains(_ hash: MeshCorePacketHash) -> Bool { hashes.contains(hash) }

    mutating func insert(_ hash: MeshCorePacketHash) {
        hashes[next] = hash
        next = (next + 1) % hashes.count
    }

    /// Forgets a packet, so that it is handled once more.
    mutating func remove(_ hash: MeshCorePacketHash) {
        for index in hashes.indices where hashes[index] == hash { hashes[index] = nil }
    }
}

/// On which links the neighbours were heard whose keys begin with given bytes, so that a packet along a path goes out
/// only where its next hop is.
struct HopTable: Sendable {
    private struct Entry {
        let hash: [UInt8]
        var links: [MeshCoreLinkID]
        var used: UInt64
    }

    private var entries: [Entry] = []
    private var uses: UInt64 = 0
    private let limit: Int

    init(limit: Int) { self.limit = max(1, limit) }

    /// The links on which a node of that hash was heard; empty when it is unknown.
    func links(of hash: ArraySlice<UInt8>) -> [MeshCoreLinkID] {
        entries.first { $0.hash.elementsEqual(hash) }?.links ?? []
    }

    mutating func note(_ hash: ArraySlice<UInt8>, on link: MeshCoreLinkID) {
        uses += 1
        if let index = entries.firstIndex(where: { $0.hash.elementsEqual(hash) }) {
            entries[index].used = uses
            if !entries[index].links.contains(link) { entries[index].links.append(link) }
            return
        }
        let entry = Entry(hash: Array(hash), links: [link], used: uses)
        guard entries.count >= limit, let oldest = entries.indices.min(by: { entries[$0].used < entries[$1].used })
        else {
            entries.append(entry)
            return
        }
        entries[oldest] = entry
    }
}
