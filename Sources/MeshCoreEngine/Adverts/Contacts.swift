public import EngineCore
public import MeshCoreWire

extension MeshCoreEngine {
    /// The contacts, in the order in which they were added; without those that are known only for an exchange.
    public var contacts: [MeshCoreContact] {
        contactTable.entries.compactMap { $0.contact.isTransient ? nil : $0.contact }
    }

    public var contactCount: Int { contactTable.count }

    public func contact(_ key: MeshCorePublicKey) -> MeshCoreContact? {
        contactTable.index(key).map { contactTable[$0].contact }
    }

    /// The first contact whose key begins so.
    public func contact(prefix: ArraySlice<UInt8>) -> MeshCoreContact? {
        contactTable.first(prefix: prefix).map { contactTable[$0].contact }
    }

    /// Adds a contact, or replaces all that is known of it. One of unknown type is remembered for an exchange only.
    /// - Throws: `.contactsFull` when there is no room and none may give way.
    public mutating func setContact(_ contact: MeshCoreContact) throws(MeshCoreError) {
        if let index = contactTable.index(contact.key) {
            // One that turns transient, or stops to be, has to find room among its like.
            if contactTable[index].contact.isTransient == contact.isTransient {
                contactTable[index].contact = contact
                return store(contactAt: index)
            }
            guard hasRoom(for: contact) else { throw .contactsFull }
            remove(at: index)
        }
        guard let index = append(contact) else { throw .contactsFull }
        store(contactAt: index)
    }

    private func hasRoom(for contact: MeshCoreContact) -> Bool {
        contact.isTransient || contactTable.count < contactTable.limit || letsOldestGiveWay
    }

    private var letsOldestGiveWay: Bool { parameters.autoAddFlags & 1 != 0 }

    /// Adds a contact, if need be in the place of the oldest that may give way.
    /// - Returns: nil when there is no room.
    mutating func append(_ contact: MeshCoreContact) -> Int? {
        if contact.isTransient {
            let count = contactTable.entries.count - contactTable.count
            if count >= contactTable.transientLimit {
                guard let oldest = contactTable.oldest(isTransient: true) else { return nil }
                contactTable.remove(at: oldest)
            }
        } else if contactTable.count >= contactTable.limit {
            guard letsOldestGiveWay, let oldest = contactTable.oldest(isTransient: false) else { return nil }
            let key = contactTable[oldest].contact.key
            remove(at: oldest)
            emit(.contactDeleted(key))
        }
        contactTable.append(contact)
        return contactTable.index(contact.key)
    }

    /// Forgets a contact and its advert.
    /// - Throws: `.notFound`.
    public mutating func removeContact(_ key: MeshCorePublicKey) throws(MeshCoreError) {
        guard let index = contactTable.index(key) else { throw .notFound }
        remove(at: index)
    }

    private mutating func remove(at index: Int) {
        let contact = contactTable[index].contact
        contactTable.remove(at: index)
        guard !contact.isTransient else { return }
        outputs.append(.store(MeshCoreRecord(name: .contact(contact.key), value: nil)))
        if adverts.removeValue(forKey: contact.key) != nil {
            outputs.append(.store(MeshCoreRecord(name: .advert(contact.key), value: nil)))
        }
    }

    /// Forgets the way to a contact, so that the next packet to it floods.
    /// - Throws: `.notFound`.
    public mutating func resetPath(_ key: MeshCorePublicKey) throws(MeshCoreError) {
        guard let index = contactTable.index(key) else { throw .notFound }
        contactTable[index].contact.outPath = nil
        store(contactAt: index)
    }

    mutating func store(contactAt index: Int) {
        let contact = contactTable[index].contact
        guard !contact.isTransient else { return }
        outputs.append(.store(MeshCoreRecord(name: .contact(contact.key), value: contact.stored)))
    }

    // MARK: Handing contacts on

    /// Sends a contact's newest advert once more, to neighbours alone.
    /// - Throws: `.notFound` for an unknown contact, `.noStoredAdvert`, `.queueFull`.
    public mutating func shareContact(_ key: MeshCorePublicKey, now: Instant) throws(MeshCoreError) {
        guard contactTable.index(key) != nil else { throw .notFound }
        guard let bytes = adverts[key], let packet = try? MeshCorePacket(bytes, form: .stored) else {
            throw .noStoredAdvert
        }
        try sendZeroHop(.advert, packet.payload, codes: .nowhere, now: now)
    }

    /// A contact's newest advert, as a packet that others import.
    /// - Throws: `.notFound` for an unknown contact or one without advert.
    public func exportContact(_ key: MeshCorePublicKey) throws(MeshCoreError) -> [UInt8] {
        guard contactTable.index(key) != nil, let bytes = adverts[key] else { throw .notFound }
        return bytes
    }

    /// This node's own advert, as a packet that others import.
    public func exportSelf(now: Instant) -> [UInt8] {
        MeshCorePacket(route: .flood, payloadType: .advert, payload: ownAdvert(now: now)).bytes
    }

    /// Takes an exported advert as if it had been heard: signature, age and the owner's rules count.
    /// - Throws: `.illegalArgument` when the bytes are no packet with an advert.
    public mutating func importContact(_ bytes: [UInt8], now: Instant) throws(MeshCoreError) {
        guard var packet = try? MeshCorePacket(bytes, form: .stored), packet.payloadType == .advert else {
            throw .illegalArgument
        }
        packet.route = .flood
        let hash = security.packetHash(packet)
        duplicates.remove(hash)
        guard let advert = parse(packet.payload, MeshCoreAdvert.init(parsing:)) else { throw .illegalArgument }
        guard advert.key != identity.publicKey else { return drop(.ownAdvert) }
        duplicates.insert(hash)
        guard security.verify(advert) else { return drop(.badSignature) }
        let link = links.first?.link.id ?? MeshCoreLinkID(rawValue: 0)
        let arrival = MeshCoreArrival(link: link, snrQuarters: 0, rssi: 0, floodPath: packet.path)
        learn(advert, ReceivedPacket(packet: packet, linkIndex: 0, arrival: arrival, hash: hash), now: now)
        contactTable.index(advert.key).map { contactTable[$0].link = nil }
    }
}
