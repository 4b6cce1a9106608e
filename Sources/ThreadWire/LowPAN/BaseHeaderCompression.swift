import WireCore

// LOWPAN_IPHC, the writing side: the fixed IPv6 header.

extension HeaderCompression {
    /// Bits of the two bytes of LOWPAN_IPHC.
    /// - Source: RFC 6282 §3.1.1
    enum BaseBits {
        static let dispatch: UInt16 = 0x6000
        static let flowLabelElided: UInt16 = 0x1000
        static let trafficClassElided: UInt16 = 0x0800
        static let nextHeaderCompressed: UInt16 = 0x0400
        static let hopLimit1: UInt16 = 0x0100
        static let hopLimit64: UInt16 = 0x0200
        static let hopLimit255: UInt16 = 0x0300
        static let contextExtension: UInt16 = 0x0080
        static let sourceContext: UInt16 = 0x0040
        static let multicast: UInt16 = 0x0008
        static let destinationContext: UInt16 = 0x0004
        /// The source's address mode is shifted left by this.
        static let sourceModeShift: UInt16 = 4
    }

    /// Writes one compressed IPv6 header.
    static func compress(
        _ header: IPv6Header, isNextHeaderCompressed: Bool, shared: Shared, into writer: inout ByteWriter
    ) {
        let source = compressSource(header.source, shared: shared)
        let destination = compressDestination(header.destination, shared: shared)
        var bits = BaseBits.dispatch | source.bits | destination.bits
        let position = writer.count
        writer.write(bits)
        if source.contextID != 0 || destination.contextID != 0 {
            bits |= BaseBits.contextExtension
            writer.write(source.contextID << 4 | destination.contextID)
        }
        bits |= compressTrafficClass(header, into: &writer)
        if isNextHeaderCompressed {
            bits |= BaseBits.nextHeaderCompressed
        } else {
            writer.write(header.nextHeader.rawValue)
        }
        switch header.hopLimit {
        case 1: bits |= BaseBits.hopLimit1
        case 64: bits |= BaseBits.hopLimit64
        case 255: bits |= BaseBits.hopLimit255
        default: writer.write(header.hopLimit)
        }
        source.inline.serialize(into: &writer)
        destination.inline.serialize(into: &writer)
        writer.patch(bits, at: position)
    }

    /// Writes traffic class and flow label, with the two parts of the traffic class exchanged.
    /// - Returns: the bits that tell which parts were left out.
    private static func compressTrafficClass(_ header: IPv6Header, into writer: inout ByteWriter) -> UInt16 {
        let congestion = header.trafficClass << 6
        let services = header.trafficClass >> 2
        if header.flowLabel == 0 {
            if header.trafficClass == 0 { return BaseBits.trafficClassElided | BaseBits.flowLabelElided }
            writer.write(congestion | services)
            return BaseBits.flowLabelElided
        }
        if services == 0 {
            writer.writeBigEndian(UInt64(congestion) << 16 | UInt64(header.flowLabel), count: 3)
            return BaseBits.trafficClassElided
        }
        writer.write(congestion | services)
        writer.writeBigEndian(UInt64(header.flowLabel), count: 3)
        return 0
    }

    /// How an address is written.
    struct CompressedAddress {
        /// Bits for LOWPAN_IPHC, shifted to where they belong.
        var bits: UInt16
        /// Zero when no context is used.
        var contextID: UInt8 = 0
        /// What is written of the address.
        var inline: Inline
    }

    /// The bytes that are written of an address.
    enum Inline {
        case nothing
        /// The low `count` bytes of a number, most significant first.
        case bytes(UInt64, count: Int)
        case whole(IPv6Address)

        func serialize(into writer: inout ByteWriter) {
            switch self {
            case .nothing: break
            case .bytes(let value, let count): writer.writeBigEndian(value, count: count)
            case .whole(let address): address.serialize(into: &writer)
            }
        }
    }

    private static func compressSource(_ address: IPv6Address, shared: Shared) -> CompressedAddress {
        if address.isUnspecified { return CompressedAddress(bits: BaseBits.sourceContext, inline: .nothing) }
        var result = compressUnicast(
            address, link: shared.source, contexts: shared.contexts, contextBit: BaseBits.destinationContext)
        // Both addresses have the same bits, the source's four to the left of the destination's.
        result.bits <<= BaseBits.sourceModeShift
        return result
    }

    private static func compressDestination(_ address: IPv6Address, shared: Shared) -> CompressedAddress {
        address.isMulticast
            ? compressMulticast(address, contexts: shared.contexts)
            : compressUnicast(
                address, link: shared.destination, contexts: shared.contexts, contextBit: BaseBits.destinationContext)
    }

    /// - Source: RFC 6282 §3.2.2 for the forms of the interface identifier
    private static func compressUnicast(
        _ address: IPv6Address, link: LinkAddress, contexts: LowPANContextTable, contextBit: UInt16
    ) -> CompressedAddress {
        let isLinkLocal = address.high == IPv6Address(linkLocal: 0).high
        let context = isLinkLocal ? nil : contexts.compressible(for: address)
        // A context shorter than 64 bits restores zeros behind it: any other address needs all its bytes.
        guard isLinkLocal || context?.address(interfaceIdentifier: address.low) == address else {
            return CompressedAddress(bits: 0, inline: .whole(address))
        }
        func restored(_ interfaceIdentifier: UInt64) -> IPv6Address {
            context?.address(interfaceIdentifier: interfaceIdentifier) ?? IPv6Address(linkLocal: interfaceIdentifier)
        }
        let bits = context == nil ? 0 : contextBit
        let contextID = context?.id ?? 0
        if let identifier = link.interfaceIdentifier, restored(identifier) == address {
            return CompressedAddress(bits: bits | 3, contextID: contextID, inline: .nothing)
        }
        if address.locator != nil {
            return CompressedAddress(bits: bits | 2, contextID: contextID, inline: .bytes(address.low, count: 2))
        }
        return CompressedAddress(bits: bits | 1, contextID: contextID, inline: .bytes(address.low, count: 8))
    }

    /// - Source: RFC 6282 §3.2.3, §3.2.4; context 0 for prefix-based addresses is OpenThread's choice as observed
    private static func compressMulticast(_ address: IPv6Address, contexts: LowPANContextTable) -> CompressedAddress {
        let scope = UInt64(address[1])
        let hasShortGroup = address.high & 0xffff_ffff_ffff == 0
        if hasShortGroup, scope == 0x02, address.low >> 8 == 0, address.low != 0 {
            return CompressedAddress(bits: BaseBits.multicast | 3, inline: .bytes(address.low, count: 1))
        }
        if hasShortGroup, address.low >> 24 == 0 {
            return CompressedAddress(
                bits: BaseBits.multicast | 2, inline: .bytes(scope << 24 | address.low, count: 4))
        }
        if hasShortGroup, address.low >> 40 == 0 {
            return CompressedAddress(
                bits: BaseBits.multicast | 1, inline: .bytes(scope << 40 | address.low, count: 6))
        }
        let inline = (address.high >> 40 & 0xffff) << 32 | address.low & 0xffff_ffff
        if let context = contexts[0], context.prefix.length == address[3],
            multicastAddress(context: context, inline: inline) == address
        {
            return CompressedAddress(
                bits: BaseBits.multicast | BaseBits.destinationContext, inline: .bytes(inline, count: 6))
        }
        return CompressedAddress(bits: BaseBits.multicast, inline: .whole(address))
    }

    /// A multicast address made from a unicast prefix.
    /// - Parameter inline: six bytes as a number: flags and scope, a reserved byte, and the four bytes of the group.
    /// - Source: RFC 6282 §3.2.4; RFC 3306 §4
    static func multicastAddress(context: LowPANContext, inline: UInt64) -> IPv6Address {
        let prefix = context.prefix.address.high
        return IPv6Address(
            high: 0xff << 56 | (inline >> 32) << 40 | UInt64(context.prefix.length) << 32 | prefix >> 32,
            low: prefix << 32 | inline & 0xffff_ffff)
    }
}
