import EngineCore
import LinkProfiles
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import LowPANEngine

func short(_ value: UInt16) -> LinkAddress { .short(ShortAddress(rawValue: value)) }

func link(_ text: String?) -> LinkAddress {
    guard let text, let value = UInt64(text, radix: 16) else { return .none }
    return text.count == 4 ? short(UInt16(value)) : .extended(ExtendedAddress(rawValue: value))
}

let meshLocalContext = LowPANContext(id: 0, prefix: IPv6Prefix("fdde:ad00:beef::/64")!)

func makeEngine(_ change: (inout LowPANEngine.Configuration) -> Void = { _ in }) -> LowPANEngine {
    var configuration = LowPANEngine.Configuration()
    change(&configuration)
    var engine = LowPANEngine(configuration: configuration, profile: .ieee802154, firstTag: 0x1234)
    engine.contexts.set(meshLocalContext)
    return engine
}

/// A UDP datagram from fdde:ad00:beef::ff:fe00:1 to ...:2 with a payload that tells each byte's place.
func makeDatagram(payload count: Int, mark: UInt8 = 0) -> [UInt8] {
    let source = IPv6Address("fdde:ad00:beef::ff:fe00:1")!
    let destination = IPv6Address("fdde:ad00:beef::ff:fe00:2")!
    var writer = ByteWriter()
    IPv6Header(
        payloadLength: UInt16(8 + count), nextHeader: .udp, hopLimit: 64, source: source, destination: destination
    ).serialize(into: &writer)
    UDPHeader.serialize(
        payload: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) ^ mark }, sourcePort: 1000, destinationPort: 2000,
        source: source, destination: destination, into: &writer)
    return writer.bytes
}

extension LowPANEngine {
    mutating func receive(
        _ payload: [UInt8], isSecured: Bool = true, from source: LinkAddress = short(1),
        to destination: LinkAddress = short(2), now: Instant = .zero
    ) -> LowPANReceived {
        receive(
            payload, payload: 0..<payload.count, source: source, destination: destination, isSecured: isSecured,
            now: now)
    }
}

@Suite("6LoWPAN engine")
struct LowPANEngineTests {
    private func received(_ datagram: [UInt8]) -> LowPANReceived {
        .datagram(datagram, source: short(1), destination: short(2), isSecured: true)
    }

    @Test("a datagram that fits goes in one payload and comes out again")
    func single() throws {
        var engine = makeEngine()
        let datagram = makeDatagram(payload: 64)
        let payloads = try engine.compress(datagram: datagram, source: short(1), destination: short(2), room: 100)
        #expect(payloads.count == 1)
        #expect(engine.receive(payloads[0]) == received(datagram))
    }

    @Test("a payload is read from where it stands in its frame")
    func within() throws {
        var engine = makeEngine()
        let datagram = makeDatagram(payload: 5)
        let payload = try engine.compress(datagram: datagram, source: short(1), destination: short(2), room: 100)[0]
        let frame = [0xff, 0xff, 0xff] + payload + [0xee]
        let result = engine.receive(
            frame, payload: 3..<(3 + payload.count), source: short(1), destination: short(2), isSecured: true,
            now: .zero)
        #expect(result == received(datagram))
    }

    @Test("every size comes through every room, in fragments that fit and that count in eights")
    func sizes() throws {
        for room in [40, 61, 80, 97, 102, 230] {
            for count in [0, 1, 7, 8, 9, 60, 61, 62, 63, 64, 65, 100, 101, 500, 511, 1000, 1232] {
                for mesh in [
                    nil,
                    MeshHeader(
                        hopsLeft: 20, originator: ShortAddress(rawValue: 1), finalDestination: ShortAddress(rawValue: 2)
                    ),
                ] {
                    var engine = makeEngine()
                    engine.ownAddresses = [short(2)]
                    let datagram = makeDatagram(payload: count)
                    let payloads = try engine.compress(
                        datagram: datagram, source: short(mesh == nil ? 1 : 7), destination: short(mesh == nil ? 2 : 8),
                        mesh: mesh, room: room)
                    #expect(payloads.allSatisfy { $0.count <= room })
                    for payload in payloads.dropLast() {
                        #expect(
                            engine.receive(payload, from: short(mesh == nil ? 1 : 9), to: short(mesh == nil ? 2 : 8))
                                == .incomplete)
                    }
                    #expect(
                        engine.receive(
                            payloads[payloads.count - 1], from: short(mesh == nil ? 1 : 9),
                            to: short(mesh == nil ? 2 : 8)) == received(datagram), "\(count) bytes, room \(room)")
                    #expect(engine.reassemblyCount == 0)
                }
            }
        }
    }

    @Test("fragments come together in any order")
    func anyOrder() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            var engine = makeEngine()
            let datagram = makeDatagram(payload: 700)
            let payloads = try engine.compress(datagram: datagram, source: short(1), destination: short(2), room: 90)
                .shuffled(using: &generator)
            for payload in payloads.dropLast() { #expect(engine.receive(payload) == .incomplete) }
            #expect(engine.receive(payloads[payloads.count - 1]) == received(datagram))
        }
    }

    @Test("each fragmented datagram has a tag of its own")
    func tags() throws {
        var engine = LowPANEngine(profile: .ieee802154, firstTag: 0xffff)
        func tag() throws -> UInt16 {
            let payload = try engine.compress(
                datagram: makeDatagram(payload: 300), source: short(1), destination: short(2), room: 90)[1]
            var reader = ByteReader(payload)
            return try FragmentHeader(parsing: &reader).datagramTag
        }
        #expect(try tag() == 0xffff)
        #expect(try tag() == 0)
        #expect(try tag() == 1)
    }

    @Test("recorded fragments come together to the datagram that tshark reassembles")
    func recorded() throws {
        var engine = makeEngine()
        engine.contexts.set(LowPANContext(id: 1, prefix: IPv6Prefix("2001:cafe:cafe:cafe::/64")!))
        var (compared, forwarded, time) = (0, 0, Instant.zero)
        var recording: Substring = ""
        for frame in try Fixtures.lowPANFrames() {
            if frame.name.prefix(20) != recording { time += .seconds(100) }
            recording = frame.name.prefix(20)
            // Every node in turn: a mesh header ends at the node that the frame is addressed to, or is passed on.
            engine.ownAddresses = [link(frame.destination)]
            let result = engine.receive(
                frame.payload, payload: 0..<frame.payload.count, source: link(frame.source),
                destination: link(frame.destination), isSecured: true, now: time)
            switch result {
            case .datagram(let datagram, _, _, _):
                guard let judged = frame.reassembled ?? frame.datagram else { continue }
                // tshark shows the reassembled datagram beside other fragments too: compare where it is whole.
                if datagram.count == judged.count { #expect(datagram == judged, "\(frame.name)") }
                compared += frame.reassembled == nil ? 0 : 1
            case .incomplete: break
            case .forward: forwarded += 1
            case .dropped(let reason): Issue.record("\(frame.name): \(reason)")
            }
        }
        #expect(compared > 50)
        #expect(forwarded > 100)
    }

    @Test("a recorded datagram becomes the very fragments that OpenThread made of it")
    func recordedFragments() throws {
        struct Group: Hashable {
            let recording: Substring
            let source: LinkAddress
            let destination: LinkAddress
            let tag: UInt16
        }
        var groups: [Group: [[UInt8]]] = [:]
        var compared = 0
        for frame in try Fixtures.lowPANFrames() {
            var reader = ByteReader(frame.payload)
            let mesh = frame.payload[0] >> 6 == 2 ? try MeshHeader(parsing: &reader) : nil
            let dispatch = reader.peek().map(LowPANDispatch.init)
            guard dispatch == .firstFragment || dispatch == .subsequentFragment else { continue }
            let header = try FragmentHeader(parsing: &reader)
            let (source, destination) = (link(frame.source), link(frame.destination))
            let group = Group(
                recording: frame.name.prefix { $0 != " " }, source: source, destination: destination,
                tag: header.datagramTag)
            if header.datagramOffset == nil { groups[group] = [] }
            groups[group]?.append(frame.payload)
            let fragments = groups[group] ?? []
            var engine = makeEngine()
            engine.contexts.set(LowPANContext(id: 1, prefix: IPv6Prefix("2001:cafe:cafe:cafe::/64")!))
            engine.ownAddresses = [mesh?.finalDestination ?? .none]
            var result = LowPANReceived.incomplete
            for fragment in fragments { result = engine.receive(fragment, from: source, to: destination) }
            guard case .datagram(let datagram, _, _, _) = result else { continue }
            groups[group] = nil
            // The room is not on the air: at least the longest fragment, and less than eight bytes more.
            let longest = fragments.map(\.count).max() ?? 0
            let matches = try (longest..<longest + 8).contains { room in
                var sender = LowPANEngine(profile: .ieee802154, firstTag: header.datagramTag)
                sender.contexts = engine.contexts
                return try sender.compress(
                    datagram: datagram, source: source, destination: destination, mesh: mesh, room: room) == fragments
            }
            #expect(matches, "\(frame.name)")
            compared += 1
        }
        #expect(compared > 50)
    }

    @Test("a mesh header that ends elsewhere is to be forwarded, its frame untouched but for one hop")
    func forward() throws {
        var engine = makeEngine()
        engine.ownAddresses = [short(2), .extended(ExtendedAddress(rawValue: 5))]
        let mesh = MeshHeader(
            hopsLeft: 3, originator: ShortAddress(rawValue: 1), finalDestination: ShortAddress(rawValue: 3))
        let payload = try engine.compress(
            datagram: makeDatagram(payload: 10), source: short(1), destination: short(2), mesh: mesh, room: 100)[0]
        let frame = [0xaa] + payload
        #expect(
            engine.receive(
                frame, payload: 1..<frame.count, source: short(1), destination: short(2), isSecured: true, now: .zero)
                == .forward(mesh, payload: 1..<frame.count))
        let forwarded = engine.forward(frame, payload: 1..<frame.count)
        let next = try #require(forwarded)
        #expect(next[0] == payload[0] - 1 && next[1...] == payload[1...])
        let forwardedAgain = engine.forward(next, payload: 0..<next.count)
        let last = try #require(forwardedAgain)
        #expect(engine.forward(last, payload: 0..<last.count) == nil)
        #expect(engine.drops[.meshHopLimit] == 1)
    }

    @Test("an empty frame is nothing to deliver and nothing to count")
    func empty() {
        var engine = makeEngine()
        #expect(engine.receive([]) == .incomplete)
        #expect(engine.drops.nonzero.isEmpty)
    }

    @Test("what cannot be read is counted by its reason")
    func dropped() throws {
        var engine = makeEngine { $0.datagramLimit = 1280 }
        #expect(engine.receive([0x12, 0x34]) == .dropped(.malformedLowPAN))
        #expect(engine.receive([0x7a, 0xf3, 0x40, 0x3b]) == .dropped(.unknownContext))
        #expect(engine.receive([0xc5, 0x01, 0, 1, 0x7e, 0x33, 0xf3, 0x12, 0, 0]) == .dropped(.datagramTooLarge))
        // A first fragment whose headers are larger than the datagram.
        #expect(engine.receive([0xc0, 0x20, 0, 1, 0x7e, 0x33, 0xf3, 0x12, 0, 0]) == .dropped(.malformedLowPAN))
        #expect(engine.receive([0xbf]) == .dropped(.malformedLowPAN))
        #expect(engine.drops[.malformedLowPAN] == 3 && engine.drops[.unknownContext] == 1)
        #expect(engine.reassemblyCount == 0)
    }

    @Test("a datagram beyond the limit, or headers beyond the room, are refused with what to do")
    func refused() {
        var engine = makeEngine { $0.datagramLimit = 200 }
        #expect(throws: LowPANError.datagramTooLarge(byteCount: 201, limit: 200)) {
            try engine.compress(
                datagram: makeDatagram(payload: 153), source: short(1), destination: short(2), room: 100)
        }
        #expect(throws: LowPANError.noRoom(room: 12)) {
            try engine.compress(
                datagram: makeDatagram(payload: 100), source: short(1), destination: short(2), room: 12)
        }
        #expect(throws: LowPANError.noRoom(room: 5)) {
            try engine.compress(datagram: [1, 2, 3, 4, 5, 6, 7], source: short(1), destination: short(2), room: 5)
        }
        #expect(LowPANError.noRoom(room: 12).description.contains("12"))
        #expect(LowPANError.datagramTooLarge(byteCount: 201, limit: 200).description.contains("201"))
    }

    @Test("changed frames of the recordings never trap, and reassembly stays within its bounds")
    func mutation() throws {
        let seed: UInt64 = 99
        var generator = SeededGenerator(seed: seed)
        var engine = makeEngine { $0.reassemblyBytes = 4000 }
        engine.ownAddresses = [short(0xcc00), short(0xd000), short(0x0c00)]
        let frames = try Fixtures.lowPANFrames()
        var now = Instant.zero
        for round in 0..<20_000 {
            now += .milliseconds(Int64.random(in: 0..<300, using: &generator))
            let payload = generator.mutated(frames[Int.random(in: 0..<frames.count, using: &generator)].payload)
            _ = engine.receive(payload, isSecured: Bool.random(using: &generator), now: now)
            #expect(engine.reassemblyCount <= 8, "seed \(seed), round \(round)")
        }
    }
}
