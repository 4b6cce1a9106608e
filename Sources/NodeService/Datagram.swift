public import EngineCore
import IPEngine
public import ThreadWire

/// A UDP datagram as it arrived. Pymesh: what `recvfrom` returns.
public struct Datagram: Equatable, Sendable {
    /// Who sent it.
    public let source: IPv6Address
    /// The port to answer to.
    public let sourcePort: UInt16
    /// The address of this node or the group that it was sent to; on a border router, the outside address.
    public let destination: IPv6Address
    /// The port that it was sent to.
    public let destinationPort: UInt16
    /// What it carries. On a border router, a datagram for the outside begins with a ``BorderRouterHeader``.
    public let payload: [UInt8]
    /// As it was on arrival.
    public let hopLimit: UInt8
    /// How strong its last hop was; nil when it did not come by radio, or is for the outside.
    public let rssi: DecibelMilliwatts?
    /// How far its last hop was above the noise; nil when it did not come by radio, or is for the outside.
    public let snr: Decibels?
    /// Whether it is for the outside of the mesh, to which this node is the border router.
    public let isForOutside: Bool
    /// How many bytes were cut off since the buffer was too small.
    public private(set) var missingByteCount = 0

    /// The payload as it was sent: for a datagram for the outside what stands behind the header.
    public var content: ArraySlice<UInt8> {
        isForOutside ? payload.dropFirst(BorderRouterHeader.byteCount) : payload[...]
    }

    init(_ datagram: UDPDatagram) {
        source = datagram.source.address
        sourcePort = datagram.source.port
        destination = datagram.destination.address
        destinationPort = datagram.destination.port
        isForOutside = datagram.isForOutside
        payload =
            datagram.isForOutside
            ? BorderRouterHeader(address: destination, port: destinationPort).bytes + datagram.payload
            : datagram.payload
        hopLimit = datagram.hopLimit
        rssi = datagram.link.rssi
        snr = datagram.link.snr
    }

    private init(cutting datagram: Datagram, to byteCount: Int) {
        source = datagram.source
        sourcePort = datagram.sourcePort
        destination = datagram.destination
        destinationPort = datagram.destinationPort
        payload = Array(datagram.payload.prefix(byteCount))
        hopLimit = datagram.hopLimit
        rssi = datagram.rssi
        snr = datagram.snr
        isForOutside = datagram.isForOutside
        missingByteCount = datagram.payload.count - payload.count
    }

    /// The datagram as a buffer of a size takes it: the rest is lost.
    /// - Parameter byteCount: 0 or more.
    public func cut(to byteCount: Int) -> Datagram {
        payload.count <= byteCount ? self : Datagram(cutting: self, to: byteCount)
    }
}

extension Datagram: Codable {
    private enum CodingKeys: String, CodingKey {
        case source, sourcePort, destination, destinationPort, payload, hopLimit, rssi, snr, isForOutside
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        source = try container.decode(IPv6Address.self, forKey: .source)
        sourcePort = try container.decode(UInt16.self, forKey: .sourcePort)
        destination = try container.decode(IPv6Address.self, forKey: .destination)
        destinationPort = try container.decode(UInt16.self, forKey: .destinationPort)
        payload = try container.decode(HexadecimalBytes.self, forKey: .payload).bytes
        hopLimit = try container.decode(UInt8.self, forKey: .hopLimit)
        rssi = try container.decodeIfPresent(DecibelMilliwatts.self, forKey: .rssi)
        snr = try container.decodeIfPresent(Decibels.self, forKey: .snr)
        isForOutside = try container.decode(Bool.self, forKey: .isForOutside)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(sourcePort, forKey: .sourcePort)
        try container.encode(destination, forKey: .destination)
        try container.encode(destinationPort, forKey: .destinationPort)
        try container.encode(HexadecimalBytes(payload), forKey: .payload)
        try container.encode(hopLimit, forKey: .hopLimit)
        try container.encodeIfPresent(rssi, forKey: .rssi)
        try container.encodeIfPresent(snr, forKey: .snr)
        try container.encode(isForOutside, forKey: .isForOutside)
    }
}

/// What stands before the payload of a datagram for the outside: where it was sent to.
///
/// Nineteen bytes in network order: 0xbb, the IPv6 address, the UDP port.
/// - Source: the sources of Pycom's firmware, which hands datagrams to the application in this form
public struct BorderRouterHeader: Equatable, Sendable {
    public static let byteCount = 19
    static let magic: UInt8 = 0xbb

    /// The address outside of the mesh.
    public let address: IPv6Address
    /// The port there.
    public let port: UInt16

    public init(address: IPv6Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads the header at the beginning of a payload.
    /// - Returns: nil when the payload is shorter or begins with another byte.
    public init?(_ payload: some Collection<UInt8>) {
        let bytes = Array(payload.prefix(Self.byteCount))
        guard bytes.count == Self.byteCount, bytes[0] == Self.magic else { return nil }
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        address = IPv6Address(high: number(1..<9), low: number(9..<17))
        port = UInt16(number(17..<19))
    }

    /// The header as it stands before the payload.
    public var bytes: [UInt8] {
        func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
        return [Self.magic] + bytes(address.high) + bytes(address.low)
            + [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
}
