public import WireCore

/// What a node tells of itself, signed.
public struct MeshCoreAdvert: Equatable, Sendable {
    public var key: MeshCorePublicKey
    /// When the node made it, by its own clock.
    /// - Units: seconds since 1970
    public var timestamp: UInt32
    /// - Range: 64 bytes
    public var signature: [UInt8]
    /// Type, place and name.
    /// - Range: at most 32 bytes
    public var applicationData: [UInt8]

    public static let signatureLength = 64

    public init(key: MeshCorePublicKey, timestamp: UInt32, signature: [UInt8], applicationData: [UInt8]) {
        precondition(signature.count == Self.signatureLength, "a signature of \(signature.count) bytes")
        precondition(
            applicationData.count <= MeshCoreLimits.advertData, "\(applicationData.count) bytes of application data")
        self.key = key
        self.timestamp = timestamp
        self.signature = signature
        self.applicationData = applicationData
    }

    /// Reads an advert; what exceeds the 32 bytes of application data is skipped, as it is not signed.
    /// - Throws: when bytes are missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        key = try reader.readPublicKey("public key")
        timestamp = try reader.readLittleEndian32("timestamp")
        signature = try reader.readBytes(Self.signatureLength, "signature")
        applicationData = Array(reader.readRemaining().prefix(MeshCoreLimits.advertData))
    }

    public var byteCount: Int { 36 + Self.signatureLength + applicationData.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(contentsOf: key.bytes)
        writer.writeLittleEndian(timestamp)
        writer.write(contentsOf: signature)
        writer.write(contentsOf: applicationData)
    }

    /// What the signature covers.
    public var signedBytes: [UInt8] {
        Self.signedBytes(key: key, timestamp: timestamp, applicationData: applicationData)
    }

    static func signedBytes(key: MeshCorePublicKey, timestamp: UInt32, applicationData: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 36 + applicationData.count)
        writer.write(contentsOf: key.bytes)
        writer.writeLittleEndian(timestamp)
        writer.write(contentsOf: applicationData)
        return writer.finish()
    }
}

extension MeshCoreSecurity {
    /// An advert of this node's own.
    public func advert(
        as identity: MeshCoreIdentity, timestamp: UInt32, _ data: MeshCoreAdvertData
    ) -> MeshCoreAdvert {
        let applicationData = data.bytes
        let signed = MeshCoreAdvert.signedBytes(
            key: identity.publicKey, timestamp: timestamp, applicationData: applicationData)
        return MeshCoreAdvert(
            key: identity.publicKey, timestamp: timestamp, signature: sign(signed, as: identity),
            applicationData: applicationData)
    }

    /// Whether the advert's node made it.
    public func verify(_ advert: MeshCoreAdvert) -> Bool {
        verify(signature: advert.signature, message: advert.signedBytes, by: advert.key)
    }
}

/// What a node is for.
/// - Range: 0 to 15
public struct MeshCoreNodeType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nothing is known, as of who sent an anonymous request.
    public static let unknown = MeshCoreNodeType(rawValue: 0)
    public static let chat = MeshCoreNodeType(rawValue: 1)
    public static let repeater = MeshCoreNodeType(rawValue: 2)
    public static let room = MeshCoreNodeType(rawValue: 3)
    public static let sensor = MeshCoreNodeType(rawValue: 4)
}

/// A place on Earth.
public struct MeshCorePosition: Hashable, Sendable {
    /// - Units: millionths of a degree, north positive
    public var latitude: Int32
    /// - Units: millionths of a degree, east positive
    public var longitude: Int32

    public init(latitude: Int32, longitude: Int32) {
        self.latitude = latitude
        self.longitude = longitude
    }

    /// A place in degrees, cut towards zero; nil when it is not on Earth.
    public init?(latitudeDegrees: Double, longitudeDegrees: Double) {
        guard (-90...90).contains(latitudeDegrees), (-180...180).contains(longitudeDegrees) else { return nil }
        latitude = Int32(latitudeDegrees * 1_000_000)
        longitude = Int32(longitudeDegrees * 1_000_000)
    }
}

/// The application data of an advert.
public struct MeshCoreAdvertData: Equatable, Sendable {
    /// - Range: 0 to 15
    public var type: MeshCoreNodeType
    public var position: MeshCorePosition?
    /// A value without a meaning as yet; zero is not sent.
    public var feature1: UInt16
    /// A value without a meaning as yet; zero is not sent.
    public var feature2: UInt16
    /// UTF-8 without a zero byte, as far as it fits; empty for none.
    public var name: [UInt8]

    private static let positionFlag: UInt8 = 0x10
    private static let feature1Flag: UInt8 = 0x20
    private static let feature2Flag: UInt8 = 0x40
    private static let nameFlag: UInt8 = 0x80

    public init(
        type: MeshCoreNodeType, position: MeshCorePosition? = nil, feature1: UInt16 = 0, feature2: UInt16 = 0,
        name: [UInt8] = []
    ) {
        self.type = type
        self.position = position
        self.feature1 = feature1
        self.feature2 = feature2
        self.name = name
    }

    /// Reads all that is left; a name ends at its first zero byte.
    /// - Throws: when a part that the flags announce is missing.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let flags = try reader.readUInt8("advert flags")
        type = MeshCoreNodeType(rawValue: flags & 0x0f)
        if flags & Self.positionFlag != 0 {
            position = MeshCorePosition(
                latitude: Int32(bitPattern: try reader.readLittleEndian32("latitude")),
                longitude: Int32(bitPattern: try reader.readLittleEndian32("longitude")))
        } else {
            position = nil
        }
        feature1 = flags & Self.feature1Flag == 0 ? 0 : UInt16(try reader.readLittleEndian(2, "feature 1"))
        feature2 = flags & Self.feature2Flag == 0 ? 0 : UInt16(try reader.readLittleEndian(2, "feature 2"))
        let rest = reader.readRemaining()
        name = flags & Self.nameFlag == 0 ? [] : Array(rest.prefix { $0 != 0 })
    }

    /// The same of a whole buffer.
    /// - Throws: as `init(parsing:)`.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { bytes.count }

    /// The data as bytes, the name cut at a character's boundary so that all fits 32 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: MeshCoreLimits.advertData)
        writer.write(UInt8(0))
        var flags = type.rawValue & 0x0f
        if let position {
            flags |= Self.positionFlag
            writer.writeLittleEndian(UInt32(bitPattern: position.latitude))
            writer.writeLittleEndian(UInt32(bitPattern: position.longitude))
        }
        if feature1 != 0 {
            flags |= Self.feature1Flag
            writer.writeLittleEndian(feature1)
        }
        if feature2 != 0 {
            flags |= Self.feature2Flag
            writer.writeLittleEndian(feature2)
        }
        let fitting = validUTF8Prefix(name[...], maximum: MeshCoreLimits.advertData - writer.count)
        if !fitting.isEmpty {
            flags |= Self.nameFlag
            writer.write(contentsOf: fitting)
        }
        writer.patch(flags, at: 0)
        return writer.finish()
    }
}
