import CryptoProviders
import EngineCore
import LinkProfiles
import MACEngine
import TestSupport
import Testing
import ThreadWire
import WireCore

/// Engines in the place of recorded nodes.
@Suite("Recorded frames")
struct RecordingTests {
    static func address(_ node: String) -> ExtendedAddress {
        ExtendedAddress(rawValue: 0x166e_0a00_0000_0000 | UInt64(node.utf8.first ?? 0x40) - 0x40)
    }

    static func engine(_ node: String) -> MACEngine {
        var engine = MACEngine(
            profile: .ieee802154, extendedAddress: address(node), cryptography: MbedTLSCryptography(), openSeed: 1)
        engine.panID = PANID(rawValue: 0x1234)
        engine.setNetworkKey(bytes(hexadecimal: "00112233445566778899aabbccddeeff") ?? [], keySequence: 0)
        return engine
    }

    @Test(
        "A node takes every recorded frame that is for it, and none that is not",
        arguments: ["thread/attach", "thread/line_traffic", "thread/prefix"])
    func replay(recording: String) throws {
        let frames = try Fixtures.recording(recording)
        let names = Set(frames.map(\.node)).sorted()
        for name in names where name < "E" {
            var engine = Self.engine(name)
            var expected = 0
            var repeated = 0
            var taken = 0
            var heard: Set<[UInt8]> = []
            var shortAddresses: [String: ShortAddress] = [:]
            for frame in frames {
                let header = try MACFrame(parsing: frame.psdu, frameCheckSequenceLength: 2).header
                guard header.frameType != .acknowledgement else { continue }
                // Short addresses come and go; the recording tells whose they are.
                if case .short(let short) = header.source { shortAddresses[frame.node] = short }
                if frame.node == name {
                    engine.shortAddress = shortAddresses[name] ?? .unassigned
                } else {
                    engine.setPeer(
                        MACPeer(
                            extendedAddress: Self.address(frame.node), shortAddress: shortAddresses[frame.node],
                            linkFrameCounter: 0, keySequence: 0))
                }
                guard frame.node != name else { continue }
                let isForNode =
                    header.destination.isBroadcast || header.destination == .extended(Self.address(name))
                    || header.destination == .short(engine.shortAddress)
                let isKnown = heard.contains(frame.psdu)
                if isForNode {
                    if isKnown { repeated += 1 } else { expected += 1 }
                    heard.insert(frame.psdu)
                }
                let now = Instant(microseconds: UInt64(frame.time * 1_000_000))
                engine.handle(
                    received: ReceivedFrame(bytes: frame.psdu, rssi: DecibelMilliwatts(-20), snr: Decibels(30)),
                    now: now)
                while let output = engine.pollOutput() {
                    switch output {
                    case .received(let indication):
                        taken += 1
                        if header.security != nil { #expect(indication.security != .none) }
                    case .transmit: engine.handle(transmitDone: .sent, now: now)
                    case .assessChannel, .setReceiver, .setChannel, .beacon, .scanFinished, .confirm, .listenedInVain,
                        .frameCounterReserveNeeded, .storeAirtime:
                        break
                    }
                }
            }
            #expect(taken == expected, "node \(name): \(engine.drops.nonzero)")
            #expect(engine.drops[.duplicateFrame] == UInt64(repeated), "node \(name)")
            #expect(engine.drops[.messageIntegrityCode] == 0 && engine.drops[.replayedFrameCounter] == 0)
        }
    }

    @Test("A hundred thousand mutated frames neither trap nor fill the engine")
    func mutation() throws {
        let seed: UInt64 = 0x6d61_6366_757a
        var generator = SeededGenerator(seed: seed)
        let recordings = ["thread/attach", "thread/sleepy", "thread/scan", "thread/joiner", "pymesh/native3"]
        let frames = try recordings.flatMap { try Fixtures.recording($0) }.map(\.psdu)
        var engine = Self.engine("A")
        engine.shortAddress = ShortAddress(rawValue: 0xa000)
        for (index, name) in ["B", "C", "D", "E", "F", "S"].enumerated() {
            engine.setPeer(
                MACPeer(
                    extendedAddress: Self.address(name), shortAddress: ShortAddress(rawValue: 0xa001 + UInt16(index)),
                    linkFrameCounter: 0, keySequence: 0, isReceiverOnWhenIdle: index < 4, isChild: true))
        }
        var now = Instant.zero
        var handle: UInt32 = 0
        var received = 0
        for round in 0..<100_000 {
            var bytes = generator.mutated(frames[round % frames.count])
            // Most of them with a right checksum, or nothing would get past it.
            if round % 8 != 0, bytes.count >= 2 { FrameCheckSequence.write(into: &bytes) }
            // Half of them for this node, whatever else they say.
            if round % 2 == 0, bytes.count > 9 { bytes.replaceSubrange(3..<7, with: [0x34, 0x12, 0x00, 0xa0]) }
            if round % 2 == 0, bytes.count >= 2 { FrameCheckSequence.write(into: &bytes) }
            now += .microseconds(Int64(generator.next() % 20_000))
            if round % 16 == 0 {
                handle += 1
                engine.submit(
                    MACRequest(
                        handle: handle, destination: .extended(Self.address(round % 32 == 0 ? "F" : "B")),
                        source: .short, payload: [1], security: .link, requestsAcknowledgement: true,
                        isIndirect: round % 32 == 0), now: now)
            }
            engine.handle(
                received: ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-20), snr: Decibels(30)), now: now)
            var steps = 0
            while true {
                while let output = engine.pollOutput() {
                    switch output {
                    case .received: received += 1
                    case .transmit: engine.handle(transmitDone: .sent, now: now)
                    case .assessChannel: engine.handle(channelActivity: false, now: now)
                    case .setReceiver, .setChannel, .beacon, .scanFinished, .confirm, .listenedInVain,
                        .frameCounterReserveNeeded, .storeAirtime:
                        break
                    }
                    steps += 1
                }
                guard let deadline = engine.nextDeadline, deadline <= now, steps < 1000 else { break }
                engine.handleDeadline(now: now)
                steps += 1
            }
            #expect(steps < 1000, "seed \(seed), round \(round): the engine does not come to rest")
        }
        #expect(received > 1000, "seed \(seed)")
        #expect(engine.counters.receiveTotal > 50_000)
    }
}
