import WireCore

/// LOWPAN_NHC, the writing side: the headers behind the fixed IPv6 header.
/// - Source: RFC 6282 §4
enum NextHeaderCompression {
    /// The byte that announces an IPv6 header in LOWPAN_IPHC: extension header 7, next header bit clear.
    /// - Source: RFC 6282 §4.2
    static let ipv6: UInt8 = 0xee
    static let hopByHop: UInt8 = 0xe0
    /// Set in an extension header's byte when the header behind it is compressed too.
    static let isFollowed: UInt8 = 0x01
    static let udp: UInt8 = 0xf0

    /// - Parameter content: the options, without padding that the receiver restores.
    static func compressHopByHop(
        nextHeader: NextHeader, content: ArraySlice<UInt8>, isNextHeaderCompressed: Bool, into writer: inout ByteWriter
    ) {
        if isNextHeaderCompressed {
            writer.write(hopByHop | isFollowed)
        } else {
            writer.write(hopByHop)
            writer.write(nextHeader.rawValue)
        }
        writer.write(UInt8(content.count))
        writer.write(contentsOf: content)
    }

    /// - Source: RFC 6282 §4.3.1, §4.3.3
    static func compress(_ header: UDPHeader, into writer: inout ByteWriter) {
        let (source, destination) = (header.sourcePort, header.destinationPort)
        if source & 0xfff0 == 0xf0b0, destination & 0xfff0 == 0xf0b0 {
            writer.write(udp | 3)
            writer.write(UInt8(source & 0xf) << 4 | UInt8(destination & 0xf))
        } else if source & 0xff00 == 0xf000 {
            writer.write(udp | 2)
            writer.write(UInt8(source & 0xff))
            writer.write(destination)
        } else if destination & 0xff00 == 0xf000 {
            writer.write(udp | 1)
            writer.write(source)
            writer.write(UInt8(destination & 0xff))
        } else {
            writer.write(udp)
            writer.write(source)
            writer.write(destination)
        }
        writer.write(header.checksum)
    }
}
