import MeshCoreWire

/// The contacts of a node and what goes with each.
struct ContactTable: Sendable {
    /// A contact and what is worked out for it.
    struct Entry: Sendable {
        var contact: MeshCoreContact
        /// What both share; worked out when it is first needed.
        var secret: MeshCoreSecret?
        /// Where the contact was heard last along the path to it; nil when that is not known.
        var link: MeshCoreLinkID?
    }

    private(set) var entries: [Entry] = []
    private var indices: [MeshCorePublicKey: Int] = [:]
    let limit: Int
    let transientLimit: Int

    /// How many contacts are tried for a packet, since many may share the first byte of their keys.
    static let searchLimit = 8

    init(limit: Int, transientLimit: Int) {
        self.limit = max(1, limit)
        self.transientLimit = max(1, transientLimit)
    }

    func index(_ key: MeshCorePublicKey) -> Int? { indices[key] }

    subscript(index: Int) -> Entry {
        get { entries[index] }
        set { entries[index] = newValue }
    }

    /// The contacts whose keys begin with a byte, in the order in which they were added.
    func search(_ hash: UInt8) -> [Int] {
        var found: [Int] = []
        for index in entries.indices where entries[index].contact.key.hash == hash {
            found.append(index)
            if found.count == Self.searchLimit { break }
        }
        return found
    }

    func first(prefix: ArraySlice<UInt8>) -> Int? { entries.firstIndex { $0.contact.key.matches(prefix) } }

    /// How many there are that are stored and listed.
    var count: Int { entries.reduce(0) { $0 + ($1.contact.isTransient ? 0 : 1) } }

    mutating func append(_ contact: MeshCoreContact) {
        indices[contact.key] = entries.count
        entries.append(Entry(contact: contact, secret: nil, link: nil))
    }

    mutating func remove(at index: Int) {
        entries.remove(at: index)
        indices.removeAll(keepingCapacity: true)
        for (index, entry) in entries.enumerated() { indices[entry.contact.key] = index }
    }

    /// The contact that changed longest ago, of those that may give way.
    func oldest(isTransient: Bool) -> Int? {
        entries.indices.filter { index in
            let contact = entries[index].contact
            return contact.isTransient == isTransient && !(contact.isFavourite && !isTransient)
        }.min { entries[$0].contact.lastModified < entries[$1].contact.lastModified }
    }

    /// Forgets what follows from an identity that was replaced.
    mutating func forgetSecrets() {
        for index in entries.indices { entries[index].secret = nil }
    }
}
