import LinkSecurity
import PcapWire
import ThreadWire
import WireCore

/// One way through a capture, frame by frame, with what earlier passes learned.
///
/// Each method named `dissect` reads one layer of a frame, notes it in the frame, and returns the layer's bytes as
/// written again from the values that were read.
final class DissectionPass {
    let options: Dissector.Options
    var knowledge: Knowledge
    var reassembly = Reassembly()
    /// The path that a request asked for, to read its answer.
    var paths: [RequestKey: String] = [:]
    private var ring: KeyRing
    private let wellKnown: any CCMContext

    struct RequestKey: Hashable {
        var client: IPv6Address
        var token: [UInt8]
    }

    init(options: Dissector.Options, cryptography: any LinkCryptography, knowledge: Knowledge) {
        self.options = options
        self.knowledge = knowledge
        ring = KeyRing(networkKey: options.networkKey, keySequence: 0, cryptography: cryptography)
        wellKnown = cryptography.makeCCM(key: WellKnownKey.key)
    }

    /// Reads one captured packet.
    func dissect(_ packet: CapturedPacket, number: Int, time: UInt64) -> DissectedFrame {
        var frame = DissectedFrame(number: number, time: time, bytes: packet.bytes)
        guard packet.linkType == .ieee802154 || packet.linkType == .ieee802154WithoutFCS else {
            frame.problems.append("link type \(packet.linkType.rawValue) is not IEEE 802.15.4")
            return frame
        }
        if packet.originalLength > packet.bytes.count {
            frame.problems.append("only \(packet.bytes.count) of \(packet.originalLength) bytes were captured")
        }
        let hasFCS = options.hasFrameCheckSequence ?? (packet.linkType == .ieee802154)
        do {
            let link = try MACFrame(
                parsing: packet.bytes, frameCheckSequenceLength: hasFCS ? FrameCheckSequence.byteCount : 0)
            frame.rewritten = dissect(link, hasFrameCheckSequence: hasFCS, &frame)
        } catch {
            frame.problems.append("\(error)")
            frame.layers.append(DissectedLayer("Unreadable", [DissectedField("", hexadecimal(packet.bytes))]))
        }
        return frame
    }

    /// A key, its sequence, and the sender that it opened something for.
    struct Opened {
        let context: any CCMContext
        let sender: ExtendedAddress
        /// What stands for the key, for people.
        let keyName: String
    }

    /// Tries keys and senders until one opens what is sealed.
    func open(
        _ security: AuxiliarySecurityHeader, senders: [ExtendedAddress], isMLE: Bool,
        _ attempt: (any CCMContext, ExtendedAddress) -> Bool
    ) -> Opened? {
        if security.keyIdentifier == WellKnownKey.identifier {
            guard attempt(wellKnown, WellKnownKey.extendedAddress) else { return nil }
            return Opened(context: wellKnown, sender: WellKnownKey.extendedAddress, keyName: "well-known key")
        }
        for sequence in knowledge.keySequences(for: security.keyIdentifier) {
            let contexts = ring.contexts(for: sequence)
            let context = isMLE ? contexts.mle : contexts.mac
            for sender in senders where attempt(context, sender) {
                knowledge.learn(keySequence: sequence)
                return Opened(context: context, sender: sender, keyName: "key sequence \(sequence)")
            }
        }
        return nil
    }

    /// The contexts under which a frame is read.
    func contexts(of frame: DissectedFrame) -> LowPANContextTable {
        let prefix = options.meshLocalPrefix ?? knowledge.meshLocalPrefix ?? Dissector.usualMeshLocalPrefix
        return knowledge.contexts(at: frame.number, meshLocalPrefix: prefix)
    }
}
