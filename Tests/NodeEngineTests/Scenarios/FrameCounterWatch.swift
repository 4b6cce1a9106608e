import EngineCore
import LowPANEngine
import Simulator
import ThreadEngine
import ThreadWire
import WireCore

/// Watches what nodes send, to find a frame counter that is used twice under one key: that would give the plaintext
/// away.
///
/// It reads the frames as they go on the air, of the link layer and of MLE. A repetition has the same bytes.
final class FrameCounterWatch {
    private enum Layer: Hashable {
        case link
        case mle
    }

    /// One key in the hands of one node. The link layer's frames tell the key sequence by its index alone.
    private struct Use: Hashable {
        let sender: ExtendedAddress
        let networkKey: [UInt8]
        let layer: Layer
        let keySequence: UInt32
    }

    /// What was secured with each counter, as a hash.
    private var used: [Use: [UInt32: Int]] = [:]
    /// One for each sender, as its neighbors have it.
    private var expanders: [Int: LowPANEngine] = [:]
    private(set) var violations: [String] = []
    /// How many secured frames and messages were looked at, repetitions left out.
    private(set) var count = 0

    func note(_ bytes: [UInt8], from node: VirtualNetwork.Node, of network: VirtualNetwork) {
        guard
            let frame = try? MACFrame(
                parsing: bytes, frameCheckSequenceLength: network.profile.frameCheckSequenceLength)
        else { return report("\(node.name) sent what is no frame: \(bytes)") }
        guard let security = frame.header.security else {
            if frame.header.frameType == .data { noteUnsecured(bytes, frame, from: node, of: network) }
            return
        }
        guard case .index(let index) = security.keyIdentifier else { return }
        note(.link, keySequence: UInt32(index), security.frameCounter, content: bytes, of: node)
    }

    /// MLE's messages are secured further up.
    private func noteUnsecured(
        _ bytes: [UInt8], _ frame: MACFrame, from node: VirtualNetwork.Node, of network: VirtualNetwork
    ) {
        var expander = expanders[node.index] ?? LowPANEngine(profile: network.profile)
        defer { expanders[node.index] = expander }
        if let prefix = node.engine.thread.network?.meshLocalPrefix {
            expander.contexts = LowPANContextTable([LowPANContext(id: 0, prefix: prefix)])
        }
        let received = expander.receive(
            bytes, payload: frame.payload, source: frame.header.source, destination: frame.header.destination,
            isSecured: false, now: network.now)
        guard case .datagram(let datagram, _, _, _) = received else { return }
        guard let message = Self.secured(datagram) else {
            return report("\(node.name) sent an unsecured datagram that is not secured by MLE either")
        }
        guard let message = message.header else { return }
        guard case .source4(let sequence, _) = message.keyIdentifier else {
            return report("\(node.name) secured an MLE message with \(message.keyIdentifier)")
        }
        note(.mle, keySequence: sequence, message.frameCounter, content: datagram, of: node)
    }

    /// The security header of an MLE message; inside, nil for one of those that come without.
    private static func secured(_ datagram: [UInt8]) -> (header: AuxiliarySecurityHeader?, Void)? {
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader), header.nextHeader == .udp,
            let udp = try? UDPHeader(parsing: &reader), udp.destinationPort == ThreadPort.mle,
            let suite = try? reader.readUInt8("suite")
        else { return nil }
        guard MLESecuritySuite(rawValue: suite) == .ieee802154 else { return (nil, ()) }
        return (try? AuxiliarySecurityHeader(parsing: &reader)).map { ($0, ()) }
    }

    private func note(
        _ layer: Layer, keySequence: UInt32, _ counter: UInt32, content: [UInt8], of node: VirtualNetwork.Node
    ) {
        let thread = node.engine.thread
        let use = Use(
            sender: thread.extendedAddress, networkKey: thread.network?.networkKey ?? [], layer: layer,
            keySequence: keySequence)
        let hash = content.hashValue
        if let known = used[use]?[counter] {
            if known != hash {
                report("\(node.name) used \(layer) counter \(counter) twice under key sequence \(keySequence)")
            }
            return
        }
        used[use, default: [:]][counter] = hash
        count += 1
    }

    private func report(_ violation: String) {
        violations.append(violation)
    }
}
