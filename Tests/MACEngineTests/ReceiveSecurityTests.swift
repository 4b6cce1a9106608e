import EngineCore
import LinkProfiles
import LinkSecurity
import MACEngine
import Testing
import ThreadWire
import WireCore

@Suite("Security of received frames")
struct ReceiveSecurityTests {
    /// A secured frame as node 0 sends it to node 1, taken off the air.
    private func sample(_ air: TestAir, _ handle: UInt32 = 1) -> [UInt8] {
        let before = air.isLost
        air.isLost = { _, _, _ in true }
        air.submit(0, TestAir.data(handle, to: 1))
        while air.nodes[0].confirmations.last?.handle != handle { air.run(for: .milliseconds(100)) }
        air.isLost = before
        return air.nodes[0].sent[air.nodes[0].sent.count - 1].bytes
    }

    private func withCheckSequence(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        FrameCheckSequence.write(into: &bytes)
        return bytes
    }

    @Test("Any changed byte behind the addresses is noticed")
    func forgery() {
        let air = TestAir()
        air.link()
        let frame = sample(air)
        for index in 15..<frame.count - 2 {
            var forged = frame
            forged[index] ^= 1
            air.inject(withCheckSequence(forged), into: 1)
        }
        #expect(air.nodes[1].indications.isEmpty)
        #expect(air.nodes[1].engine.drops[.messageIntegrityCode] == UInt64(frame.count - 2 - 15))
        #expect(air.nodes[1].engine.counters.receiveErrorSecurity == UInt64(frame.count - 2 - 15))
        // The counter of a forged frame is not taken: the real one still comes through.
        air.inject(frame, into: 1)
        #expect(air.nodes[1].indications.count == 1)
    }

    @Test("A replayed frame is dropped")
    func replay() {
        let air = TestAir()
        air.link()
        let first = sample(air, 1)
        let second = sample(air, 2)
        air.inject(first, into: 1)
        air.inject(second, into: 1)
        air.inject(first, into: 1)
        air.inject(second, into: 1)
        #expect(air.nodes[1].indications.count == 2)
        #expect(air.nodes[1].engine.drops[.replayedFrameCounter] == 1)
        #expect(air.nodes[1].engine.drops[.duplicateFrame] == 1)
    }

    @Test("Counters below those that the peer told are replays")
    func toldCounter() {
        let air = TestAir()
        air.link()
        let frame = sample(air)
        air.nodes[1].engine.setPeer(
            MACPeer(
                extendedAddress: TestAir.extendedAddress(0), shortAddress: TestAir.shortAddress(0),
                linkFrameCounter: 100, keySequence: 0))
        air.inject(frame, into: 1)
        #expect(air.nodes[1].engine.drops[.replayedFrameCounter] == 1)
        air.nodes[0].engine.frameCounter = 100
        air.inject(sample(air, 2), into: 1)
        #expect(air.nodes[1].indications.count == 1)
    }

    @Test("Telling a peer again with its old counter opens no door to replays")
    func toldAgain() {
        let air = TestAir()
        air.link()
        let frame = sample(air)
        air.inject(frame, into: 1)
        let second = sample(air, 2)
        air.inject(second, into: 1)
        air.link()
        air.inject(frame, into: 1)
        #expect(air.nodes[1].indications.count == 2)
        #expect(air.nodes[1].engine.drops[.replayedFrameCounter] == 1)
    }

    @Test("Strangers' secured frames are dropped, whichever address they use", arguments: [true, false])
    func stranger(isShort: Bool) {
        let air = TestAir()
        var request = TestAir.data(1, to: 1)
        request.source = isShort ? .short : .extended
        air.submit(0, request)
        air.run(for: .seconds(1))
        #expect(air.nodes[1].indications.isEmpty)
        #expect(air.nodes[1].engine.drops[.unknownPeer] == 1)
        #expect(air.nodes[1].engine.counters.receiveErrorUnknownNeighbor == 1)
        #expect(air.nodes[0].outcome(1) == acknowledged)
    }

    @Test("Keys of the neighbouring sequences open, others do not")
    func keySequences() {
        for (sequence, isOpened) in [(UInt32(9), true), (10, true), (11, true), (8, false), (12, false)] {
            let air = TestAir()
            air.link()
            for (node, keySequence) in [(0, sequence), (1, 10)] {
                air.nodes[node].engine.setNetworkKey(TestAir.networkKey, keySequence: keySequence)
            }
            air.submit(0, TestAir.data(1, to: 1))
            air.run(for: .seconds(1))
            #expect(air.nodes[1].indications.count == (isOpened ? 1 : 0), "sequence \(sequence)")
            #expect(air.nodes[1].engine.drops[.unknownKey] == (isOpened ? 0 : 1), "sequence \(sequence)")
            if isOpened {
                #expect(air.nodes[1].indications.first?.security == .link(keySequence: sequence, frameCounter: 0))
            }
        }
    }

    @Test("Another network's key gives no plaintext")
    func otherKey() {
        let air = TestAir()
        air.link()
        air.nodes[0].engine.setNetworkKey([UInt8](repeating: 7, count: 16), keySequence: 0)
        air.submit(0, TestAir.data(1, to: 1))
        air.run(for: .seconds(1))
        #expect(air.nodes[1].engine.drops[.messageIntegrityCode] == 1)
    }

    @Test("Without a key nothing is opened and nothing secured is sent")
    func noKey() {
        let air = TestAir()
        air.link()
        let frame = sample(air)
        var engine = MACEngine(
            profile: .ieee802154, extendedAddress: TestAir.extendedAddress(1),
            cryptography: RefusingCryptography(), openSeed: 1)
        engine.panID = TestAir.panID
        engine.shortAddress = TestAir.shortAddress(1)
        engine.setPeer(
            MACPeer(
                extendedAddress: TestAir.extendedAddress(0), shortAddress: TestAir.shortAddress(0),
                linkFrameCounter: 0, keySequence: 0))
        engine.handle(
            received: ReceivedFrame(bytes: frame, rssi: DecibelMilliwatts(-50), snr: Decibels(1)), now: .zero)
        #expect(engine.drops[.unknownKey] == 1)
        engine.submit(TestAir.data(1, to: 0), now: .zero)
        var outcomes: [MACOutcome] = []
        while let output = engine.pollOutput() {
            if case .confirm(_, let outcome) = output { outcomes.append(outcome) }
        }
        #expect(outcomes == [.frameCountersExhausted])
    }

    @Test("A frame under the key that everybody knows counts as unsecured")
    func wellKnownKey() throws {
        let air = TestAir()
        air.submit(
            0,
            MACRequest(
                handle: 1, destination: .broadcast, source: .extended, payload: [1, 2], security: .wellKnown,
                requestsAcknowledgement: false, destinationPAN: .broadcast))
        air.run(for: .seconds(1))
        let indication = try #require(air.nodes[1].indications.first)
        #expect(indication.security == .none)
        #expect(indication.payloadBytes == [1, 2])
        #expect(indication.header.security?.keyIdentifier == WellKnownKey.identifier)
        #expect(air.nodes[0].engine.frameCounter == 0)
    }

    @Test("Other levels and key identifier modes are refused")
    func otherSecurity() {
        let expectations: [(AuxiliarySecurityHeader, DropReason)] = [
            (
                AuxiliarySecurityHeader(
                    securityLevel: .encryptionWithCode64, keyIdentifier: .index(1), frameCounter: 0),
                .unsupportedFrame
            ),
            (
                AuxiliarySecurityHeader(securityLevel: .none, keyIdentifier: .index(1), frameCounter: 0),
                .unsupportedFrame
            ),
            (AuxiliarySecurityHeader(keyIdentifier: .implicit, frameCounter: 0), .unknownKey),
            (AuxiliarySecurityHeader(keyIdentifier: .source4(0, index: 1), frameCounter: 0), .unknownKey),
            (AuxiliarySecurityHeader(keyIdentifier: .source8(0, index: 1), frameCounter: 0), .unknownKey),
        ]
        for (security, reason) in expectations {
            let air = TestAir(count: 2)
            air.link()
            air.inject(ReceptionTests.frame([UInt8](repeating: 0, count: 20)) { $0.security = security }, into: 0)
            #expect(air.nodes[0].indications.isEmpty)
            #expect(air.nodes[0].engine.drops[reason] == 1, "\(security)")
        }
    }
}

/// Cryptography that must not be reached.
private final class RefusingCryptography: LinkCryptography {
    func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] { fatalError("no key, no HMAC") }
    func sha256(_ message: [UInt8]) -> [UInt8] { fatalError("no key, no digest") }
    func aesCMAC(key: [UInt8], message: [UInt8]) -> [UInt8] { fatalError("no key, no code") }
    func makeCCM(key: [UInt8]) -> any CCMContext { fatalError("no key, no context") }
}
