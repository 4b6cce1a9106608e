public import WireCore

/// How gladly a border router takes traffic.
/// - Source: RFC 4191 §2.1
public enum RoutePreference: Int8, CaseIterable, Sendable {
    case low = -1
    case medium = 0
    case high = 1

    /// From the two bits that carry it. The reserved value 10 counts as medium, as RFC 4191 §2.2 has it.
    init(bits: UInt8) {
        switch bits & 3 {
        case 1: self = .high
        case 3: self = .low
        default: self = .medium
        }
    }

    /// - Range: 0 to 3
    var bits: UInt8 { UInt8(bitPattern: rawValue) & 3 }
}

/// A node that routes to a prefix outside of the mesh.
/// - Source: OpenThread as observed: recording cliref, the command `route add`
public struct HasRouteEntry: Equatable, Sendable {
    public var rloc16: RLOC16
    /// Preference and flags; those without a meaning survive a round trip.
    public var flags: UInt8

    static let byteCount = 3
    private static let nat64Bit: UInt8 = 0x20
    private static let advertisingBit: UInt8 = 0x10

    public init(rloc16: RLOC16, preference: RoutePreference, isNAT64: Bool = false, advertisesPrefix: Bool = false) {
        self.rloc16 = rloc16
        flags =
            preference.bits << 6 | (isNAT64 ? Self.nat64Bit : 0) | (advertisesPrefix ? Self.advertisingBit : 0)
    }

    public var preference: RoutePreference { RoutePreference(bits: flags >> 6) }
    public var isNAT64: Bool { flags & Self.nat64Bit != 0 }
    /// The router advertises the prefix on its other link.
    public var advertisesPrefix: Bool { flags & Self.advertisingBit != 0 }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        rloc16 = RLOC16(rawValue: try reader.readUInt16("route RLOC16"))
        flags = try reader.readUInt8("route flags")
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rloc16.rawValue)
        writer.write(flags)
    }
}

/// A node that offers a prefix to the mesh.
/// - Source: OpenThread as observed: recordings prefix and cliref, the command `prefix add`
public struct BorderRouterEntry: Equatable, Sendable {
    public var rloc16: RLOC16
    public var preference: RoutePreference {
        get { RoutePreference(bits: UInt8(rawFlags >> 14)) }
        set { rawFlags = rawFlags & 0x3fff | UInt16(newValue.bits) << 14 }
    }
    public var flags: Flags {
        get { Flags(rawValue: rawFlags & 0x3fff) }
        set { rawFlags = rawFlags & 0xc000 | newValue.rawValue & 0x3fff }
    }
    /// Preference in the two highest bits, flags below; those without a meaning survive a round trip.
    private var rawFlags: UInt16

    static let byteCount = 4

    /// What a prefix is good for.
    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt16

        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Addresses of the prefix are preferred.
        public static let preferred = Self(rawValue: 1 << 13)
        /// Nodes make their own addresses.
        public static let slaac = Self(rawValue: 1 << 12)
        public static let dhcp = Self(rawValue: 1 << 11)
        /// DHCP gives other configuration.
        public static let configure = Self(rawValue: 1 << 10)
        /// The border router is a way to everywhere.
        public static let defaultRoute = Self(rawValue: 1 << 9)
        /// The prefix is on the mesh itself.
        public static let onMesh = Self(rawValue: 1 << 8)
        /// The border router tells name servers.
        public static let ndDNS = Self(rawValue: 1 << 7)
        /// The prefix of a domain of several meshes.
        public static let domainPrefix = Self(rawValue: 1 << 6)
    }

    public init(rloc16: RLOC16, preference: RoutePreference, flags: Flags) {
        self.rloc16 = rloc16
        rawFlags = 0
        self.preference = preference
        self.flags = flags
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        rloc16 = RLOC16(rawValue: try reader.readUInt16("border router RLOC16"))
        rawFlags = try reader.readUInt16("border router flags")
    }

    public var byteCount: Int { Self.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rloc16.rawValue)
        writer.write(rawFlags)
    }
}
