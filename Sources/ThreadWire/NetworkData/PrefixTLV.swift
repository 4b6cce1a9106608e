public import WireCore

/// A prefix, and who routes for it, gives addresses of it, or may leave it out of headers.
/// - Source: OpenThread as observed: recordings prefix and cliref
public struct PrefixTLV: Equatable, Sendable {
    public var isStable: Bool
    public var domainID: UInt8
    public var prefix: IPv6Prefix
    public var subTLVs: [PrefixSubTLV]

    public init(isStable: Bool, domainID: UInt8 = 0, prefix: IPv6Prefix, subTLVs: [PrefixSubTLV]) {
        self.isStable = isStable
        self.domainID = domainID
        self.prefix = prefix
        self.subTLVs = subTLVs
    }

    /// Reads all that is left: the value of an element.
    /// - Throws: `.invalid` for a prefix of more than 128 bits.
    init(isStable: Bool, parsing value: inout ByteReader) throws(ParseError) {
        self.isStable = isStable
        domainID = try value.readUInt8("domain id")
        let offset = value.offset
        let length = try value.readUInt8("prefix length")
        guard length <= 128 else {
            throw ParseError(field: "prefix length", offset: offset, reason: .invalid(value: UInt64(length)))
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in try value.readBytes(Self.prefixByteCount(length), "prefix").enumerated() {
            let shift = UInt64(56 - index % 8 * 8)
            if index < 8 { high |= UInt64(byte) << shift } else { low |= UInt64(byte) << shift }
        }
        prefix = IPv6Prefix(IPv6Address(high: high, low: low), length: length)
        subTLVs = []
        while !value.isAtEnd { subTLVs.append(try PrefixSubTLV(parsing: &value)) }
    }

    private static func prefixByteCount(_ length: UInt8) -> Int { (Int(length) + 7) / 8 }

    private var valueLength: Int {
        subTLVs.reduce(2 + Self.prefixByteCount(prefix.length)) { $0 + $1.byteCount }
    }

    public var byteCount: Int { 2 + valueLength }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(.prefix, isStable: isStable, length: valueLength)
        writer.write(domainID)
        writer.write(prefix.length)
        writer.write(contentsOf: prefix.address.bytes.prefix(Self.prefixByteCount(prefix.length)))
        for tlv in subTLVs { tlv.serialize(into: &writer) }
    }

    /// All border routers of the prefix.
    public var borderRouters: [BorderRouterEntry] {
        subTLVs.flatMap { if case .borderRouter(_, let entries) = $0 { entries } else { [] as [BorderRouterEntry] } }
    }

    /// All routes to the prefix.
    public var routes: [HasRouteEntry] {
        subTLVs.flatMap { if case .hasRoute(_, let entries) = $0 { entries } else { [] as [HasRouteEntry] } }
    }

    /// Under which number headers may leave the prefix out.
    public var context: ContextTLV? {
        for tlv in subTLVs {
            if case .context(let context) = tlv { return context }
        }
        return nil
    }
}

/// One element of a prefix.
public enum PrefixSubTLV: Equatable, Sendable {
    case hasRoute(isStable: Bool, [HasRouteEntry])
    case borderRouter(isStable: Bool, [BorderRouterEntry])
    case context(ContextTLV)
    /// Any other type, kept as it came.
    case unknown(UnknownNetworkDataTLV)

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let (type, isStable, rest) = try reader.readNetworkDataTLV()
        var value = rest
        switch type {
        case .hasRoute:
            var entries: [HasRouteEntry] = []
            while !value.isAtEnd { entries.append(try HasRouteEntry(parsing: &value)) }
            self = .hasRoute(isStable: isStable, entries)
        case .borderRouter:
            var entries: [BorderRouterEntry] = []
            while !value.isAtEnd { entries.append(try BorderRouterEntry(parsing: &value)) }
            self = .borderRouter(isStable: isStable, entries)
        case .context:
            self = .context(try ContextTLV(isStable: isStable, parsing: &value))
            try value.requireEnd("6LoWPAN ID")
        default:
            self = .unknown(UnknownNetworkDataTLV(type: type, isStable: isStable, value: value.readRemaining()))
        }
    }

    public var isStable: Bool {
        switch self {
        case .hasRoute(let isStable, _), .borderRouter(let isStable, _): isStable
        case .context(let tlv): tlv.isStable
        case .unknown(let tlv): tlv.isStable
        }
    }

    public var byteCount: Int {
        switch self {
        case .hasRoute(_, let entries): 2 + entries.count * HasRouteEntry.byteCount
        case .borderRouter(_, let entries): 2 + entries.count * BorderRouterEntry.byteCount
        case .context(let tlv): tlv.byteCount
        case .unknown(let tlv): tlv.byteCount
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        switch self {
        case .hasRoute(let isStable, let entries):
            writer.writeNetworkDataTLV(.hasRoute, isStable: isStable, length: byteCount - 2)
            for entry in entries { entry.serialize(into: &writer) }
        case .borderRouter(let isStable, let entries):
            writer.writeNetworkDataTLV(.borderRouter, isStable: isStable, length: byteCount - 2)
            for entry in entries { entry.serialize(into: &writer) }
        case .context(let tlv): tlv.serialize(into: &writer)
        case .unknown(let tlv): tlv.serialize(into: &writer)
        }
    }
}

/// The number under which headers may leave a prefix out.
public struct ContextTLV: Equatable, Sendable {
    public var isStable: Bool
    /// - Range: 0 to 15
    public var contextID: UInt8
    /// Senders may use it; otherwise it is only to be understood.
    public var isCompressible: Bool
    /// How much of an address it stands for.
    /// - Units: bits
    public var length: UInt8

    public init(isStable: Bool, contextID: UInt8, isCompressible: Bool, length: UInt8) {
        self.isStable = isStable
        self.contextID = contextID
        self.isCompressible = isCompressible
        self.length = length
    }

    init(isStable: Bool, parsing value: inout ByteReader) throws(ParseError) {
        self.isStable = isStable
        let flags = try value.readUInt8("context id")
        contextID = flags & 0xf
        isCompressible = flags & 0x10 != 0
        length = try value.readUInt8("context length")
    }

    public var byteCount: Int { 4 }

    public func serialize(into writer: inout ByteWriter) {
        writer.writeNetworkDataTLV(.context, isStable: isStable, length: 2)
        writer.write((isCompressible ? 0x10 : 0) | contextID & 0xf)
        writer.write(length)
    }
}
