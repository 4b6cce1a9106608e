import CryptoProviders
import EngineCore
import LinkProfiles
import LinkSecurity
import LoRaChannel
import NodeEngine
import Simulator
import ThreadEngine
import ThreadWire
import WireCore

extension FuzzTarget {
    /// A formed network of three nodes at which everything is thrown, and which must ping afterwards.
    ///
    /// The bytes are pieces of: how to throw it (low two bits of the first byte), at which node (next two), and how
    /// long it is (the second byte).
    static let formedNetwork = FuzzTarget(name: "network", seeds: networkSeeds) { bytes in
        var air = Air()
        var reader = ByteReader(bytes)
        while let first = try? reader.readUInt8("kind"), let length = try? reader.readUInt8("length") {
            let piece = (try? reader.readBytes(min(Int(length), reader.remaining), "piece")) ?? []
            air.throwPiece(piece, kind: first & 3, at: Int(first >> 2 & 3) % 3)
        }
        air.expectPing(after: bytes)
    }

    @Sendable private static func networkSeeds() throws -> [[UInt8]] {
        let messages = try Corpus.mle().prefix(40).map { [2, UInt8(clamping: $0.count)] + $0.prefix(255) }
        let frames = try Corpus.frames().prefix(40).map { [0, UInt8(clamping: $0.count)] + $0 }
        let datagrams = try Corpus.datagrams().prefix(40).map { [5, UInt8(clamping: $0.count)] + $0.prefix(255) }
        return messages + frames + datagrams
    }
}

/// The network and the stranger who knows its key.
private struct Air {
    static let stranger = ExtendedAddress(rawValue: 0x166e_0aff_0000_0001)
    static let networkKey = [UInt8](repeating: 0x5a, count: 16)

    let network: VirtualNetwork
    var keys = KeyRing(networkKey: networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
    var counter: UInt32 = 1

    init() {
        let names = ["A", "B", "C"]
        let links = [("A", "B"), ("B", "C")].map { Topology.Link(from: $0, to: $1, loss: Decibels(90)) }
        guard let line = try? Topology(nodes: names, links: links) else { fatalError("no topology") }
        network = VirtualNetwork(
            topology: line, profile: .lora(.sf7bw250), seed: 1, cryptography: MbedTLSCryptography(),
            secretEntropy: { SodiumEntropy(seed: [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 32)) })
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.extendedPANID = ExtendedPANID(rawValue: 1)
        dataset.networkName = NetworkName("fuzz")
        dataset.networkKey = Self.networkKey
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")
        network.start(dataset)
        guard network.run(until: { $0.isFullyRouted }, within: .seconds(600)) != nil else { fatalError("not formed") }
    }

    mutating func throwPiece(_ piece: [UInt8], kind: UInt8, at index: Int) {
        let node = network.nodes[index]
        network.with(node) { engine, now in
            switch kind {
            case 0: engine.handle(.received(Self.received(piece)), now: now)
            case 1: engine.handle(.hostDatagram(piece), now: now)
            default:
                let receiver = kind == 2 ? nil : engine.mac.extendedAddress
                if let frame = message(piece, to: receiver) { engine.handle(.received(Self.received(frame)), now: now) }
            }
        }
        network.run(for: .milliseconds(500))
    }

    private static func received(_ bytes: [UInt8]) -> ReceivedFrame {
        ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-60), snr: Decibels(9))
    }

    /// An MLE message under the network's key.
    private mutating func message(_ plaintext: [UInt8], to receiver: ExtendedAddress?) -> [UInt8]? {
        counter += 1
        let source = IPv6Address(linkLocal: Self.stranger.interfaceIdentifier)
        let destination = receiver.map { IPv6Address(linkLocal: $0.interfaceIdentifier) } ?? .linkLocalAllNodes
        let sealed = MLESecurity.seal(
            plaintext,
            header: AuxiliarySecurityHeader(
                securityLevel: .encryptionWithCode32,
                keyIdentifier: .source4(0, index: KeySchedule.keyIndex(keySequence: 0)), frameCounter: counter),
            source: source, destination: destination, extendedAddress: Self.stranger,
            context: keys.contexts(for: 0).mle)
        let payload = [MLESecuritySuite.ieee802154.rawValue] + sealed
        let link = receiver.map { LinkAddress.extended($0) } ?? .short(.broadcast)
        let header = MACHeader(
            frameType: .data, sequenceNumber: UInt8(truncatingIfNeeded: counter),
            destinationPAN: PANID(rawValue: 0x1234),
            destination: link, source: .extended(Self.stranger), requestsAcknowledgement: receiver != nil)
        var writer = ByteWriter()
        header.serialize(into: &writer)
        writer.write(0x41 as UInt8)  // RFC 4944 §5.1: an uncompressed datagram follows
        IPv6Header(
            payloadLength: UInt16(UDPHeader.byteCount + payload.count), nextHeader: .udp, hopLimit: 255, source: source,
            destination: destination
        ).serialize(into: &writer)
        UDPHeader.serialize(
            payload: payload, sourcePort: ThreadPort.mle, destinationPort: ThreadPort.mle, source: source,
            destination: destination, into: &writer)
        return writer.count <= network.profile.maximumPSDU ? writer.bytes : nil
    }

    /// Links may have been cut by one who has the key; they come back by themselves.
    func expectPing(after bytes: [UInt8]) {
        guard network.run(until: { $0.isFullyRouted }, within: .seconds(3600)) != nil else {
            fatalError("the network did not come back after \(hexadecimal(bytes))")
        }
        let first = network["A"]
        guard let target = network["C"].engine.thread.meshLocalEID else { fatalError("no address") }
        for sequence in 1...5 as ClosedRange<UInt16> {
            let before = first.echoReplies.count
            let sent: Void? = try? network.with(first) { engine, now in
                try engine.sendEcho(to: target, identifier: 1, sequence: sequence, payload: [1, 2, 3], now: now)
            }
            if sent != nil,
                network.run(until: { $0["A"].echoReplies.count > before }, within: .seconds(30)) != nil
            {
                return
            }
        }
        fatalError("no ping after \(hexadecimal(bytes))")
    }
}
