public import WireCore

/// What a host asks of a modem's board.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
public enum KISSHardwareRequest: Equatable, Sendable {
    case getIdentity
    /// - Range: 1 to 64 bytes
    case getRandom(count: UInt8)
    case verifySignature(key: MeshCorePublicKey, signature: [UInt8], message: [UInt8])
    case sign([UInt8])
    case encrypt(secret: MeshCoreSecret, plaintext: [UInt8])
    /// The ciphertext begins with its code of two bytes.
    case decrypt(secret: MeshCoreSecret, sealed: [UInt8])
    case exchangeKey(MeshCorePublicKey)
    case hash([UInt8])
    case setRadio(KISSRadioParameters)
    /// - Units: decibels above a milliwatt
    case setTransmitPower(Int8)
    case getRadio, getTransmitPower, getCurrentRSSI, isChannelBusy
    /// - Parameter byteCount: of the packet.
    case getAirtime(byteCount: UInt8)
    case getNoiseFloor, getVersion, getStatistics, getBattery, getTemperature
    case getSensors(permissions: UInt8)
    case getDeviceName, ping, reboot
    /// Whether each packet is followed by how it was heard.
    case setSignalReport(Bool)
    case getSignalReport

    /// - Throws: what the modem answers instead.
    public init(code: UInt8, data: ArraySlice<UInt8>) throws(KISSError) {
        if let request = Self.withoutData(code) {
            self = request
            return
        }
        func require(_ count: Int) throws(KISSError) {
            guard data.count >= count else { throw .invalidLength }
        }
        func key<Value>(_ make: ([UInt8]) -> Value?) throws(KISSError) -> Value {
            guard let value = make(Array(data.prefix(32))) else { throw .invalidLength }
            return value
        }
        let first = data.first ?? 0
        switch code {
        case 0x02:
            try require(1)
            guard (1...64).contains(first) else { throw .invalidParameter }
            self = .getRandom(count: first)
        case 0x03:
            try require(97)
            self = .verifySignature(
                key: try key(MeshCorePublicKey.init), signature: Array(data.dropFirst(32).prefix(64)),
                message: Array(data.dropFirst(96)))
        case 0x04:
            try require(1)
            self = .sign(Array(data))
        case 0x05:
            try require(33)
            self = .encrypt(secret: try key { MeshCoreSecret($0) }, plaintext: Array(data.dropFirst(32)))
        case 0x06:
            try require(35)
            self = .decrypt(secret: try key { MeshCoreSecret($0) }, sealed: Array(data.dropFirst(32)))
        case 0x07: self = .exchangeKey(try key(MeshCorePublicKey.init))
        case 0x08:
            try require(1)
            self = .hash(Array(data))
        case 0x09:
            var reader = ByteReader(Array(data))
            do throws(ParseError) {
                self = .setRadio(try KISSRadioParameters(parsing: &reader))
            } catch {
                throw .invalidLength
            }
        case 0x0a:
            try require(1)
            self = .setTransmitPower(Int8(bitPattern: first))
        case 0x0f:
            try require(1)
            self = .getAirtime(byteCount: first)
        case 0x15:
            try require(1)
            self = .getSensors(permissions: first)
        case 0x19:
            try require(1)
            self = .setSignalReport(first != 0)
        default: throw .unknownRequest
        }
    }

    private static func withoutData(_ code: UInt8) -> KISSHardwareRequest? {
        switch code {
        case 0x01: .getIdentity
        case 0x0b: .getRadio
        case 0x0c: .getTransmitPower
        case 0x0d: .getCurrentRSSI
        case 0x0e: .isChannelBusy
        case 0x10: .getNoiseFloor
        case 0x11: .getVersion
        case 0x12: .getStatistics
        case 0x13: .getBattery
        case 0x14: .getTemperature
        case 0x16: .getDeviceName
        case 0x17: .ping
        case 0x18: .reboot
        case 0x1a: .getSignalReport
        default: nil
        }
    }

    /// The request's code and data.
    public var bytes: [UInt8] {
        switch self {
        case .getIdentity: [0x01]
        case .getRandom(let count): [0x02, count]
        case .verifySignature(let key, let signature, let message): [0x03] + key.bytes + signature + message
        case .sign(let message): [0x04] + message
        case .encrypt(let secret, let plaintext): [0x05] + secret.bytes + plaintext
        case .decrypt(let secret, let sealed): [0x06] + secret.bytes + sealed
        case .exchangeKey(let key): [0x07] + key.bytes
        case .hash(let data): [0x08] + data
        case .setRadio(let parameters): Self.written(0x09, parameters.serialize)
        case .setTransmitPower(let power): [0x0a, UInt8(bitPattern: power)]
        case .getRadio: [0x0b]
        case .getTransmitPower: [0x0c]
        case .getCurrentRSSI: [0x0d]
        case .isChannelBusy: [0x0e]
        case .getAirtime(let byteCount): [0x0f, byteCount]
        case .getNoiseFloor: [0x10]
        case .getVersion: [0x11]
        case .getStatistics: [0x12]
        case .getBattery: [0x13]
        case .getTemperature: [0x14]
        case .getSensors(let permissions): [0x15, permissions]
        case .getDeviceName: [0x16]
        case .ping: [0x17]
        case .reboot: [0x18]
        case .setSignalReport(let isOn): [0x19, isOn ? 1 : 0]
        case .getSignalReport: [0x1a]
        }
    }

    static func written(_ code: UInt8, _ serialize: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.write(code)
        serialize(&writer)
        return writer.finish()
    }
}

/// What a modem's board answers, and what it tells of its own accord.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
public enum KISSHardwareResponse: Equatable, Sendable {
    case identity(MeshCorePublicKey)
    case randomBytes([UInt8])
    case signatureIsValid(Bool)
    case signature([UInt8])
    case encrypted([UInt8])
    /// With the zeros that filled the last block.
    case decrypted([UInt8])
    case sharedSecret([UInt8])
    case hash([UInt8])
    /// All zero before the host has set them.
    case radio(KISSRadioParameters)
    /// - Units: decibels above a milliwatt
    case transmitPower(Int8)
    /// - Units: decibels above a milliwatt
    case currentRSSI(Int8)
    case channelIsBusy(Bool)
    /// - Units: milliseconds
    case airtime(UInt32)
    /// - Units: decibels above a milliwatt
    case noiseFloor(Int16)
    case version(UInt8, UInt8)
    /// How many packets were received, sent, and received wrongly.
    case statistics(received: UInt32, sent: UInt32, errors: UInt32)
    /// - Units: millivolts
    case battery(UInt16)
    /// - Units: tenths of a degree Celsius
    case temperature(Int16)
    /// CayenneLPP.
    case sensors([UInt8])
    /// UTF-8 by rights.
    case deviceName([UInt8])
    case pong
    case signalReport(Bool)
    case ok
    case error(KISSError)
    case transmitDone(succeeded: Bool)
    /// How the packet before was heard: quarters of a decibel, and decibels above a milliwatt.
    case receptionQuality(snrQuarters: Int8, rssi: Int8)

    /// - Throws: when bytes are missing or a code is unknown.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        let code = try reader.readUInt8("response code")
        if let response = try Self.opaque(code, &reader) {
            self = response
            return
        }
        switch code {
        case 0x83: self = .signatureIsValid(try reader.readUInt8("validity") != 0)
        case 0x8b: self = .radio(try KISSRadioParameters(parsing: &reader))
        case 0x8c: self = .transmitPower(Int8(bitPattern: try reader.readUInt8("transmit power")))
        case 0x8d: self = .currentRSSI(Int8(bitPattern: try reader.readUInt8("signal strength")))
        case 0x8e: self = .channelIsBusy(try reader.readUInt8("channel state") != 0)
        case 0x8f: self = .airtime(try reader.readLittleEndian32("airtime"))
        case 0x90: self = .noiseFloor(Int16(bitPattern: UInt16(try reader.readLittleEndian(2, "noise floor"))))
        case 0x91: self = .version(try reader.readUInt8("version"), try reader.readUInt8("version"))
        case 0x92:
            self = .statistics(
                received: try reader.readLittleEndian32("received packets"),
                sent: try reader.readLittleEndian32("sent packets"),
                errors: try reader.readLittleEndian32("receive errors"))
        case 0x93: self = .battery(UInt16(try reader.readLittleEndian(2, "battery voltage")))
        case 0x94: self = .temperature(Int16(bitPattern: UInt16(try reader.readLittleEndian(2, "temperature"))))
        case 0x97: self = .pong
        case 0x9a: self = .signalReport(try reader.readUInt8("signal report") != 0)
        case 0xf0: self = .ok
        case 0xf1:
            let value = try reader.readUInt8("error code")
            guard let error = KISSError(rawValue: value) else {
                throw ParseError(field: "error code", offset: 1, reason: .invalid(value: UInt64(value)))
            }
            self = .error(error)
        case 0xf8: self = .transmitDone(succeeded: try reader.readUInt8("outcome") != 0)
        case 0xf9:
            self = .receptionQuality(
                snrQuarters: Int8(bitPattern: try reader.readUInt8("signal-to-noise ratio")),
                rssi: Int8(bitPattern: try reader.readUInt8("signal strength")))
        default: throw ParseError(field: "response code", offset: 0, reason: .invalid(value: UInt64(code)))
        }
        try reader.requireEnd("response")
    }

    /// Those whose data is one run of bytes.
    private static func opaque(_ code: UInt8, _ reader: inout ByteReader) throws(ParseError) -> KISSHardwareResponse? {
        switch code {
        case 0x81:
            let bytes = try reader.readBytes(MeshCorePublicKey.byteCount, "public key")
            try reader.requireEnd("response")
            return MeshCorePublicKey(bytes).map { .identity($0) }
        case 0x82: return .randomBytes(reader.readRemaining())
        case 0x84: return .signature(try rest(64, "signature", &reader))
        case 0x85: return .encrypted(reader.readRemaining())
        case 0x86: return .decrypted(reader.readRemaining())
        case 0x87: return .sharedSecret(try rest(32, "shared secret", &reader))
        case 0x88: return .hash(try rest(32, "hash", &reader))
        case 0x95: return .sensors(reader.readRemaining())
        case 0x96: return .deviceName(reader.readRemaining())
        default: return nil
        }
    }

    private static func rest(_ count: Int, _ field: String, _ reader: inout ByteReader) throws(ParseError) -> [UInt8] {
        let bytes = try reader.readBytes(count, field)
        try reader.requireEnd(field)
        return bytes
    }

    /// The response's code and data.
    public var bytes: [UInt8] {
        switch self {
        case .identity(let key): [0x81] + key.bytes
        case .randomBytes(let bytes): [0x82] + bytes
        case .signatureIsValid(let isValid): [0x83, isValid ? 1 : 0]
        case .signature(let bytes): [0x84] + bytes
        case .encrypted(let bytes): [0x85] + bytes
        case .decrypted(let bytes): [0x86] + bytes
        case .sharedSecret(let bytes): [0x87] + bytes
        case .hash(let bytes): [0x88] + bytes
        case .radio(let parameters): KISSHardwareRequest.written(0x8b, parameters.serialize)
        case .transmitPower(let power): [0x8c, UInt8(bitPattern: power)]
        case .currentRSSI(let rssi): [0x8d, UInt8(bitPattern: rssi)]
        case .channelIsBusy(let isBusy): [0x8e, isBusy ? 1 : 0]
        case .airtime(let milliseconds): Self.little(0x8f, UInt64(milliseconds), 4)
        case .noiseFloor(let level): Self.little(0x90, UInt64(UInt16(bitPattern: level)), 2)
        case .version(let major, let minor): [0x91, major, minor]
        case .statistics(let received, let sent, let errors):
            KISSHardwareRequest.written(0x92) { writer in
                for count in [received, sent, errors] { writer.writeLittleEndian(count) }
            }
        case .battery(let millivolts): Self.little(0x93, UInt64(millivolts), 2)
        case .temperature(let tenths): Self.little(0x94, UInt64(UInt16(bitPattern: tenths)), 2)
        case .sensors(let bytes): [0x95] + bytes
        case .deviceName(let bytes): [0x96] + bytes
        case .pong: [0x97]
        case .signalReport(let isOn): [0x9a, isOn ? 1 : 0]
        case .ok: [0xf0]
        case .error(let error): [0xf1, error.rawValue]
        case .transmitDone(let succeeded): [0xf8, succeeded ? 1 : 0]
        case .receptionQuality(let snr, let rssi): [0xf9, UInt8(bitPattern: snr), UInt8(bitPattern: rssi)]
        }
    }

    private static func little(_ code: UInt8, _ value: UInt64, _ count: Int) -> [UInt8] {
        KISSHardwareRequest.written(code) { $0.writeLittleEndian(value, count: count) }
    }
}
