public import WireCore

/// How strongly a frame is protected.
/// - Source: IEEE 802.15.4-2006 §7.6.2.2.1, Table 95
public enum SecurityLevel: UInt8, CaseIterable, Sendable {
    case none = 0
    case code32 = 1
    case code64 = 2
    case code128 = 3
    case encryption = 4
    case encryptionWithCode32 = 5
    case encryptionWithCode64 = 6
    case encryptionWithCode128 = 7

    /// The length of the message integrity code.
    /// - Units: bytes
    public var codeLength: Int {
        switch self {
        case .none, .encryption: 0
        case .code32, .encryptionWithCode32: 4
        case .code64, .encryptionWithCode64: 8
        case .code128, .encryptionWithCode128: 16
        }
    }

    public var isEncrypted: Bool { rawValue >= Self.encryption.rawValue }
}

/// Which key protects a frame.
/// - Source: IEEE 802.15.4-2006 §7.6.2.2.2 and §7.6.2.4
public enum KeyIdentifier: Equatable, Sendable {
    /// Mode 0: both sides know it from the frame's addresses. Thread's joiner uses its key-encryption key so.
    case implicit
    /// Mode 1: a number in the default key source. Thread's link frames use it; the number tells the key sequence.
    case index(UInt8)
    /// Mode 2: a key source of 4 bytes, here as a big-endian number. Thread's MLE puts the key sequence there.
    case source4(UInt32, index: UInt8)
    /// Mode 3: a key source of 8 bytes, here as a big-endian number. Thread does not use it.
    case source8(UInt64, index: UInt8)

    var mode: UInt8 {
        switch self {
        case .implicit: 0
        case .index: 1
        case .source4: 2
        case .source8: 3
        }
    }

    var byteCount: Int {
        switch self {
        case .implicit: 0
        case .index: 1
        case .source4: 5
        case .source8: 9
        }
    }
}

/// Level, counter and key of a protected frame. MLE protects its messages with the same header.
/// - Source: IEEE 802.15.4-2006 §7.6.2
public struct AuxiliarySecurityHeader: Equatable, Sendable {
    public var securityLevel: SecurityLevel
    public var keyIdentifier: KeyIdentifier
    /// Never used twice with the same key by the same sender.
    public var frameCounter: UInt32

    public init(
        securityLevel: SecurityLevel = .encryptionWithCode32, keyIdentifier: KeyIdentifier, frameCounter: UInt32
    ) {
        self.securityLevel = securityLevel
        self.keyIdentifier = keyIdentifier
        self.frameCounter = frameCounter
    }

    /// - Throws: `.truncated`; `.unsupported` when the frame counter is suppressed, which Thread never does.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let control = try reader.readUInt8("security control")
        // IEEE 802.15.4-2015 §9.4.1: bit 5 leaves the counter out, as time-slotted networks do.
        guard control & 0x20 == 0 else {
            throw ParseError(field: "security control", offset: offset, reason: .unsupported(value: UInt64(control)))
        }
        guard let level = SecurityLevel(rawValue: control & 7) else {
            throw ParseError(field: "security level", offset: offset, reason: .invalid(value: UInt64(control & 7)))
        }
        securityLevel = level
        frameCounter = UInt32(truncatingIfNeeded: try reader.readLittleEndian(4, "frame counter"))
        switch control >> 3 & 3 {
        case 1:
            keyIdentifier = .index(try reader.readUInt8("key index"))
        case 2:
            let source = try reader.readUInt32("key source")
            keyIdentifier = .source4(source, index: try reader.readUInt8("key index"))
        case 3:
            let source = try reader.readUInt64("key source")
            keyIdentifier = .source8(source, index: try reader.readUInt8("key index"))
        default:
            keyIdentifier = .implicit
        }
    }

    public var byteCount: Int { 5 + keyIdentifier.byteCount }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(securityLevel.rawValue | keyIdentifier.mode << 3)
        writer.writeLittleEndian(UInt64(frameCounter), count: 4)
        switch keyIdentifier {
        case .implicit:
            break
        case .index(let index):
            writer.write(index)
        case .source4(let source, let index):
            writer.write(source)
            writer.write(index)
        case .source8(let source, let index):
            writer.write(source)
            writer.write(index)
        }
    }
}
