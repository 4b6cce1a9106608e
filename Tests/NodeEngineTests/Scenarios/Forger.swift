import CryptoProviders
import EngineCore
import LinkProfiles
import LinkSecurity
import LowPANEngine
import TestSupport
import ThreadEngine
import ThreadWire
import WireCore

/// Makes frames that no node of the network has sent.
struct Forger {
    /// The key of all recordings.
    /// - Source: Tests/Fixtures/README.md
    private static let recordedKey = bytes(hexadecimal: "00112233445566778899aabbccddeeff")!

    let profile: LinkProfile
    private var keys = KeyRing(
        networkKey: TestNetworks.networkKey, keySequence: 0, cryptography: MbedTLSCryptography())
    private var compressor: LowPANEngine
    private var counter: UInt32 = 1

    init(profile: LinkProfile) {
        self.profile = profile
        compressor = LowPANEngine(profile: profile)
        compressor.contexts = LowPANContextTable([LowPANContext(id: 0, prefix: TestNetworks.dataset.meshLocalPrefix!)])
    }

    // MARK: Frames

    /// An unsecured data frame to everybody or to one node.
    mutating func frame(
        _ payload: [UInt8], from sender: LinkAddress, to receiver: LinkAddress = .short(.broadcast)
    ) -> [UInt8] {
        counter += 1
        let header = MACHeader(
            frameType: .data, sequenceNumber: UInt8(truncatingIfNeeded: counter),
            destinationPAN: TestNetworks.dataset.panID, destination: receiver, source: sender,
            requestsAcknowledgement: !receiver.isBroadcast)
        var writer = ByteWriter()
        header.serialize(into: &writer)
        writer.write(contentsOf: payload)
        writer.write(repeating: 0, count: profile.frameCheckSequenceLength)
        return checked(writer.bytes)
    }

    /// Sets the checksum right, so that what is behind it is looked at.
    func checked(_ frame: [UInt8]) -> [UInt8] {
        var frame = Array(frame.prefix(profile.maximumPSDU))
        if profile.frameCheckSequenceLength > 0, frame.count >= 2 { FrameCheckSequence.write(into: &frame) }
        return frame
    }

    /// One fragment, whole or not, of a datagram that there never was.
    mutating func fragment(
        size: UInt16, tag: UInt16, offset: UInt8?, content: [UInt8], from sender: LinkAddress, to receiver: LinkAddress
    ) -> [UInt8] {
        var writer = ByteWriter()
        FragmentHeader(datagramSize: size, datagramTag: tag, datagramOffset: offset).serialize(into: &writer)
        writer.write(contentsOf: content)
        return frame(writer.bytes, from: sender, to: receiver)
    }

    // MARK: MLE by one who knows the key

    /// An MLE message sealed under the network's key by a node that is not there; empty when it does not fit into a
    /// frame.
    mutating func message(
        _ plaintext: [UInt8], from sender: ExtendedAddress, to receiver: ExtendedAddress?
    ) -> [UInt8] {
        counter += 1
        let source = IPv6Address(linkLocal: sender.interfaceIdentifier)
        let destination =
            receiver.map { IPv6Address(linkLocal: $0.interfaceIdentifier) } ?? .linkLocalAllNodes
        let header = AuxiliarySecurityHeader(
            securityLevel: .encryptionWithCode32,
            keyIdentifier: .source4(0, index: KeySchedule.keyIndex(keySequence: 0)), frameCounter: counter)
        let sealed = MLESecurity.seal(
            plaintext, header: header, source: source, destination: destination, extendedAddress: sender,
            context: keys.contexts(for: 0).mle)
        let payload = [MLESecuritySuite.ieee802154.rawValue] + sealed
        var writer = ByteWriter()
        IPv6Header(
            payloadLength: UInt16(UDPHeader.byteCount + payload.count), nextHeader: .udp, hopLimit: 255,
            source: source, destination: destination
        ).serialize(into: &writer)
        UDPHeader.serialize(
            payload: payload, sourcePort: ThreadPort.mle, destinationPort: ThreadPort.mle, source: source,
            destination: destination, into: &writer)
        let link: LinkAddress = receiver.map { .extended($0) } ?? .short(.broadcast)
        guard
            let payloads = try? compressor.compress(
                datagram: writer.bytes, source: .extended(sender), destination: link, room: 100),
            payloads.count == 1
        else { return [] }
        return frame(payloads[0], from: .extended(sender), to: link)
    }

    /// The messages of a recording in the clear.
    func recordedMessages(_ name: String) throws -> [[UInt8]] {
        var keys = KeyRing(
            networkKey: Self.recordedKey, keySequence: 0, cryptography: MbedTLSCryptography())
        var expander = compressor
        var messages: [[UInt8]] = []
        for recorded in try Fixtures.recording(name) {
            guard let frame = try? MACFrame(parsing: recorded.psdu, frameCheckSequenceLength: 2),
                frame.header.frameType == .data, frame.header.security == nil,
                case .datagram(let datagram, _, _, _) = expander.receive(
                    recorded.psdu, payload: frame.payload, source: frame.header.source,
                    destination: frame.header.destination, isSecured: false, now: .zero)
            else { continue }
            var reader = ByteReader(datagram)
            guard case .extended(let sender) = frame.header.source,
                let header = try? IPv6Header(parsing: &reader), (try? UDPHeader(parsing: &reader)) != nil,
                (try? reader.readUInt8("suite")) == MLESecuritySuite.ieee802154.rawValue
            else { continue }
            let start = reader.offset
            guard let security = try? AuxiliarySecurityHeader(parsing: &reader),
                case .source4(let sequence, _) = security.keyIdentifier
            else { continue }
            var bytes = datagram
            let content = MLESecurity.open(
                &bytes, message: start..<bytes.count, header: security, source: header.source,
                destination: header.destination, extendedAddress: sender, context: keys.contexts(for: sequence).mle)
            if let content { messages.append(Array(bytes[content])) }
        }
        return messages
    }
}
