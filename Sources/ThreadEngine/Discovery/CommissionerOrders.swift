public import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

/// A search for a PAN id that a commissioner asked for.
struct PANIDQuery: Equatable, Sendable {
    enum State: Equatable, Sendable {
        case waiting(until: Instant)
        case scanning
    }

    var commissioner: IPv6Address
    var panID: PANID
    var channels: [UInt8]
    var state: State
    /// Channels on which somebody else uses the id.
    var conflicts: [UInt8] = []

    var deadline: Instant? { if case .waiting(let until) = state { until } else { nil } }
}

// What a commissioner may ask of a node: to announce the network, and to look whether a PAN id is in use.
//
// - Source: OpenThread as observed
extension ThreadEngine {
    /// How long a node waits before it looks, so that the acknowledgement gets through.
    private static let panIDQueryDelay = Duration.seconds(1)

    /// Takes an order of a commissioner.
    /// - Returns: false when the message is about something else.
    mutating func handleCommissionerOrders(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError) -> Bool
    {
        switch message.uriPath {
        case TMFPath.announceBegin: try handleAnnounceBegin(message, datagram, now: now)
        case TMFPath.panIDQuery: try handlePANIDQuery(message, datagram, now: now)
        default: return false
        }
        return true
    }

    private mutating func handleAnnounceBegin(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        let tlvs = try Self.orders(message)
        guard let channels = tlvs.channels, let count = tlvs.number(.count, byteCount: 1),
            let period = tlvs.number(.period, byteCount: 2)
        else { return drop(.malformedTMF) }
        startAnnouncing(on: channels, rounds: Int(count), period: .milliseconds(Int64(period)), now: now)
        acknowledge(message, payload: [], to: datagram, now: now)
    }

    private mutating func handlePANIDQuery(_ message: CoAPMessage, _ datagram: IncomingDatagram, now: Instant)
        throws(ParseError)
    {
        let tlvs = try Self.orders(message)
        var panID: PANID?
        for case .panID(let id) in tlvs { panID = id }
        guard let channels = tlvs.channels, let panID else { return drop(.malformedTMF) }
        // The newest order counts; a search under way is not begun anew.
        if panIDQuery?.state != .scanning {
            panIDQuery = PANIDQuery(
                commissioner: datagram.source, panID: panID, channels: channels,
                state: .waiting(until: now + Self.panIDQueryDelay))
        }
        acknowledge(message, payload: [], to: datagram, now: now)
    }

    private static func orders(_ message: CoAPMessage) throws(ParseError) -> [MeshCoPTLV] {
        var reader = ByteReader(message.payload)
        return try [MeshCoPTLV](parsing: &reader)
    }

    mutating func handlePANIDQueryDeadline(now: Instant) {
        guard let query = panIDQuery, let deadline = query.deadline, deadline <= now else { return }
        panIDQuery?.state = .scanning
        emit(.scanForPANID(channels: query.channels))
    }

    /// A beacon was heard in the search.
    public mutating func notePAN(_ panID: PANID, on channel: UInt8) {
        guard let query = panIDQuery, query.panID == panID, !query.conflicts.contains(channel) else { return }
        panIDQuery?.conflicts.append(channel)
    }

    /// The search is over, or could not be begun.
    public mutating func endPANScan(now: Instant) {
        guard let query = panIDQuery, query.state == .scanning else { return }
        panIDQuery = nil
        guard !query.conflicts.isEmpty, role.isAttached else { return }
        let tlvs: [MeshCoPTLV] = [
            .channelMask(ChannelMask(channelNumbers: query.conflicts)), .panID(query.panID),
        ]
        var writer = ByteWriter()
        tlvs.serialize(into: &writer)
        _ = request(
            TMFPath.panIDConflict, payload: writer.bytes, to: query.commissioner, purpose: .panIDConflict, now: now)
    }
}

extension [MeshCoPTLV] {
    /// The channels of the first mask that are in use on 2.4 GHz; nil without a mask.
    fileprivate var channels: [UInt8]? {
        for case .channelMask(let mask) in self { return mask.channelNumbers }
        return nil
    }

    fileprivate func number(_ type: MeshCoPTLVType, byteCount: Int) -> UInt64? {
        for case .unknown(type, let value) in self where value.count == byteCount {
            return value.reduce(0) { $0 << 8 | UInt64($1) }
        }
        return nil
    }
}
