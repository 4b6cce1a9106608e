public import WireCore

/// How often a network changes its keys, and what it permits.
/// - Source: OpenThread as observed: the commands `dataset active` and `dataset securitypolicy`
public struct SecurityPolicy: Equatable, Sendable {
    /// How long a key sequence is used.
    /// - Units: hours
    public var rotationTime: UInt16
    /// The first byte of flags.
    public var flags: UInt8
    /// The second byte of flags, which nodes before Thread 1.2 do not send.
    public var moreFlags: UInt8?

    public init(rotationTime: UInt16, flags: UInt8, moreFlags: UInt8?) {
        self.rotationTime = rotationTime
        self.flags = flags
        self.moreFlags = moreFlags
    }

    /// Four weeks; the network key may be had, commissioners and routers may be used.
    public static let `default` = SecurityPolicy(rotationTime: 672, flags: 0xf7, moreFlags: 0xf8)

    /// The same, all permitted, in the short form of before Thread 1.2.
    /// - Source: recording native3: `dataset active` of a node of 2018
    public static let shortDefault = SecurityPolicy(rotationTime: 672, flags: 0xff, moreFlags: nil)

    /// Reads all that is left: two bytes of hours and one or two of flags.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        rotationTime = try reader.readUInt16("key rotation time")
        flags = try reader.readUInt8("security policy flags")
        moreFlags = reader.isAtEnd ? nil : try reader.readUInt8("security policy flags")
        try reader.requireEnd("security policy flags")
    }

    public var byteCount: Int { moreFlags == nil ? 3 : 4 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rotationTime)
        writer.write(flags)
        if let moreFlags { writer.write(moreFlags) }
    }

    /// Nodes below a version may not be routers.
    /// - Range: 0 to 7, to be added to version 3
    public var versionThresholdForRouting: UInt8 { (moreFlags ?? 0) & Self.thresholdBits }

    /// A shorter rotation time is taken for this one.
    /// - Units: hours
    /// - Source: OpenThread as observed
    public static let minimumRotationTime: UInt16 = 2

    /// Whether the network key may be told to those who ask for the active dataset.
    public var permitsNetworkKey: Bool { flags & 0x80 != 0 }

    /// Whether a node of a version may be a router.
    ///
    /// With one byte of flags, as nodes before Thread 1.2 send it, one bit alone decides: the low bits, which they leave
    /// at zero, meant nothing then, where today they would demand commercial commissioning.
    /// - Parameter version: as MLE's Version TLV tells it.
    /// - Deviation: docs/deviations.md#one-byte-policy
    public func permitsRouters(ofVersion version: UInt16) -> Bool {
        let isPermittedToAll = flags & 0x20 != 0
        guard let moreFlags else { return isPermittedToAll }
        let demandsCommercialCommissioning = flags & 0x04 == 0
        if demandsCommercialCommissioning, moreFlags & Self.otherRouters.bit != 0 { return false }
        return isPermittedToAll || UInt16(versionThresholdForRouting) + 3 <= version
    }

    private static let thresholdBits: UInt8 = 0x07
    /// Reserved bits, which are sent as ones.
    private static let reservedBits: UInt8 = 0x38
    /// A bit, and the letter by which people name what it permits.
    private struct Permission {
        let letter: UInt8
        let bit: UInt8

        init(_ letter: Unicode.Scalar, _ bit: UInt8) {
            self.letter = UInt8(ascii: letter)
            self.bit = bit
        }

        var text: String { String(Character(Unicode.Scalar(letter))) }
    }
    /// Bits of the first byte that permit something when they are set, in the order in which people read them.
    private static let permitting = [
        Permission("o", 0x80), Permission("n", 0x40), Permission("r", 0x20), Permission("c", 0x10),
    ]
    /// Bits of the first byte that permit something when they are clear.
    private static let forbidding = [Permission("C", 0x04), Permission("e", 0x02), Permission("p", 0x01)]
    /// The bit of the second byte that permits routers without commercial commissioning when it is clear.
    private static let otherRouters = Permission("R", 0x40)
}

extension SecurityPolicy: CustomStringConvertible {
    /// As OpenThread's command line writes it: hours, a letter for each thing permitted, version threshold.
    public var description: String {
        var letters = ""
        for permission in Self.permitting where flags & permission.bit != 0 { letters += permission.text }
        for permission in Self.forbidding where flags & permission.bit == 0 { letters += permission.text }
        if let moreFlags, moreFlags & Self.otherRouters.bit == 0 { letters += Self.otherRouters.text }
        return "\(rotationTime) \(letters) \(versionThresholdForRouting)"
    }

    /// Reads what `description` writes; letters and threshold may be missing.
    /// - Returns: nil when the text is anything else.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard (1...3).contains(words.count), let rotationTime = UInt16(words[0]) else { return nil }
        var flags: UInt8 = Self.forbidding.reduce(0) { $0 | $1.bit }
        var moreFlags = Self.otherRouters.bit | Self.reservedBits
        for letter in words.count > 1 ? Array(words[1].utf8) : [] {
            if let known = Self.permitting.first(where: { $0.letter == letter }) {
                flags |= known.bit
            } else if let known = Self.forbidding.first(where: { $0.letter == letter }) {
                flags &= ~known.bit
            } else if letter == Self.otherRouters.letter {
                moreFlags &= ~Self.otherRouters.bit
            } else {
                return nil
            }
        }
        if words.count > 2 {
            guard let threshold = UInt8(words[2]), threshold <= Self.thresholdBits else { return nil }
            moreFlags |= threshold
        }
        self.init(rotationTime: rotationTime, flags: flags, moreFlags: moreFlags)
    }
}
