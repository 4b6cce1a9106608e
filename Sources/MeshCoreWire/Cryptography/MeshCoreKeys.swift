/// An Ed25519 public key: the name of a node.
public struct MeshCorePublicKey: Hashable, Sendable {
    /// - Range: 32 bytes
    public let bytes: [UInt8]

    public static let byteCount = 32

    /// A key; nil when there are not 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The first bytes, by which paths and apps name a node.
    public func prefix(_ count: Int) -> ArraySlice<UInt8> { bytes.prefix(count) }

    /// The byte that names a node inside of payloads.
    public var hash: UInt8 { bytes[0] }

    /// Whether the key begins with these bytes.
    public func matches(_ prefix: ArraySlice<UInt8>) -> Bool { bytes.starts(with: prefix) }

    /// Keys that begin so are never used: their hashes are reserved.
    public var isReserved: Bool { bytes[0] == 0x00 || bytes[0] == 0xff }
}

/// An Ed25519 private key in the expanded form that MeshCore stores and exports: the scalar, then the prefix for
/// signatures.
public struct MeshCorePrivateKey: Equatable, Sendable {
    /// - Range: 64 bytes
    public let bytes: [UInt8]

    public static let byteCount = 64

    /// A key; nil when there are not 64 bytes. Whether it is usable, `MeshCoreSecurity.identity(importing:)` tells.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Whether the scalar has the bits that Ed25519 sets and clears: a multiple of eight, with bit 254 as its highest.
    public var isClamped: Bool { bytes[0] & 0x07 == 0 && bytes[31] & 0xc0 == 0x40 }
}

/// What a node is: the pair of its keys.
public struct MeshCoreIdentity: Equatable, Sendable {
    public let publicKey: MeshCorePublicKey
    public let privateKey: MeshCorePrivateKey

    init(publicKey: MeshCorePublicKey, privateKey: MeshCorePrivateKey) {
        self.publicKey = publicKey
        self.privateKey = privateKey
    }
}

/// The 32 bytes that two nodes share: the cipher's key is the first half, the code's key all of it.
public struct MeshCoreSecret: Hashable, Sendable {
    /// - Range: 32 bytes
    public let bytes: [UInt8]

    public static let byteCount = 32

    /// A secret; nil when there are not 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The secret of a channel; nil unless there are 16 or 32 bytes. The upper half of a short key is zero.
    public init?(channelKey: [UInt8]) {
        switch channelKey.count {
        case 16: bytes = channelKey + [UInt8](repeating: 0, count: 16)
        case 32: bytes = channelKey
        default: return nil
        }
    }

    /// The first half, which keys the cipher.
    public var cipherKey: [UInt8] { Array(bytes.prefix(16)) }

    /// The channel's key as it is exchanged: 16 bytes unless the upper half says something.
    public var channelKey: [UInt8] {
        bytes[16...].allSatisfy { $0 == 0 } ? cipherKey : bytes
    }

    /// The channel that every node knows.
    public static let publicChannel = MeshCoreSecret(
        channel16: [
            0x8b, 0x33, 0x87, 0xe9, 0xc5, 0xcd, 0xea, 0x6a, 0xc9, 0xe5, 0xed, 0xba, 0xa1, 0x15, 0xcd, 0x72,
        ])

    private init(channel16: [UInt8]) { bytes = channel16 + [UInt8](repeating: 0, count: 16) }
}

/// The key of a region, from which the codes of its packets follow.
public struct MeshCoreRegionKey: Hashable, Sendable {
    /// - Range: 16 bytes
    public let bytes: [UInt8]

    public static let byteCount = 16

    /// A key; nil when there are not 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Whether it stands for no region.
    public var isZero: Bool { bytes.allSatisfy { $0 == 0 } }
}
