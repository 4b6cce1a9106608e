public import WireCore

/// The payload of an address or server message: its elements, in their order.
///
/// The properties named after elements give the first one of that type, or nil.
/// - Source: OpenThread as observed: recordings line_traffic and prefix
public struct TMFMessage: Equatable, Sendable {
    public var tlvs: [TMFTLV]

    public init(tlvs: [TMFTLV] = []) { self.tlvs = tlvs }

    /// Reads all that is left.
    /// - Throws: when an element is cut off, or has a known type and a wrong length.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        tlvs = []
        while !reader.isAtEnd { tlvs.append(try TMFTLV(parsing: &reader)) }
    }

    /// Reads a whole buffer.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { tlvs.reduce(0) { $0 + $1.byteCount } }

    public func serialize(into writer: inout ByteWriter) {
        for tlv in tlvs { tlv.serialize(into: &writer) }
    }

    /// The message as one buffer.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }
}

extension TMFMessage {
    public var targetEID: IPv6Address? { first { if case .targetEID(let value) = $0 { value } else { nil } } }
    public var macExtendedAddress: ExtendedAddress? {
        first { if case .macExtendedAddress(let value) = $0 { value } else { nil } }
    }
    public var rloc16: RLOC16? { first { if case .rloc16(let value) = $0 { value } else { nil } } }
    public var meshLocalEID: UInt64? { first { if case .meshLocalEID(let value) = $0 { value } else { nil } } }
    public var status: TMFStatus? { first { if case .status(let value) = $0 { value } else { nil } } }
    /// - Units: seconds
    public var timeSinceLastTransaction: UInt32? {
        first { if case .timeSinceLastTransaction(let value) = $0 { value } else { nil } }
    }
    public var routerMask: RouterMask? { first { if case .routerMask(let value) = $0 { value } else { nil } } }
    public var threadNetworkData: [UInt8]? {
        first { if case .threadNetworkData(let value) = $0 { value } else { nil } }
    }
    /// - Units: seconds
    public var timeout: UInt32? { first { if case .timeout(let value) = $0 { value } else { nil } } }
    public var ipv6Addresses: [IPv6Address]? {
        first { if case .ipv6Addresses(let value) = $0 { value } else { nil } }
    }
    public var commissionerSessionID: UInt16? {
        first { if case .commissionerSessionID(let value) = $0 { value } else { nil } }
    }

    private func first<Value>(_ value: (TMFTLV) -> Value?) -> Value? {
        for tlv in tlvs {
            if let found = value(tlv) { return found }
        }
        return nil
    }
}
