public import EngineCore
public import MeshCoreWire

extension MeshCoreEngine {
    // MARK: Trace

    /// The priority of traces: behind all that carries something.
    private static let tracePriority: UInt8 = 5

    /// A trace that is finished is reported; one whose next hop is this node goes on with how well it was heard.
    mutating func handleTrace(_ received: ReceivedPacket, now: Instant) {
        guard received.packet.path.hashSize == 1 else { return drop(.malformedPacket) }
        guard let trace = parse(received.packet.payload, MeshCoreTrace.init(parsing:)) else { return }
        let done = received.packet.path.count
        if trace.isFinished(after: done) {
            let hops = received.packet.path.bytes.map { Int8(bitPattern: $0) }
            return emit(.trace(trace, hopSNRQuarters: hops, received.arrival))
        }
        guard let hash = trace.hash(after: done), identity.publicKey.matches(hash) else {
            return drop(.notForThisNode)
        }
        var chosen = forwardingLinks(received, now: now)
        if repeats, !chosen.contains(received.linkIndex) { chosen.append(received.linkIndex) }
        guard !chosen.isEmpty else { return drop(.forwardingOff) }
        guard isNew(received) else { return }
        var forwarded = received.packet
        guard forwarded.path.append(byte: UInt8(bitPattern: received.arrival.snrQuarters)) else {
            return drop(.pathFull)
        }
        queueForwarded(
            forwarded, priority: Self.tracePriority, delay: directDelay(forwarded), on: chosen, now: now)
    }

    /// Measures the hops of a route.
    /// - Throws: `.illegalArgument` for a route of no whole hashes, or of more than 64; `.tooLong`, `.queueFull`.
    public mutating func sendTrace(_ trace: MeshCoreTrace, now: Instant) throws(MeshCoreError) -> MeshCoreSent {
        guard trace.route.count % trace.hashSize == 0, trace.route.count / trace.hashSize <= MeshCoreLimits.path else {
            throw .illegalArgument
        }
        guard trace.byteCount <= MeshCoreLimits.payload else { throw .tooLong }
        let payload = serialized(trace.serialize)
        _ = try sendDirect(.trace, payload, path: .zeroHop, contact: nil, now: now)
        let timeout = directTimeout(byteCount: payload.count + 2, hops: trace.route.count / trace.hashSize)
        return MeshCoreSent(isFlood: false, tag: tagBytes(trace.tag), timeout: timeout)
    }

    // MARK: Control

    mutating func handleControl(_ received: ReceivedPacket, now: Instant) {
        guard received.packet.path.isEmpty else { return drop(.notForThisNode) }
        emit(.control(received.packet.payload, path: received.packet.path, received.arrival))
        if configuration.role == .repeater { answerDiscovery(received, now: now) }
    }

    /// Sends a control packet to neighbours.
    /// - Throws: `.illegalArgument` when the highest bit of the first byte is not set, `.tooLong`, `.queueFull`.
    public mutating func sendControl(_ payload: [UInt8], now: Instant) throws(MeshCoreError) {
        guard let first = payload.first, first & 0x80 != 0 else { throw .illegalArgument }
        guard payload.count <= MeshCoreLimits.payload else { throw .tooLong }
        try sendZeroHop(.control, payload, now: now)
    }

    // MARK: Data and packets of an application's own

    /// Sends data along a path.
    /// - Throws: `.illegalArgument` for no data, `.tooLong`, `.queueFull`.
    public mutating func sendRawData(
        path: MeshCorePath, payload: [UInt8], now: Instant
    ) throws(MeshCoreError) {
        guard !payload.isEmpty else { throw .illegalArgument }
        guard payload.count <= MeshCoreLimits.payload else { throw .tooLong }
        _ = try sendDirect(.rawCustom, payload, path: path, contact: nil, now: now)
    }

    /// Sends a packet as it is. It is not remembered, so that it is handled if it comes back.
    /// - Throws: `.illegalArgument` when the bytes are no packet, `.queueFull`.
    public mutating func sendRawPacket(_ bytes: [UInt8], priority: UInt8, now: Instant) throws(MeshCoreError) {
        guard let packet = try? MeshCorePacket(bytes, form: .stored) else { throw .illegalArgument }
        let queued = QueuedPacket(
            packet: packet, destination: packet.route.isFlood ? .everybody : destination(packet), priority: priority,
            due: now)
        guard enqueue(queued, on: Array(links.indices)) else { throw .queueFull }
        pumpLinks(now: now)
    }
}
