public import EngineCore
public import MeshCoreWire

/// Channels: whoever has the key may read and write, under any name.
extension MeshCoreEngine {
    /// How many channels are tried for a packet, since many may share the first byte of their hashes.
    private static let searchLimit = 4

    // MARK: Receiving

    mutating func handleGroupPacket(_ received: ReceivedPacket, now: Instant) {
        guard let payload = parse(received.packet.payload, MeshCoreGroupPayload.init(parsing:)) else { return }
        guard isNew(received) else { return }
        if let (channel, plaintext) = open(payload) {
            deliver(plaintext, on: channel, received)
        } else {
            drop(.unknownChannel)
        }
        forwardFlood(received, now: now)
    }

    private func open(_ payload: MeshCoreGroupPayload) -> (Int, [UInt8])? {
        var tried = 0
        for (index, channel) in channelTable.enumerated() {
            guard let channel, security.channelHash(channel.secret) == payload.channel else { continue }
            if let plaintext = security.open(payload.sealed[...], with: channel.secret) { return (index, plaintext) }
            tried += 1
            if tried == Self.searchLimit { break }
        }
        return nil
    }

    private mutating func deliver(_ plaintext: [UInt8], on channel: Int, _ received: ReceivedPacket) {
        if received.packet.payloadType == .groupText {
            guard let text = parse(plaintext, MeshCoreGroupText.init(parsing:)) else { return }
            emit(.channelMessage(channel: channel, text, received.arrival))
        } else {
            guard let data = parse(plaintext, MeshCoreGroupData.init(parsing:)) else { return }
            emit(.channelData(channel: channel, data, received.arrival))
        }
    }

    // MARK: Sending

    /// Writes on a channel, under this node's name.
    /// - Parameters:
    ///   - timestamp: in seconds since 1970.
    ///   - text: cut so that it fits with the name.
    /// - Throws: `.notFound` for a channel that is not set, `.queueFull`.
    public mutating func sendChannelText(
        channel: Int, timestamp: UInt32, text: [UInt8], now: Instant
    ) throws(MeshCoreError) {
        let secret = try self.channel(channel).secret
        let message = MeshCoreGroupText(timestamp: timestamp, sender: parameters.name, text: text)
        let payload = groupPayload(serialized(message.serialize), secret)
        _ = try sendFlood(.groupText, payload, scope: .chosen, now: now)
    }

    /// Sends data on a channel. Two packets of the same content are duplicates: put a counter in.
    /// - Parameter path: the hops to take; nil to flood.
    /// - Throws: `.notFound` for a channel that is not set, `.queueFull`.
    public mutating func sendChannelData(
        channel: Int, path: MeshCorePath? = nil, _ data: MeshCoreGroupData, now: Instant
    ) throws(MeshCoreError) {
        let payload = groupPayload(serialized(data.serialize), try self.channel(channel).secret)
        if let path {
            _ = try sendDirect(.groupData, payload, path: path, contact: nil, now: now)
        } else {
            _ = try sendFlood(.groupData, payload, scope: .chosen, now: now)
        }
    }

    private func groupPayload(_ plaintext: [UInt8], _ secret: MeshCoreSecret) -> [UInt8] {
        serialized(
            MeshCoreGroupPayload(
                channel: security.channelHash(secret), sealed: security.seal(plaintext, with: secret)
            ).serialize)
    }

    // MARK: Slots

    /// The node's channels, a slot each; nil for one that is not set.
    public var channels: [MeshCoreChannel?] { channelTable }

    /// - Throws: `.notFound` for a slot that is not there or not set.
    public func channel(_ index: Int) throws(MeshCoreError) -> MeshCoreChannel {
        guard channelTable.indices.contains(index), let channel = channelTable[index] else { throw .notFound }
        return channel
    }

    /// Sets a channel's slot, or clears it.
    /// - Throws: `.notFound` for a slot that is not there.
    public mutating func setChannel(_ channel: MeshCoreChannel?, at index: Int) throws(MeshCoreError) {
        guard channelTable.indices.contains(index) else { throw .notFound }
        channelTable[index] = channel
        outputs.append(.store(MeshCoreRecord(name: .channel(index), value: channel?.stored ?? [])))
    }
}
