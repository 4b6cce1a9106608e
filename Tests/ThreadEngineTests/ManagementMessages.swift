import EngineCore
import ThreadWire
import WireCore

@testable import ThreadEngine

// Management messages as a test's peer sends and reads them.
extension ScriptedNode {
    static let peerAddress = IPv6Address("fdde:ad00:beef::ff:fe00:1c00")!

    /// A request of a peer, as it comes from the layers below.
    func management(
        _ path: String, _ payload: [UInt8], type: CoAPMessage.Kind = .confirmable, messageID: UInt16 = 1,
        from source: IPv6Address = peerAddress, to destination: IPv6Address? = nil, isLinkSecured: Bool = true
    ) -> IncomingDatagram {
        let message = CoAPMessage(
            type: type, code: .post, messageID: messageID, token: [1, 2], path: path, payload: payload)
        return incoming(message, from: source, to: destination, isLinkSecured: isLinkSecured)
    }

    /// An acknowledgement of a peer.
    func acknowledgement(
        of request: CoAPMessage, _ payload: [UInt8] = [], from source: IPv6Address = peerAddress
    ) -> IncomingDatagram {
        incoming(
            CoAPMessage(
                type: .acknowledgement, code: .changed, messageID: request.messageID, token: request.token,
                path: nil, payload: payload), from: source, to: nil, isLinkSecured: true)
    }

    private func incoming(
        _ message: CoAPMessage, from source: IPv6Address, to destination: IPv6Address?, isLinkSecured: Bool
    ) -> IncomingDatagram {
        IncomingDatagram(
            source: source, destination: destination ?? engine.rlocAddress ?? engine.linkLocalAddress,
            port: ThreadPort.management, payload: message.bytes, hopLimit: 64, isLinkSecured: isLinkSecured,
            rssi: DecibelMilliwatts(-40), snr: Decibels(10))
    }

    /// The management messages that the engine sent.
    var managementMessages: [(datagram: ThreadDatagram, message: CoAPMessage)] {
        datagrams.filter { $0.port == ThreadPort.management }.compactMap { datagram in
            var reader = ByteReader(datagram.payload)
            return (try? CoAPMessage(parsing: &reader)).map { (datagram, $0) }
        }
    }
}
