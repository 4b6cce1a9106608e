/// The identifier of a personal area network.
/// - Source: IEEE 802.15.4-2006 §7.2.1.3
public struct PANID: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Every PAN hears it.
    public static let broadcast = PANID(rawValue: 0xffff)
}

/// A 16-bit link address. In a Thread network it is the RLOC16: 6 bits of router, 1 reserved, 9 of child.
/// - Source: IEEE 802.15.4-2006 §7.2.1.4; router and child parts as observed: recording attach, frame 14
public struct ShortAddress: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The router's own address when `childID` is zero, else that of one of its children.
    public init(routerID: RouterID, childID: UInt16 = 0) {
        rawValue = UInt16(routerID.rawValue) << 10 | childID & 0x1ff
    }

    /// Every node hears it.
    public static let broadcast = ShortAddress(rawValue: 0xffff)
    /// The address of a node that has none.
    public static let unassigned = ShortAddress(rawValue: 0xfffe)

    /// The router that this node is, or whose child it is.
    public var routerID: RouterID { RouterID(rawValue: UInt8(rawValue >> 10)) }
    /// Zero for a router.
    /// - Range: 0 to 511
    public var childID: UInt16 { rawValue & 0x1ff }
    /// Whether this is the address of a router: no child bits, a router id in range.
    public var isRouter: Bool { childID == 0 && rawValue & 0x200 == 0 && routerID.isValid }
    /// The router's own address.
    public var router: ShortAddress { ShortAddress(routerID: routerID) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ShortAddress: CustomStringConvertible {
    /// Four hexadecimal digits, as OpenThread prints them.
    public var description: String {
        let text = String(rawValue, radix: 16)
        return String(repeating: "0", count: 4 - text.utf8.count) + text
    }
}

/// A short address that tells where in the topology a node is.
public typealias RLOC16 = ShortAddress

/// The number of a router in its partition.
/// - Range: 0 to 62; 63 stands for none
public struct RouterID: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let maximum = RouterID(rawValue: 62)
    /// Stands for no router.
    public static let none = RouterID(rawValue: 63)

    public var isValid: Bool { rawValue <= Self.maximum.rawValue }
    public var rloc16: RLOC16 { RLOC16(routerID: self) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A 64-bit link address. The raw value is in the order people write it; frames carry it reversed.
/// - Source: IEEE 802.15.4-2006 §7.2.1.4
public struct ExtendedAddress: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Source: RFC 4944 §6: the universal/local bit is inverted
    public init(interfaceIdentifier: UInt64) { rawValue = interfaceIdentifier ^ 0x0200_0000_0000_0000 }

    /// The interface identifier made from this address.
    /// - Source: RFC 4944 §6: the universal/local bit is inverted
    public var interfaceIdentifier: UInt64 { rawValue ^ 0x0200_0000_0000_0000 }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ExtendedAddress: CustomStringConvertible {
    /// Sixteen hexadecimal digits, as OpenThread prints them.
    public var description: String {
        let text = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

/// A link address of either kind, or none.
public enum LinkAddress: Hashable, Sendable {
    case none
    case short(ShortAddress)
    case extended(ExtendedAddress)

    public static let broadcast = LinkAddress.short(.broadcast)

    public var isBroadcast: Bool { self == .broadcast }

    /// The interface identifier that RFC 6282 §3.2.2 derives from this address; nil when there is none.
    /// - Source: RFC 6282 §3.2.2; RFC 4944 §6
    public var interfaceIdentifier: UInt64? {
        switch self {
        case .none: nil
        case .short(let address): 0x0000_00ff_fe00_0000 | UInt64(address.rawValue)
        case .extended(let address): address.interfaceIdentifier
        }
    }
}
