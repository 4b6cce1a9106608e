public import WireCore

/// What the radios of OpenThread's simulation send each other in one UDP datagram: the number of the channel, then the
/// PSDU with its frame check sequence. Who sent it only its source port tells.
/// - Source: OpenThread as observed
public struct OpenThreadDatagram: Equatable, Sendable {
    /// The channel that the frame is on.
    /// - Range: 11 to 26
    public var channel: UInt8
    /// The frame with its frame check sequence, which receivers do not check here.
    /// - Range: 1 to 127 bytes
    public var psdu: [UInt8]

    /// The channels of IEEE 802.15.4 at 2.4 GHz.
    public static let channels: ClosedRange<UInt8> = 11...26
    /// The largest frame: aMaxPHYPacketSize, IEEE 802.15.4-2006 §6.4.1.
    /// - Units: bytes
    public static let maximumPSDU = 127

    public init(channel: UInt8, psdu: [UInt8]) {
        self.channel = channel
        self.psdu = psdu
    }

    /// - Throws: when the channel does not exist, or the frame is empty or longer than a frame can be.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        channel = try reader.readUInt8("channel")
        guard Self.channels.contains(channel) else {
            throw ParseError(field: "channel", offset: offset, reason: .invalid(value: UInt64(channel)))
        }
        try reader.require(1, "PSDU")
        guard reader.remaining <= Self.maximumPSDU else {
            throw ParseError(
                field: "PSDU", offset: reader.offset,
                reason: .invalidLength(found: reader.remaining, expected: Self.maximumPSDU))
        }
        psdu = reader.readRemaining()
    }

    public var byteCount: Int { 1 + psdu.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(channel)
        writer.write(contentsOf: psdu)
    }
}
