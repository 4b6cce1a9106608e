import CryptoProviders
import EngineCore
import IPEngine
import LinkProfiles
import LinkSecurity
import LowPANEngine
import NodeEngine
import Simulator
import ThreadWire
import WireCore

/// Two routers in reach of each other and a UDP datagram of 64 bytes from one to the other: what the way through a
/// node costs.
final class FramePath {
    /// How many frames are measured together.
    static let rounds = 4096
    static let payload = [UInt8](repeating: 0x78, count: 64)
    static let port: UInt16 = 5683

    private let sender: NodeEngine
    private let receiver: NodeEngine
    private let socket: SocketID
    private let destination: SocketAddress
    private let senderSocket: SocketID
    private var radio: InstantRadio
    private let context: any CCMContext
    private let start: Instant
    /// The datagram as it is on the air, and its header.
    private let frame: MACFrame
    private let plaintext: [UInt8]
    private var nextFrameCounter: UInt32

    init(seed: UInt64) throws {
        let network = MeasuredNetwork.make(nodeCount: 2, reach: .all, seed: seed)
        network.start(MeasuredNetwork.dataset, nodes: Array(network.nodes.prefix(1)))
        network.run(for: Scenario.formation)
        network.start(MeasuredNetwork.dataset, nodes: Array(network.nodes.dropFirst()))
        network.run(for: Scenario.settling)
        guard network.isFullyRouted, let address = network.nodes[1].engine.thread.meshLocalEID else {
            throw BenchError.networkDidNotForm
        }
        sender = network.nodes[0].engine
        receiver = network.nodes[1].engine
        socket = try receiver.openSocket()
        _ = try receiver.bind(socket, port: Self.port)
        let outgoing = try sender.openSocket()
        let target = SocketAddress(address, port: Self.port)
        // The first datagram has to ask where the receiver is.
        try network.with(network.nodes[0]) { engine, now in
            try engine.send(outgoing, to: target, payload: Self.payload, now: now)
        }
        network.run(for: .seconds(1))
        guard try receiver.receive(socket)?.payload == Self.payload else {
            throw BenchError.datagramLost(in: #function)
        }
        senderSocket = outgoing
        destination = target
        start = network.now
        radio = InstantRadio(engine: sender, now: network.now)
        let cryptography = MbedTLSCryptography()
        let keys = KeySchedule.keys(
            networkKey: MeasuredNetwork.networkKey, keySequence: sender.thread.keySequence, cryptography: cryptography)
        context = cryptography.makeCCM(key: keys.macKey)
        try sender.send(senderSocket, to: destination, payload: Self.payload, now: radio.now)
        radio.waitForUnicast()
        var bytes = radio.lastTransmitted
        frame = try MACFrame(parsing: bytes, frameCheckSequenceLength: FrameCheckSequence.byteCount)
        guard let security = frame.header.security,
            FrameSecurity.unsecure(
                &bytes, frame: frame, extendedAddress: sender.thread.extendedAddress, context: context)
        else { throw BenchError.datagramLost(in: #function) }
        plaintext = bytes
        nextFrameCounter = security.frameCounter + 1
    }

    /// The size of the frame, checksum included.
    var frameByteCount: Int { plaintext.count }

    /// The same datagram again and again, each under a counter of its own.
    func makeFrames(count: Int, requestsAcknowledgement: Bool) -> [ReceivedFrame] {
        (0..<count).map { _ in
            var header = frame.header
            header.requestsAcknowledgement = requestsAcknowledgement
            header.sequenceNumber = UInt8(truncatingIfNeeded: nextFrameCounter)
            header.security?.frameCounter = nextFrameCounter
            nextFrameCounter += 1
            var writer = ByteWriter(capacity: plaintext.count)
            header.serialize(into: &writer)
            writer.write(contentsOf: plaintext[frame.payload.lowerBound...])
            var bytes = writer.bytes
            FrameSecurity.secure(
                &bytes, frame: MACFrame(assembled: header, byteCount: bytes.count - FrameCheckSequence.byteCount),
                extendedAddress: sender.thread.extendedAddress, context: context)
            FrameCheckSequence.write(into: &bytes)
            return ReceivedFrame(bytes: bytes, rssi: IdealMedium.rssi, snr: IdealMedium.snr)
        }
    }

    // MARK: Whole ways

    /// From the radio to the socket and out of it.
    func receive(acknowledging: Bool) throws -> Cost {
        let frames = makeFrames(count: Self.rounds, requestsAcknowledgement: acknowledging)
        var receiving = InstantRadio(engine: receiver, now: max(start, radio.now))
        var delivered = 0
        let cost = try Cost.measuring(rounds: Self.rounds) {
            for frame in frames {
                receiver.handle(.received(frame), now: receiving.now)
                if acknowledging { receiving.waitForUnicast() } else { receiving.drain() }
                if try receiver.receive(socket) != nil { delivered += 1 }
            }
        }
        guard delivered == Self.rounds else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    /// From the socket to the radio, and until the acknowledgement has come.
    func transmit() throws -> Cost {
        let successes = sender.ipCounters.transmitSuccess
        let cost = try Cost.measuring(rounds: Self.rounds) {
            for _ in 0..<Self.rounds {
                try sender.send(senderSocket, to: destination, payload: Self.payload, now: radio.now)
                radio.waitForUnicast()
            }
        }
        guard sender.ipCounters.transmitSuccess - successes >= UInt64(Self.rounds) else {
            throw BenchError.datagramLost(in: #function)
        }
        // Its own transmissions used counters, too.
        nextFrameCounter = max(nextFrameCounter, sender.mac.frameCounter)
        return cost
    }

    // MARK: Single layers

    /// AES-CCM of the same bytes by the same provider, and nothing else.
    func open() throws -> Cost {
        var frames = makeFrames(count: Self.rounds, requestsAcknowledgement: false).map(\.bytes)
        let first = nextFrameCounter - UInt32(Self.rounds)
        var opened = 0
        let cost = Cost.measuring(rounds: Self.rounds) {
            for index in frames.indices {
                let isAuthentic = context.open(
                    &frames[index], ciphertext: frame.encryptedRange, authenticated: .range(frame.authenticatedRange),
                    nonce: nonce(first + UInt32(index)), codeLength: frame.codeRange.count)
                if isAuthentic { opened += 1 }
            }
        }
        guard opened == Self.rounds else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    func seal() -> Cost {
        var bytes = plaintext
        return Cost.measuring(rounds: Self.rounds) {
            for index in 0..<Self.rounds {
                context.seal(
                    &bytes, plaintext: frame.encryptedRange, authenticated: .range(frame.authenticatedRange),
                    nonce: nonce(UInt32(index)), codeLength: frame.codeRange.count)
            }
        }
    }

    private func nonce(_ frameCounter: UInt32) -> Nonce {
        Nonce(
            extendedAddress: sender.thread.extendedAddress.rawValue, frameCounter: frameCounter,
            securityLevel: SecurityLevel.encryptionWithCode32.rawValue)
    }

    /// Checksum and header of the frame.
    func parse() throws -> Cost {
        let frames = makeFrames(count: Self.rounds, requestsAcknowledgement: false)
        var sum = 0
        let cost = try Cost.measuring(rounds: Self.rounds) {
            for frame in frames {
                guard FrameCheckSequence.isValid(frame.bytes) else { throw BenchError.datagramLost(in: #function) }
                let parsed = try MACFrame(parsing: frame.bytes, frameCheckSequenceLength: FrameCheckSequence.byteCount)
                sum += parsed.payload.count
            }
        }
        guard sum == Self.rounds * frame.payload.count else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    /// The MAC engine: checksum, header, filters, peers, counters, AES-CCM.
    func mac() throws -> Cost {
        let frames = makeFrames(count: Self.rounds, requestsAcknowledgement: false)
        var mac = receiver.mac
        var received = 0
        let cost = Cost.measuring(rounds: Self.rounds) {
            for frame in frames {
                mac.handle(received: frame, now: start)
                while let output = mac.pollOutput() {
                    if case .received = output { received += 1 }
                }
            }
        }
        guard received == Self.rounds else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    /// 6LoWPAN: the headers in full and the datagram behind them.
    func lowPAN() throws -> Cost {
        var lowPAN = makeLowPAN()
        var expanded = 0
        let cost = Cost.measuring(rounds: Self.rounds) {
            for _ in 0..<Self.rounds {
                let result = lowPAN.receive(
                    plaintext, payload: frame.payload, source: frame.header.source,
                    destination: frame.header.destination, isSecured: true, now: start)
                if case .datagram = result { expanded += 1 }
            }
        }
        guard expanded == Self.rounds else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    /// IPv6 and UDP: header, checksum, socket.
    func ip() throws -> Cost {
        let datagram = try self.datagram()
        var ip = receiver.ip
        let link = LinkMetadata(
            isSecured: true, source: frame.header.source, rssi: IdealMedium.rssi, snr: IdealMedium.snr)
        var delivered = 0
        let cost = try Cost.measuring(rounds: Self.rounds) {
            for _ in 0..<Self.rounds {
                ip.receive(datagram, link: link, now: start)
                while ip.pollOutput() != nil {}
                if try ip.receive(socket) != nil { delivered += 1 }
            }
        }
        guard delivered == Self.rounds else { throw BenchError.datagramLost(in: #function) }
        return cost
    }

    private func makeLowPAN() -> LowPANEngine {
        var lowPAN = LowPANEngine(profile: .ieee802154)
        if let prefix = receiver.thread.network?.meshLocalPrefix {
            lowPAN.contexts.set(LowPANContext(id: 0, prefix: prefix, isCompressible: true))
        }
        return lowPAN
    }

    private func datagram() throws -> [UInt8] {
        var lowPAN = makeLowPAN()
        let result = lowPAN.receive(
            plaintext, payload: frame.payload, source: frame.header.source, destination: frame.header.destination,
            isSecured: true, now: start)
        guard case .datagram(let datagram, _, _, _) = result else { throw BenchError.datagramLost(in: #function) }
        return datagram
    }

    /// What the Thread engine notes of every frame.
    func hooks() throws -> Cost {
        var thread = receiver.thread
        guard let origin = sender.thread.meshLocalEID else { throw BenchError.networkDidNotForm }
        return Cost.measuring(rounds: Self.rounds) {
            for _ in 0..<Self.rounds {
                thread.noteHeard(
                    sender.thread.extendedAddress, rssi: IdealMedium.rssi, snr: IdealMedium.snr, now: start)
                thread.snoop(origin, at: sender.thread.rloc16, now: start)
            }
        }
    }
}
