public import EngineCore
import IPEngine
public import ThreadWire

/// A UDP datagram as it arrived.
public struct Datagram: Equatable, Sendable {
    /// Who sent it.
    public let source: IPv6Address
    /// The port to answer to.
    public let sourcePort: UInt16
    /// The address of this node or the group that it was sent to.
    public let destination: IPv6Address
    /// The port that it was sent to.
    public let destinationPort: UInt16
    /// What it carries.
    public let payload: [UInt8]
    /// As it was on arrival.
    public let hopLimit: UInt8
    /// How strong its last hop was; nil when it did not come by radio.
    public let rssi: DecibelMilliwatts?
    /// How far its last hop was above the noise; nil when it did not come by radio.
    public let snr: Decibels?

    init(_ datagram: UDPDatagram) {
        source = datagram.source.address
        sourcePort = datagram.source.port
        destination = datagram.destination.address
        destinationPort = datagram.destination.port
        payload = datagram.payload
        hopLimit = datagram.hopLimit
        rssi = datagram.link.rssi
        snr = datagram.link.snr
    }
}
