public import WireCore

/// Why a modem does not do what its host asks; the code that it answers with.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
public enum KISSError: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// Too few bytes.
    case invalidLength = 0x01
    /// A value out of range.
    case invalidParameter = 0x02
    /// There is no such callback, as on a board without a thermometer.
    case notAvailable = 0x03
    /// The authentication code does not fit.
    case authenticationFailed = 0x04
    /// There is no such request.
    case unknownRequest = 0x05
    case encryptionFailed = 0x06
    /// A packet is being sent, or the host does not read.
    case busy = 0x07
}

/// What a host says to its modem.
public enum KISSHostMessage: Equatable, Sendable {
    /// A packet to send.
    /// - Range: 1 to 255 bytes
    case data([UInt8])
    /// How long the transmitter is keyed before a packet.
    /// - Units: tens of milliseconds
    case transmitDelay(UInt8)
    /// How likely a free slot is taken.
    /// - Units: 1/256, less one
    case persistence(UInt8)
    /// How long to wait between tries.
    /// - Units: tens of milliseconds
    case slotTime(UInt8)
    /// Taken and never used.
    case transmitTail(UInt8)
    /// Whether to send without listening.
    case fullDuplex(Bool)
    case hardware(KISSHardwareRequest)

    /// What a frame says; nil when a modem ignores it: other ports and commands, missing values, packets of no or more
    /// than 255 bytes.
    /// - Throws: what the modem answers to a hardware request that it cannot take.
    public init?(_ frame: KISSFrame) throws(KISSError) {
        switch frame.type {
        case 0x00:
            guard (1...MeshCoreLimits.packet).contains(frame.data.count) else { return nil }
            self = .data(frame.data)
        case 0x01...0x05:
            guard let value = frame.data.first else { return nil }
            switch frame.type {
            case 0x01: self = .transmitDelay(value)
            case 0x02: self = .persistence(value)
            case 0x03: self = .slotTime(value)
            case 0x04: self = .transmitTail(value)
            default: self = .fullDuplex(value != 0)
            }
        case 0x06:
            guard let code = frame.data.first else { return nil }
            self = .hardware(try KISSHardwareRequest(code: code, data: frame.data.dropFirst()))
        default: return nil
        }
    }

    public var frame: KISSFrame {
        switch self {
        case .data(let packet): KISSFrame(type: 0x00, data: packet)
        case .transmitDelay(let value): KISSFrame(type: 0x01, data: [value])
        case .persistence(let value): KISSFrame(type: 0x02, data: [value])
        case .slotTime(let value): KISSFrame(type: 0x03, data: [value])
        case .transmitTail(let value): KISSFrame(type: 0x04, data: [value])
        case .fullDuplex(let isOn): KISSFrame(type: 0x05, data: [isOn ? 1 : 0])
        case .hardware(let request): KISSFrame(type: 0x06, data: request.bytes)
        }
    }
}

/// What a modem says to its host.
public enum KISSModemMessage: Equatable, Sendable {
    /// A packet that was heard.
    case data([UInt8])
    case hardware(KISSHardwareResponse)

    /// What a frame says; nil when it is of another port or command.
    /// - Throws: when a response is cut short or its code is unknown.
    public init?(_ frame: KISSFrame) throws(ParseError) {
        switch frame.type {
        case 0x00: self = .data(frame.data)
        case 0x06: self = .hardware(try KISSHardwareResponse(frame.data))
        default: return nil
        }
    }

    public var frame: KISSFrame {
        switch self {
        case .data(let packet): KISSFrame(type: 0x00, data: packet)
        case .hardware(let response): KISSFrame(type: 0x06, data: response.bytes)
        }
    }
}

/// The radio's parameters as a KISS line tells them.
public struct KISSRadioParameters: Equatable, Sendable {
    /// - Units: hertz
    public var frequency: UInt32
    /// - Units: hertz
    public var bandwidth: UInt32
    public var spreadingFactor: UInt8
    /// The denominator: 5 for 4/5.
    public var codingRate: UInt8

    public init(frequency: UInt32, bandwidth: UInt32, spreadingFactor: UInt8, codingRate: UInt8) {
        self.frequency = frequency
        self.bandwidth = bandwidth
        self.spreadingFactor = spreadingFactor
        self.codingRate = codingRate
    }

    /// The preamble that the firmware sends; a host cannot set it.
    /// - Units: symbols
    public static func preambleLength(spreadingFactor: UInt8) -> UInt16 { spreadingFactor <= 8 ? 32 : 16 }

    init(parsing reader: inout ByteReader) throws(ParseError) {
        frequency = try reader.readLittleEndian32("frequency")
        bandwidth = try reader.readLittleEndian32("bandwidth")
        spreadingFactor = try reader.readUInt8("spreading factor")
        codingRate = try reader.readUInt8("coding rate")
    }

    func serialize(into writer: inout ByteWriter) {
        writer.writeLittleEndian(frequency)
        writer.writeLittleEndian(bandwidth)
        writer.write(spreadingFactor)
        writer.write(codingRate)
    }
}
