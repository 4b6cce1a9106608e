public import EngineCore
import MeshCoreWire

/// What nodes tell of themselves, and how contacts come of it.
extension MeshCoreEngine {
    // MARK: Receiving

    mutating func handleAdvertPacket(_ received: ReceivedPacket, now: Instant) {
        guard let advert = parse(received.packet.payload, MeshCoreAdvert.init(parsing:)) else { return }
        guard advert.key != identity.publicKey else { return drop(.ownAdvert) }
        guard isNew(received) else { return }
        // One with a wrong signature is remembered too, so that it is not verified again.
        guard security.verify(advert) else { return drop(.badSignature) }
        switch configuration.role {
        case .companion: learn(advert, received, now: now)
        case .repeater: noteNeighbour(advert, received, now: now)
        }
        forwardFlood(received, now: now)
    }

    /// Adds or refreshes the contact that an advert is of, by the owner's rules.
    mutating func learn(_ advert: MeshCoreAdvert, _ received: ReceivedPacket, now: Instant) {
        guard let data = parse(advert.applicationData, MeshCoreAdvertData.init(parsing:)), !data.name.isEmpty else {
            return
        }
        var known = contactTable.index(advert.key)
        if let index = known {
            guard advert.timestamp > contactTable[index].contact.lastAdvert else { return drop(.replayedAdvert) }
            if contactTable[index].contact.isTransient {
                contactTable.remove(at: index)
                known = nil
            }
        }
        var contact =
            known.map { contactTable[$0].contact } ?? MeshCoreContact(key: advert.key, type: data.type)
        contact.type = data.type
        contact.name = Array(data.name.prefix(MeshCoreContact.maximumNameLength))
        if let position = data.position { contact.position = position }
        contact.lastAdvert = advert.timestamp
        contact.lastModified = time(now: now)
        noteAdvertPath(contact, received, now: now)

        let index: Int
        if let known {
            contactTable[known].contact = contact
            index = known
        } else {
            guard isAdded(data.type, hops: received.packet.path.count) else { return emit(.advertNotStored(contact)) }
            guard let added = append(contact) else {
                emit(.advertNotStored(contact))
                return emit(.contactsFull)
            }
            index = added
        }
        if received.packet.isZeroHop || received.packet.path.isEmpty {
            contactTable[index].link = received.arrival.link
        }
        // The packet is kept as a flood, so that no transport codes are shared.
        var stored = received.packet
        stored.route = .flood
        adverts[advert.key] = stored.bytes
        outputs.append(.store(MeshCoreRecord(name: .advert(advert.key), value: stored.bytes)))
        store(contactAt: index)
        emit(.advertHeard(contact, isNew: known == nil))
    }

    /// Whether an unknown node of a type, so far away, becomes a contact by itself.
    private func isAdded(_ type: MeshCoreNodeType, hops: Int) -> Bool {
        if parameters.manualAdd & 1 != 0 {
            guard (1...4).contains(type.rawValue), parameters.autoAddFlags & 1 << type.rawValue != 0 else {
                return false
            }
        }
        let limit = Int(parameters.autoAddMaximumHops)
        return limit == 0 || hops < limit
    }

    private mutating func noteAdvertPath(_ contact: MeshCoreContact, _ received: ReceivedPacket, now: Instant) {
        let entry = MeshCoreAdvertPath(
            key: contact.key, name: contact.name, received: time(now: now), path: received.packet.path)
        if let index = advertPaths.firstIndex(where: { $0.key == contact.key }) {
            advertPaths[index] = entry
        } else if advertPaths.count < configuration.advertPathLimit {
            advertPaths.append(entry)
        } else if let oldest = advertPaths.indices.min(by: { advertPaths[$0].received < advertPaths[$1].received }) {
            advertPaths[oldest] = entry
        }
    }

    /// From where the newest advert of a node came.
    /// - Parameter prefix: the first bytes of its key.
    /// - Throws: `.notFound` when none was heard lately.
    public func advertPath(prefix: ArraySlice<UInt8>) throws(MeshCoreError) -> MeshCoreAdvertPath {
        guard let found = advertPaths.first(where: { $0.key.matches(prefix) }) else { throw .notFound }
        return found
    }

    // MARK: Sending

    /// Tells others of this node.
    /// - Parameter isFlood: Whether all shall hear, or neighbours alone.
    /// - Throws: `.queueFull`.
    public mutating func sendAdvert(isFlood: Bool, now: Instant) throws(MeshCoreError) {
        let payload = ownAdvert(now: now)
        if isFlood {
            _ = try sendFlood(.advert, payload, scope: .standard, now: now)
        } else {
            try sendZeroHop(.advert, payload, now: now)
        }
    }

    func ownAdvert(now: Instant) -> [UInt8] {
        serialized(
            security.advert(
                as: identity, timestamp: time(now: now),
                parameters.advertData(type: configuration.role.nodeType)
            ).serialize)
    }

    // MARK: Timers

    /// Sets when a repeater tells of itself next.
    mutating func scheduleAdverts(now: Instant) {
        guard configuration.role == .repeater else { return }
        let minutes = Int64(parameters.advertInterval)
        let hours = Int64(parameters.floodAdvertInterval)
        nextNeighbourAdvert = minutes == 0 ? nil : now + .seconds(60 * minutes)
        nextFloodAdvert = hours == 0 ? nil : now + .seconds(3600 * hours)
    }

    mutating func handleAdvertTimers(now: Instant) {
        if let due = nextNeighbourAdvert, due <= now {
            nextNeighbourAdvert = now + .seconds(60 * Int64(max(1, parameters.advertInterval)))
            trySending { engine throws(MeshCoreError) in try engine.sendAdvert(isFlood: false, now: now) }
        }
        if let due = nextFloodAdvert, due <= now {
            nextFloodAdvert = now + .seconds(3600 * Int64(max(1, parameters.floodAdvertInterval)))
            trySending { engine throws(MeshCoreError) in try engine.sendAdvert(isFlood: true, now: now) }
        }
    }
}
