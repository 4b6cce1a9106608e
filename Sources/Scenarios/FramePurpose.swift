import EngineCore
import LinkSecurity
import ThreadWire
import WireCore

/// Tells what a frame is for, with the keys of its network.
struct FramePurposes {
    static let acknowledgement = "acknowledgement"
    static let retry = "retry"

    private var ring: KeyRing
    private let contexts: LowPANContextTable
    private let frameCheckSequenceLength: Int
    /// What the datagrams are for whose fragments are under way, by sender and tag.
    private var fragments: [UInt64: String] = [:]
    /// The last frame of each node that was no acknowledgement.
    private var last: [[UInt8]]

    init(
        nodeCount: Int, networkKey: [UInt8], meshLocalPrefix: IPv6Prefix, frameCheckSequenceLength: Int,
        cryptography: any LinkCryptography
    ) {
        ring = KeyRing(networkKey: networkKey, keySequence: 0, cryptography: cryptography)
        contexts = LowPANContextTable([LowPANContext(id: 0, prefix: meshLocalPrefix)])
        self.frameCheckSequenceLength = frameCheckSequenceLength
        last = [[UInt8]](repeating: [], count: nodeCount)
    }

    /// What a frame is for.
    /// - Parameters:
    ///   - node: the sender's number.
    ///   - keySequence: the sender's.
    mutating func purpose(
        of bytes: [UInt8], from node: Int, address: ExtendedAddress, keySequence: UInt32
    ) -> String {
        guard let frame = try? MACFrame(parsing: bytes, frameCheckSequenceLength: frameCheckSequenceLength) else {
            return "other"
        }
        if frame.header.frameType == .acknowledgement { return Self.acknowledgement }
        if last[node] == bytes { return Self.retry }
        last[node] = bytes
        ring.setKeySequence(keySequence)
        switch frame.header.frameType {
        case .acknowledgement: return Self.acknowledgement
        case .beacon: return "beacon"
        case .macCommand: return frame.command(in: bytes) == .dataRequest ? "poll" : "MAC command"
        case .data: return dataPurpose(of: bytes, frame, from: node, address: address)
        }
    }

    private mutating func dataPurpose(
        of bytes: [UInt8], _ frame: MACFrame, from node: Int, address: ExtendedAddress
    ) -> String {
        var plain = bytes
        if let security = frame.header.security {
            guard let sequence = ring.keySequence(for: security.keyIdentifier),
                FrameSecurity.unsecure(
                    &plain, frame: frame, extendedAddress: address, context: ring.contexts(for: sequence).mac)
            else { return "other" }
        }
        guard !frame.payload.isEmpty else { return "supervision" }
        var reader = ByteReader(plain, in: frame.payload)
        var (source, destination) = (frame.header.source, frame.header.destination)
        do {
            if reader.peek().map(LowPANDispatch.init) == .mesh {
                let mesh = try MeshHeader(parsing: &reader)
                (source, destination) = (mesh.originator, mesh.finalDestination)
            }
            guard case .some(let dispatch) = reader.peek().map(LowPANDispatch.init) else { return "other" }
            var size: Int?
            var key: UInt64?
            if dispatch == .firstFragment || dispatch == .subsequentFragment {
                let fragment = try FragmentHeader(parsing: &reader)
                let tag = UInt64(fragment.datagramTag)
                key = UInt64(node) << 32 | tag
                if fragment.datagramOffset != nil { return fragments[UInt64(node) << 32 | tag] ?? "fragment" }
                size = Int(fragment.datagramSize)
            }
            let headers = try HeaderCompression.decompress(
                parsing: &reader, source: source, destination: destination, contexts: contexts, datagramSize: size)
            let purpose = purpose(ofDatagram: headers + reader.readRemaining(), sender: address)
            // More tags are never under way at once; those of old datagrams are overwritten by and by.
            if let key, fragments.count < 100_000 { fragments[key] = purpose }
            return purpose
        } catch {
            // A datagram of a prefix that only the network data tells: nothing but traffic has such addresses.
            return "data"
        }
    }

    private mutating func purpose(ofDatagram datagram: [UInt8], sender: ExtendedAddress, depth: Int = 0) -> String {
        var reader = ByteReader(datagram)
        do {
            let header = try IPv6Header(parsing: &reader)
            var next = header.nextHeader
            if next == .hopByHop { next = try HopByHopOptions(parsing: &reader).nextHeader }
            switch next {
            case .udp:
                let udp = try UDPHeader(parsing: &reader)
                switch udp.destinationPort {
                case 19788: return mlePurpose(datagram, from: reader.offset, header, sender: sender)
                case 61631: return managementPurpose(&reader)
                default: return "data"
                }
            case .icmpv6: return "ICMPv6"
            case .ipv6 where depth < 2:
                return purpose(ofDatagram: reader.readRemaining(), sender: sender, depth: depth + 1)
            case .none: return "keep-alive"
            default: return "other"
            }
        } catch {
            return "other"
        }
    }

    private mutating func mlePurpose(
        _ datagram: [UInt8], from start: Int, _ header: IPv6Header, sender: ExtendedAddress
    ) -> String {
        var reader = ByteReader(datagram, in: start..<datagram.count)
        do {
            switch try MLESecuritySuite(parsing: &reader) {
            case .none: return "MLE \(try MLEMessage(parsing: &reader).command)"
            case .ieee802154:
                let message = reader.offset..<datagram.count
                let security = try AuxiliarySecurityHeader(parsing: &reader)
                guard let sequence = ring.keySequence(for: security.keyIdentifier) else { return "MLE" }
                var opened = datagram
                let range = MLESecurity.open(
                    &opened, message: message, header: security, source: header.source,
                    destination: header.destination, extendedAddress: sender,
                    context: ring.contexts(for: sequence).mle)
                guard let range, let command = opened[range].first else { return "MLE" }
                return "MLE \(MLECommand(rawValue: command))"
            }
        } catch {
            return "MLE"
        }
    }

    private func managementPurpose(_ reader: inout ByteReader) -> String {
        guard let message = try? CoAPMessage(parsing: &reader) else { return "management" }
        return message.code.isRequest ? "management \(message.uriPath)" : "management answer"
    }
}
