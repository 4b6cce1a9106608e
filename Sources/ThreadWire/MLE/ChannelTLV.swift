public import WireCore

/// A channel and the page that it is on, as MLE and datasets carry it.
/// - Source: OpenThread as observed: the command `dataset active -x`
public struct ChannelTLV: Equatable, Sendable {
    /// - Range: 0 for IEEE 802.15.4 at 2.4 GHz
    public var page: UInt8
    /// - Range: 11 to 26 on page 0
    public var channel: UInt16

    public init(page: UInt8 = 0, channel: UInt16) {
        self.page = page
        self.channel = channel
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        page = try reader.readUInt8("channel page")
        channel = try reader.readUInt16("channel")
    }

    public var byteCount: Int { 3 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(page)
        writer.write(channel)
    }
}
