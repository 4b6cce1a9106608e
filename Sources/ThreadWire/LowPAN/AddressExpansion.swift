import WireCore

/// The addresses of one LOWPAN_IPHC header, read in full.
/// - Source: RFC 6282 §3.1.1, §3.2
struct AddressExpansion {
    let shared: HeaderCompression.Shared
    /// The two bytes of LOWPAN_IPHC.
    let bits: UInt16
    /// The source's context in the high four bits, the destination's in the low four.
    let contextIDs: UInt8
    /// Where the header begins, for errors.
    let offset: Int

    func source(_ reader: inout ByteReader) throws(ParseError) -> IPv6Address {
        let usesContext = bits & HeaderCompression.BaseBits.sourceContext != 0
        let mode = bits >> HeaderCompression.BaseBits.sourceModeShift & 3
        if usesContext, mode == 0 { return .unspecified }
        let context = usesContext ? try context(contextIDs >> 4) : nil
        return try unicast(mode, context: context, link: shared.source, &reader, "source address")
    }

    func destination(_ reader: inout ByteReader) throws(ParseError) -> IPv6Address {
        let usesContext = bits & HeaderCompression.BaseBits.destinationContext != 0
        let isMulticast = bits & HeaderCompression.BaseBits.multicast != 0
        let mode = bits & 3
        let field = "destination address"
        switch (isMulticast, usesContext) {
        case (false, true) where mode == 0, (true, true) where mode != 0:
            throw ParseError(field: "LOWPAN_IPHC", offset: offset, reason: .invalid(value: UInt64(bits)))
        case (false, _):
            let context = usesContext ? try context(contextIDs & 0xf) : nil
            return try unicast(mode, context: context, link: shared.destination, &reader, field)
        case (true, true):
            let context = try context(contextIDs & 0xf)
            return HeaderCompression.multicastAddress(context: context, inline: try reader.readBigEndian(6, field))
        case (true, false):
            return try multicast(mode, &reader, field)
        }
    }

    private func context(_ id: UInt8) throws(ParseError) -> LowPANContext {
        guard let context = shared.contexts[id] else {
            throw ParseError(
                field: HeaderCompression.contextField, offset: offset, reason: .unsupported(value: UInt64(id)))
        }
        return context
    }

    private func unicast(
        _ mode: UInt16, context: LowPANContext?, link: LinkAddress, _ reader: inout ByteReader, _ field: String
    ) throws(ParseError) -> IPv6Address {
        let interfaceIdentifier: UInt64
        switch mode {
        case 0:
            return try IPv6Address(parsing: &reader, field)
        case 1:
            interfaceIdentifier = try reader.readUInt64(field)
        case 2:
            interfaceIdentifier = 0x0000_00ff_fe00_0000 | UInt64(try reader.readUInt16(field))
        default:
            guard let derived = link.interfaceIdentifier else {
                throw ParseError(field: field, offset: offset, reason: .invalid(value: UInt64(bits)))
            }
            interfaceIdentifier = derived
        }
        return context?.address(interfaceIdentifier: interfaceIdentifier)
            ?? IPv6Address(linkLocal: interfaceIdentifier)
    }

    /// - Source: RFC 6282 §3.2.3
    private func multicast(
        _ mode: UInt16, _ reader: inout ByteReader, _ field: String
    ) throws(ParseError) -> IPv6Address {
        func address(scope: UInt8, group: UInt64) -> IPv6Address {
            IPv6Address(high: 0xff << 56 | UInt64(scope) << 48, low: group)
        }
        switch mode {
        case 0:
            let start = reader.offset
            let address = try IPv6Address(parsing: &reader, field)
            guard address.isMulticast else {
                throw ParseError(field: field, offset: start, reason: .invalid(value: address.high >> 56))
            }
            return address
        case 1:
            return address(scope: try reader.readUInt8(field), group: try reader.readBigEndian(5, field))
        case 2:
            return address(scope: try reader.readUInt8(field), group: try reader.readBigEndian(3, field))
        default:
            return address(scope: 2, group: UInt64(try reader.readUInt8(field)))
        }
    }
}
