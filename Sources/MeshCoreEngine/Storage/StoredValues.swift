import MeshCoreWire
public import WireCore

/// How contacts and channels are stored: a version, then the fields in their order.
extension MeshCoreContact {
    private static let version: UInt8 = 1

    var stored: [UInt8] {
        serialized { writer in
            writer.write(Self.version)
            writer.write(contentsOf: key.bytes)
            writer.write(type.rawValue)
            writer.write(flags)
            writer.write(UInt8(outPath == nil ? 0 : 1))
            outPath?.serialize(into: &writer)
            writer.write(UInt8(name.count))
            writer.write(contentsOf: name)
            writer.write(lastAdvert)
            writer.write(UInt32(bitPattern: position.latitude))
            writer.write(UInt32(bitPattern: position.longitude))
            writer.write(lastModified)
            writer.write(syncSince)
        }
    }

    init(parsingStored reader: inout ByteReader) throws(ParseError) {
        try reader.readVersion(Self.version)
        let offset = reader.offset
        guard let key = MeshCorePublicKey(try reader.readBytes(MeshCorePublicKey.byteCount, "key")) else {
            throw ParseError(field: "key", offset: offset, reason: .invalid(value: 0))
        }
        let type = MeshCoreNodeType(rawValue: try reader.readUInt8("type"))
        let flags = try reader.readUInt8("flags")
        let path = try reader.readUInt8("has path") == 0 ? nil : try MeshCorePath(parsing: &reader)
        let nameLength = try reader.readUInt8("name length")
        let name = try reader.readBytes(Int(nameLength), "name")
        let lastAdvert = try reader.readUInt32("last advert")
        let latitude = Int32(bitPattern: try reader.readUInt32("latitude"))
        let longitude = Int32(bitPattern: try reader.readUInt32("longitude"))
        self.init(
            key: key, type: type, flags: flags, outPath: path, name: name, lastAdvert: lastAdvert,
            position: MeshCorePosition(latitude: latitude, longitude: longitude),
            lastModified: try reader.readUInt32("last modified"), syncSince: try reader.readUInt32("sync since"))
        try reader.requireEnd("contact")
    }
}

extension MeshCoreChannel {
    private static let version: UInt8 = 1

    var stored: [UInt8] {
        serialized { writer in
            writer.write(Self.version)
            writer.write(contentsOf: secret.bytes)
            writer.write(contentsOf: name)
        }
    }

    init(parsingStored reader: inout ByteReader) throws(ParseError) {
        try reader.readVersion(Self.version)
        let offset = reader.offset
        guard let secret = MeshCoreSecret(try reader.readBytes(MeshCoreSecret.byteCount, "secret")) else {
            throw ParseError(field: "secret", offset: offset, reason: .invalid(value: 0))
        }
        self.init(name: reader.readRemaining(), secret: secret)
    }
}

extension ByteReader {
    fileprivate mutating func readVersion(_ known: UInt8) throws(ParseError) {
        let offset = offset
        let version = try readUInt8("version")
        guard version == known else {
            throw ParseError(field: "version", offset: offset, reason: .unsupported(value: UInt64(version)))
        }
    }
}

extension MeshCoreEngine {
    /// Takes back what was stored before the node was stopped. Parameters and clients are given otherwise.
    /// - Throws: when the bytes are not what this engine stored, or are for a slot that is not there.
    public mutating func restore(_ record: MeshCoreRecord) throws(ParseError) {
        guard let value = record.value else { return }
        var reader = ByteReader(value)
        switch record.name {
        case .contact:
            let contact = try MeshCoreContact(parsingStored: &reader)
            guard !contact.isTransient, contactTable.index(contact.key) == nil,
                contactTable.count < contactTable.limit
            else { throw ParseError(field: "contact", offset: 0, reason: .invalid(value: UInt64(contactTable.count))) }
            contactTable.append(contact)
        case .advert(let key):
            _ = try MeshCorePacket(parsing: &reader, form: .stored)
            // The contact may be restored only afterwards.
            if adverts.count < configuration.contactLimit { adverts[key] = value }
        case .channel(let index):
            guard channelTable.indices.contains(index) else {
                throw ParseError(field: "channel", offset: 0, reason: .invalid(value: UInt64(index)))
            }
            channelTable[index] = value.isEmpty ? nil : try MeshCoreChannel(parsingStored: &reader)
        case .identity:
            guard let key = MeshCorePrivateKey(value), let restored = security.identity(importing: key) else {
                throw ParseError(field: "identity", offset: 0, reason: .invalid(value: UInt64(value.count)))
            }
            identity = restored
            contactTable.forgetSecrets()
        }
    }
}
