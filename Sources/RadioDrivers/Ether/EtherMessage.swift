public import EngineCore
public import WireCore

/// What a node and the virtual ether say to each other: one message a UDP datagram, numbers in network byte order.
///
///     offset 0   2 bytes  magic, 0x4845 ("HE")
///     offset 2   1 byte   version, 1
///     offset 3   1 byte   type; the highest bit is set in what the ether says
///     offset 4            what the type says below
///
/// Signal strengths and powers are signed 16-bit numbers in hundredths of a decibel. A token is a number that the
/// sender chooses and finds again in the answer. The ether knows a node by the address that its messages come from.
public enum EtherMessage: Equatable, Sendable {
    // MARK: From a node

    /// 0x01: takes a node's place: EtherRegistration.
    case register(EtherRegistration)
    /// 0x02: sets the radio: EtherRadioSetting.
    case configure(EtherRadioSetting)
    /// 0x03: sends a frame: token (4 bytes), PSDU (the rest).
    case transmit(token: UInt32, bytes: [UInt8])
    /// 0x04: asks for channel activity: token (4 bytes).
    case assess(token: UInt32)
    /// 0x05: turns the receiver on or off: 0 or 1 (1 byte).
    case receiver(isOn: Bool)
    /// 0x06: a sign of life, once a second.
    case keepAlive
    /// 0x07: asks for a node's statistics: its name in UTF-8 (the rest). Anybody may ask.
    case statisticsRequest(node: String)
    /// 0x08: frees the node's place.
    case leave

    // MARK: From the ether

    /// 0x81: the place is taken.
    case registered
    /// 0x82: the message before cannot be fulfilled: a sentence in UTF-8 (the rest).
    case refused(reason: String)
    /// 0x83: the frame has left, or could not: token (4 bytes), 1 or 0 (1 byte).
    case transmitDone(token: UInt32, outcome: TransmitOutcome)
    /// 0x84: a frame has arrived: RSSI (2 bytes), SNR (2 bytes), PSDU (the rest).
    case received(ReceivedFrame)
    /// 0x85: what was found on the channel: token (4 bytes), 1 for busy or 0 (1 byte).
    case assessment(token: UInt32, isBusy: Bool)
    /// 0x86: the answer to a sign of life.
    case alive
    /// 0x87: a node's statistics: a JSON object in UTF-8 (the rest).
    case statistics(json: String)
    /// 0x88: the sender has no place (any more) and must register.
    case unregistered

    static let magic: UInt16 = 0x4845
    static let version: UInt8 = 1

    /// - Throws: `.invalid` for another magic number, an unknown type or a value without meaning, `.unsupported` for
    ///   another version, `.truncated`, `.trailing`.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let start = reader.offset
        let magic = try reader.readUInt16("ether magic")
        guard magic == Self.magic else {
            throw ParseError(field: "ether magic", offset: start, reason: .invalid(value: UInt64(magic)))
        }
        let version = try reader.readUInt8("ether version")
        guard version == Self.version else {
            throw ParseError(field: "ether version", offset: start + 2, reason: .unsupported(value: UInt64(version)))
        }
        switch try reader.readUInt8("ether message type") {
        case 0x01: self = .register(try EtherRegistration(parsing: &reader))
        case 0x02: self = .configure(try EtherRadioSetting(parsing: &reader))
        case 0x03:
            let token = try reader.readUInt32("transmit token")
            self = .transmit(token: token, bytes: reader.readRemaining())
        case 0x04: self = .assess(token: try reader.readUInt32("assess token"))
        case 0x05: self = .receiver(isOn: try reader.readFlag("receiver"))
        case 0x06: self = .keepAlive
        case 0x07: self = .statisticsRequest(node: try reader.readText(reader.remaining, "node name"))
        case 0x08: self = .leave
        case 0x81: self = .registered
        case 0x82: self = .refused(reason: try reader.readText(reader.remaining, "refusal"))
        case 0x83:
            let token = try reader.readUInt32("transmit token")
            self = .transmitDone(token: token, outcome: try reader.readFlag("transmit outcome") ? .sent : .failed)
        case 0x84:
            let rssi = DecibelMilliwatts(try reader.readHundredths("RSSI"))
            let snr = Decibels(try reader.readHundredths("SNR"))
            self = .received(ReceivedFrame(bytes: reader.readRemaining(), rssi: rssi, snr: snr))
        case 0x85:
            let token = try reader.readUInt32("assess token")
            self = .assessment(token: token, isBusy: try reader.readFlag("assessment"))
        case 0x86: self = .alive
        case 0x87: self = .statistics(json: try reader.readText(reader.remaining, "statistics"))
        case 0x88: self = .unregistered
        case let other:
            throw ParseError(field: "ether message type", offset: start + 3, reason: .invalid(value: UInt64(other)))
        }
        try reader.requireEnd("ether message")
    }

    public var byteCount: Int {
        switch self {
        case .register(let registration): 4 + registration.byteCount
        case .configure(let setting): 4 + setting.byteCount
        case .transmit(_, let bytes): 8 + bytes.count
        case .assess: 8
        case .receiver: 5
        case .statisticsRequest(let node): 4 + node.utf8.count
        case .refused(let reason): 4 + reason.utf8.count
        case .transmitDone, .assessment: 9
        case .received(let frame): 8 + frame.bytes.count
        case .statistics(let json): 4 + json.utf8.count
        case .keepAlive, .leave, .registered, .alive, .unregistered: 4
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(type)
        switch self {
        case .register(let registration): registration.serialize(into: &writer)
        case .configure(let setting): setting.serialize(into: &writer)
        case .transmit(let token, let bytes):
            writer.write(token)
            writer.write(contentsOf: bytes)
        case .assess(let token): writer.write(token)
        case .receiver(let isOn): writer.write(flag: isOn)
        case .statisticsRequest(let text), .refused(let text), .statistics(let text):
            writer.write(contentsOf: Array(text.utf8))
        case .transmitDone(let token, let outcome):
            writer.write(token)
            writer.write(flag: outcome == .sent)
        case .received(let frame):
            writer.write(hundredthsOf: frame.rssi.value)
            writer.write(hundredthsOf: frame.snr.value)
            writer.write(contentsOf: frame.bytes)
        case .assessment(let token, let isBusy):
            writer.write(token)
            writer.write(flag: isBusy)
        case .keepAlive, .leave, .registered, .alive, .unregistered: break
        }
    }

    private var type: UInt8 {
        switch self {
        case .register: 0x01
        case .configure: 0x02
        case .transmit: 0x03
        case .assess: 0x04
        case .receiver: 0x05
        case .keepAlive: 0x06
        case .statisticsRequest: 0x07
        case .leave: 0x08
        case .registered: 0x81
        case .refused: 0x82
        case .transmitDone: 0x83
        case .received: 0x84
        case .assessment: 0x85
        case .alive: 0x86
        case .statistics: 0x87
        case .unregistered: 0x88
        }
    }
}
