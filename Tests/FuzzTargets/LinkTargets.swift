import EngineCore
import LinkProfiles
import LowPANEngine
import ThreadWire
import WireCore

extension FuzzTarget {
    private static let source = IPv6Address.linkLocalAllNodes
    private static let destination = IPv6Address.realmLocalAllNodes

    /// Frames, and what 6LoWPAN makes of them.
    static let linkTargets: [FuzzTarget] = [
        FuzzTarget(name: "mac-frame", seeds: Corpus.frames) { bytes in
            guard let frame = try? MACFrame(parsing: bytes, frameCheckSequenceLength: 0) else { return }
            // Where the header ends may depend on what follows it.
            var writer = ByteWriter()
            frame.header.serialize(into: &writer)
            writer.write(contentsOf: bytes[frame.payload.lowerBound...])
            let again = try? MACFrame(parsing: writer.bytes, frameCheckSequenceLength: 0)
            guard again == frame else { fatalError("\(frame) came back as \(String(describing: again))") }
            _ = frame.command(in: bytes)
        },
        .roundTrip("beacon", seeds: Corpus.frames) { reader throws(ParseError) in
            try Beacon(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("beacon-payload", seeds: Corpus.frames) { reader throws(ParseError) in
            try ThreadBeaconPayload(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("mesh-header", seeds: Corpus.payloads) { reader throws(ParseError) in
            try MeshHeader(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("fragment-header", seeds: Corpus.payloads) { reader throws(ParseError) in
            try FragmentHeader(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        FuzzTarget(name: "header-compression", seeds: Corpus.payloads, run: expandAndCompress),
        FuzzTarget(name: "reassembly", seeds: Corpus.payloads, run: reassemble),
        .roundTrip("ipv6", seeds: Corpus.datagrams) { reader throws(ParseError) in
            try IPv6Header(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("hop-by-hop", seeds: { try Corpus.upperLayers(.hopByHop) }) { reader throws(ParseError) in
            try HopByHopOptions(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("icmpv6", seeds: { try Corpus.upperLayers(.icmpv6) }) { reader throws(ParseError) in
            try ICMPv6Message(parsing: &reader, source: source, destination: destination)
        } write: {
            $0.serialize(into: &$1, source: source, destination: destination)
        },
        .roundTrip("udp", seeds: { try Corpus.upperLayers(.udp) }) { reader throws(ParseError) in
            try UDPHeader(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
    ]

    /// What compressed headers say must be said again by our own compression.
    private static func expandAndCompress(_ bytes: [UInt8]) {
        let sender = LinkAddress.extended(ExtendedAddress(rawValue: 0x166e_0a00_0000_0001))
        let receiver = LinkAddress.short(ShortAddress(rawValue: 0x0400))
        var sending = LowPANEngine(profile: .ieee802154)
        var receiving = LowPANEngine(profile: .ieee802154)
        guard
            case .datagram(let datagram, _, _, _) = receiving.receive(
                bytes, payload: 0..<bytes.count, source: sender, destination: receiver, isSecured: true, now: .zero),
            let payloads = try? sending.compress(datagram: datagram, source: sender, destination: receiver, room: 4096)
        else { return }
        var other = LowPANEngine(profile: .ieee802154)
        for payload in payloads {
            let received = other.receive(
                payload, payload: 0..<payload.count, source: sender, destination: receiver, isSecured: true, now: .zero)
            if case .datagram(let again, _, _, _) = received {
                guard again == datagram else {
                    fatalError("\(hexadecimal(datagram)) came back as \(hexadecimal(again))")
                }
                return
            }
        }
        fatalError("\(hexadecimal(datagram)) did not come back")
    }

    /// Fragments of several senders; the first byte of each piece tells its length and sender.
    private static func reassemble(_ bytes: [UInt8]) {
        var engine = LowPANEngine(profile: .ieee802154)
        var now = Instant.zero
        var reader = ByteReader(bytes)
        while let first = try? reader.readUInt8("piece") {
            let piece = (try? reader.readBytes(min(Int(first & 0x7f), reader.remaining), "piece")) ?? []
            now = now + .milliseconds(100)
            _ = engine.receive(
                piece, payload: 0..<piece.count,
                source: .short(ShortAddress(rawValue: first & 0x80 == 0 ? 0x0400 : 0x0800)),
                destination: .short(ShortAddress(rawValue: 0)), isSecured: true, now: now)
        }
    }
}
