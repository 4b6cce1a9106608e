public import EngineCore
public import LinkProfiles
public import ThreadWire
import WireCore

/// Turns IPv6 datagrams into link payloads and back: header compression, fragments, mesh headers.
///
/// Who is a neighbour and who is reached over others is for its owner to know; so are MAC headers and security.
/// Fragments that pass through a router are not reassembled there: each is sent on as it came.
/// - Source: RFC 4944, RFC 6282
public struct LowPANEngine: Sendable {
    /// What may be tuned.
    public struct Configuration: Equatable, Sendable {
        /// How many datagrams may be in reassembly at once.
        /// - Range: 1 and more
        public var reassemblyLimit = 8
        /// How much memory their buffers may take together.
        /// - Units: bytes
        /// - Range: `datagramLimit` and more
        public var reassemblyBytes = 8 * 1280
        /// The largest datagram that is sent or accepted.
        /// - Units: bytes
        /// - Range: 1280 (RFC 8200 §5) to 2047 (RFC 4944 §5.3)
        public var datagramLimit = 1280

        public init() {}
    }

    public let configuration: Configuration
    /// The contexts of the network; the owner keeps them up to date.
    public var contexts = LowPANContextTable()
    /// The link addresses that the node takes frames with a mesh header in for, others are to be forwarded: its own, and
    /// those of children that know no mesh headers.
    public var ownAddresses: [LinkAddress] = []
    /// What was discarded, by reason.
    public private(set) var drops = DropCounters()
    private var reassembly: ReassemblyTable
    private var nextTag: UInt16
    /// The last datagram that was put together. Its memory serves the next one, unless somebody still holds it.
    private var lastDatagram: [UInt8] = []

    /// - Parameter firstTag: the tag of the first fragmented datagram; at random, so that a restarted node's fragments
    ///   are not taken for those from before.
    public init(configuration: Configuration = Configuration(), profile: LinkProfile, firstTag: UInt16 = 1) {
        self.configuration = configuration
        reassembly = ReassemblyTable(
            limit: configuration.reassemblyLimit, byteLimit: configuration.reassemblyBytes,
            timeout: profile.reassemblyTimeout)
        nextTag = firstTag
    }

    // MARK: - Down

    /// Compresses a datagram, and splits it into fragments when it does not fit into one frame.
    ///
    /// With a mesh header its two addresses are those that compression relies upon, as they are the ones that the
    /// final receiver knows (RFC 4944 §11).
    /// - Parameters:
    ///   - source: the MAC header's source address.
    ///   - destination: the MAC header's destination address.
    ///   - mesh: goes in front of every fragment when several hops are below IP.
    ///   - room: how many bytes of payload a frame can carry: the largest PSDU less frame check sequence, MAC header,
    ///     auxiliary security header and message integrity code.
    /// - Returns: link payloads in the order in which they are to be sent; never none.
    /// - Throws: `.datagramTooLarge` beyond the configured limit, `.noRoom` when a frame cannot even hold the headers.
    public mutating func compress(
        datagram: [UInt8], source: LinkAddress, destination: LinkAddress, mesh: MeshHeader? = nil, room: Int
    ) throws(LowPANError) -> [[UInt8]] {
        guard datagram.count <= min(configuration.datagramLimit, Int(FragmentHeader.maximumDatagramSize)) else {
            throw .datagramTooLarge(byteCount: datagram.count, limit: configuration.datagramLimit)
        }
        var writer = ByteWriter()
        mesh?.serialize(into: &writer)
        let meshByteCount = writer.count
        let consumed = HeaderCompression.compress(
            datagram: datagram, source: mesh?.originator ?? source,
            destination: mesh?.finalDestination ?? destination, contexts: contexts, into: &writer)
        if writer.count + datagram.count - consumed <= room {
            writer.write(contentsOf: datagram[consumed...])
            return [writer.finish()]
        }
        return try fragment(
            datagram, headers: writer.bytes[meshByteCount...], consumed: consumed, mesh: mesh, room: room)
    }

    private mutating func fragment(
        _ datagram: [UInt8], headers: ArraySlice<UInt8>, consumed: Int, mesh: MeshHeader?, room: Int
    ) throws(LowPANError) -> [[UInt8]] {
        let tag = nextTag
        nextTag &+= 1
        var payloads: [[UInt8]] = []
        var position = 0
        while position < datagram.count {
            let isFirst = position == 0
            let header = FragmentHeader(
                datagramSize: UInt16(datagram.count), datagramTag: tag,
                datagramOffset: isFirst ? nil : UInt8(position / 8))
            var writer = ByteWriter()
            mesh?.serialize(into: &writer)
            header.serialize(into: &writer)
            if isFirst {
                writer.write(contentsOf: headers)
                position = consumed
            }
            let left = room - writer.count
            let end: Int
            if !isFirst, datagram.count - position <= left {
                end = datagram.count
            } else {
                // All fragments but the last end at a multiple of eight bytes: offsets can tell no other.
                end = min(position + max(left, 0), datagram.count) / 8 * 8
            }
            guard left >= 0, end > (isFirst ? 0 : position), end >= position else { throw .noRoom(room: room) }
            writer.write(contentsOf: datagram[position..<end])
            payloads.append(writer.bytes)
            position = end
        }
        return payloads
    }

    // MARK: - Up

    /// Takes in the payload of one frame.
    /// - Parameters:
    ///   - bytes: the frame, or its payload alone, decrypted.
    ///   - payload: where the payload stands in `bytes`.
    ///   - source: the MAC header's source address.
    ///   - destination: the MAC header's destination address.
    ///   - isSecured: whether link security protected the frame.
    public mutating func receive(
        _ bytes: [UInt8], payload: Range<Int>, source: LinkAddress, destination: LinkAddress, isSecured: Bool,
        now: Instant
    ) -> LowPANReceived {
        if reassemblyCount > 0 { handleDeadline(now: now) }
        // An empty data frame says only that its sender is there.
        guard !payload.isEmpty else { return .incomplete }
        var reader = ByteReader(bytes, in: payload)
        var origin = ReassemblyKey(source: source, destination: destination)
        do throws(ParseError) {
            var dispatch = reader.peek().map(LowPANDispatch.init)
            if case .mesh = dispatch {
                let mesh = try MeshHeader(parsing: &reader)
                guard ownAddresses.contains(mesh.finalDestination) else { return .forward(mesh, payload: payload) }
                origin = ReassemblyKey(source: mesh.originator, destination: mesh.finalDestination)
                dispatch = reader.peek().map(LowPANDispatch.init)
            }
            switch dispatch {
            case .firstFragment, .subsequentFragment:
                return try receiveFragment(&reader, origin, isSecured: isSecured, now: now)
            case .ipv6, .compressed, .mesh, .page, .notLowPAN, .unknown, nil:
                var space: [UInt8] = []
                swap(&space, &lastDatagram)
                let datagram = try expand(&reader, origin, datagramSize: nil, space: consume space)
                lastDatagram = datagram
                guard datagram.count <= configuration.datagramLimit else { return drop(.datagramTooLarge) }
                return .datagram(
                    datagram, source: origin.source, destination: origin.destination, isSecured: isSecured)
            }
        } catch {
            return drop(error.field == HeaderCompression.contextField ? .unknownContext : .malformedLowPAN)
        }
    }

    /// - Parameter space: any buffer, whose memory is used.
    private func expand(
        _ reader: inout ByteReader, _ origin: ReassemblyKey, datagramSize: Int?, space: consuming [UInt8] = []
    ) throws(ParseError) -> [UInt8] {
        space.removeAll(keepingCapacity: true)
        // Compression leaves out at most two IPv6 headers and what stands between them.
        space.reserveCapacity(reader.remaining + 2 * IPv6Header.byteCount)
        var datagram = try HeaderCompression.decompress(
            parsing: &reader, source: origin.source, destination: origin.destination, contexts: contexts,
            datagramSize: datagramSize, space: consume space)
        datagram.append(contentsOf: reader.bytes[reader.remainingRange])
        return datagram
    }

    /// The datagram that a frame with a mesh header carries, or its first part when it is fragmented.
    /// - Returns: nil for a later fragment, and for what cannot be read.
    public func beginning(of bytes: [UInt8], payload: Range<Int>) -> [UInt8]? {
        var reader = ByteReader(bytes, in: payload)
        guard let mesh = try? MeshHeader(parsing: &reader) else { return nil }
        var size: Int?
        if reader.peek().map(LowPANDispatch.init) == .firstFragment {
            guard let header = try? FragmentHeader(parsing: &reader) else { return nil }
            size = Int(header.datagramSize)
        }
        let origin = ReassemblyKey(source: mesh.originator, destination: mesh.finalDestination)
        return try? expand(&reader, origin, datagramSize: size)
    }

    private mutating func receiveFragment(
        _ reader: inout ByteReader, _ origin: ReassemblyKey, isSecured: Bool, now: Instant
    ) throws(ParseError) -> LowPANReceived {
        let header = try FragmentHeader(parsing: &reader)
        let size = Int(header.datagramSize)
        guard size <= configuration.datagramLimit else { return drop(.datagramTooLarge) }
        let content =
            header.datagramOffset == nil
            ? try expand(&reader, origin, datagramSize: size) : reader.readRemaining()
        var key = origin
        key.tag = header.datagramTag
        key.size = size
        switch reassembly.add(content, at: header.position, key: key, isSecured: isSecured, now: now) {
        case .incomplete:
            return .incomplete
        case .complete(let datagram):
            return .datagram(datagram, source: origin.source, destination: origin.destination, isSecured: isSecured)
        case .dropped(let reason):
            return drop(reason)
        }
    }

    private mutating func drop(_ reason: DropReason) -> LowPANReceived {
        drops.count(reason)
        return .dropped(reason)
    }

    /// Takes one hop from a frame that passes through, as `receive` gave it back.
    /// - Parameter payload: where the mesh header begins, and all that follows it.
    /// - Returns: the link payload to send on; nil when its hops are used up, which is counted.
    public mutating func forward(_ bytes: [UInt8], payload: Range<Int>) -> [UInt8]? {
        var forwarded = Array(bytes[payload])
        guard MeshHeader.decrementHopsLeft(in: &forwarded, at: 0) else {
            drops.count(.meshHopLimit)
            return nil
        }
        return forwarded
    }

    // MARK: - Time

    /// When to call `handleDeadline` if nothing happens before.
    public var nextDeadline: Instant? { reassembly.nextDeadline }

    /// Gives up the datagrams whose fragments did not come in time.
    public mutating func handleDeadline(now: Instant) {
        for _ in 0..<reassembly.expire(now: now) { drops.count(.reassemblyTimeout) }
    }

    /// How many datagrams are in reassembly.
    public var reassemblyCount: Int { reassembly.count }
}

/// What became of a received link payload.
public enum LowPANReceived: Equatable, Sendable {
    /// A whole datagram. The addresses are the mesh header's when there was one, else the frame's.
    case datagram([UInt8], source: LinkAddress, destination: LinkAddress, isSecured: Bool)
    /// A frame for another node, below IP; the range begins at the mesh header.
    case forward(MeshHeader, payload: Range<Int>)
    /// Nothing yet: fragments are missing, or the frame was empty.
    case incomplete
    /// Discarded, and counted.
    case dropped(DropReason)
}

/// Why a datagram cannot be sent over this link.
public enum LowPANError: Error, Equatable, Sendable {
    case datagramTooLarge(byteCount: Int, limit: Int)
    case noRoom(room: Int)
}

extension LowPANError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .datagramTooLarge(let byteCount, let limit):
            "The datagram has \(byteCount) bytes, the limit is \(limit): send less at once."
        case .noRoom(let room):
            "A frame has room for \(room) bytes, too few for the datagram's headers: send fewer header options."
        }
    }
}
