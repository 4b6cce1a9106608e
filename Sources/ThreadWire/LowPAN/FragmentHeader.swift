public import WireCore

/// The header in front of each piece of a datagram that does not fit into one frame.
/// - Source: RFC 4944 §5.3
public struct FragmentHeader: Equatable, Sendable {
    /// The largest datagram that the header's 11 bits can tell the size of.
    /// - Units: bytes
    public static let maximumDatagramSize: UInt16 = 2047

    /// The whole datagram's size before compression, the same in all its fragments.
    /// - Units: bytes
    /// - Range: 0 to 2047
    public let datagramSize: UInt16
    /// The same in all fragments of one datagram.
    public let datagramTag: UInt16
    /// Where the fragment's payload stands in the uncompressed datagram; nil for the first fragment.
    /// - Units: 8 bytes
    public let datagramOffset: UInt8?

    /// - Precondition: `datagramSize` is at most 2,047 bytes.
    public init(datagramSize: UInt16, datagramTag: UInt16, datagramOffset: UInt8? = nil) {
        precondition(datagramSize <= Self.maximumDatagramSize, "a datagram of \(datagramSize) bytes")
        self.datagramSize = datagramSize
        self.datagramTag = datagramTag
        self.datagramOffset = datagramOffset
    }

    /// - Throws: `.invalid` when the dispatch is not that of a fragment, `.truncated` when a field is cut short.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let word = try reader.readUInt16("fragment datagram size")
        let dispatch = LowPANDispatch(UInt8(word >> 8))
        guard dispatch == .firstFragment || dispatch == .subsequentFragment else {
            throw ParseError(field: "fragment dispatch", offset: start, reason: .invalid(value: UInt64(word >> 8)))
        }
        datagramSize = word & Self.maximumDatagramSize
        datagramTag = try reader.readUInt16("fragment datagram tag")
        datagramOffset = dispatch == .firstFragment ? nil : try reader.readUInt8("fragment datagram offset")
    }

    /// Where the fragment's payload stands in the uncompressed datagram.
    /// - Units: bytes
    public var position: Int { Int(datagramOffset ?? 0) * 8 }

    public var byteCount: Int { datagramOffset == nil ? 4 : 5 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write((datagramOffset == nil ? 0xc000 : 0xe000) | datagramSize)
        writer.write(datagramTag)
        if let datagramOffset { writer.write(datagramOffset) }
    }
}
