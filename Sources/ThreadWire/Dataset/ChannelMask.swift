public import WireCore

/// The channels that a network may use, page by page.
/// - Source: OpenThread as observed: the commands `dataset active` and `dataset active -x`
public struct ChannelMask: Equatable, Sendable {
    public let entries: [Entry]

    /// The channels of one page.
    public struct Entry: Equatable, Sendable {
        public let page: UInt8
        /// The first bit of the first byte stands for channel 0.
        public let bits: [UInt8]

        /// - Parameter bits: at most 255 bytes.
        public init(page: UInt8, bits: [UInt8]) {
            precondition(bits.count <= Int(UInt8.max), "a channel mask of \(bits.count) bytes")
            self.page = page
            self.bits = bits
        }
    }

    public init(entries: [Entry]) { self.entries = entries }

    /// A mask of channels of page 0, as people write it.
    /// - Parameter channels: the least significant bit stands for channel 0.
    public init(channels: UInt32) {
        entries = [Entry(page: 0, bits: (0..<4).map { UInt8(truncatingIfNeeded: channels >> ($0 * 8)).bitsReversed })]
    }

    /// The channels of page 0, the least significant bit for channel 0; nil when there is no such entry of four bytes.
    public var channels: UInt32? {
        for entry in entries where entry.page == 0 && entry.bits.count == 4 {
            return entry.bits.reversed().reduce(0) { $0 << 8 | UInt32($1.bitsReversed) }
        }
        return nil
    }

    /// Reads all that is left.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        var entries: [Entry] = []
        while !reader.isAtEnd {
            let page = try reader.readUInt8("channel mask page")
            let length = try reader.readUInt8("channel mask length")
            entries.append(Entry(page: page, bits: try reader.readBytes(Int(length), "channel mask")))
        }
        self.entries = entries
    }

    public var byteCount: Int { entries.reduce(0) { $0 + 2 + $1.bits.count } }

    public func serialize(into writer: inout ByteWriter) {
        for entry in entries {
            writer.write(entry.page)
            writer.write(UInt8(entry.bits.count))
            writer.write(contentsOf: entry.bits)
        }
    }
}

extension UInt8 {
    fileprivate var bitsReversed: UInt8 {
        var result: UInt8 = 0
        for bit in 0..<8 where self & 1 << UInt8(bit) != 0 { result |= 0x80 >> UInt8(bit) }
        return result
    }
}
