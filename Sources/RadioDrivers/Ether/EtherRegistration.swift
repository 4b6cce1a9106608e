public import EngineCore
public import LoRaPHY
public import WireCore

/// How a node takes its place in the ether.
///
///     1 byte   flags: bit 0 = frames end with a frame check sequence
///              EtherRadioSetting
///     the rest the node's name in UTF-8, 1 to 64 bytes
public struct EtherRegistration: Equatable, Sendable {
    /// The node's name in the topology.
    /// - Range: 1 to 64 bytes of UTF-8
    public var node: String
    /// Whether the node's frames end with a frame check sequence, which decides the kind of capture file.
    public var hasFrameCheckSequence: Bool
    public var setting: EtherRadioSetting

    /// The longest name.
    /// - Units: bytes
    public static let maximumNameLength = 64

    public init(node: String, hasFrameCheckSequence: Bool, setting: EtherRadioSetting) {
        self.node = node
        self.hasFrameCheckSequence = hasFrameCheckSequence
        self.setting = setting
    }

    /// - Throws: `.invalidLength` for an empty or long name, `.invalid` for what is no UTF-8 or no radio setting.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        hasFrameCheckSequence = try reader.readFlag("registration flags")
        setting = try EtherRadioSetting(parsing: &reader)
        guard (1...Self.maximumNameLength).contains(reader.remaining) else {
            throw ParseError(
                field: "node name", offset: reader.offset,
                reason: .invalidLength(found: reader.remaining, expected: Self.maximumNameLength))
        }
        node = try reader.readText(reader.remaining, "node name")
    }

    public var byteCount: Int { 1 + setting.byteCount + node.utf8.count }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(flag: hasFrameCheckSequence)
        setting.serialize(into: &writer)
        writer.write(contentsOf: Array(node.utf8))
    }
}

/// How a node's radio is set.
///
///     8 bytes  frequency in hertz
///     2 bytes  transmit power
///     1 byte   1 when the receiver is on, or 0
///     1 byte   physical layer: 0 = IEEE 802.15.4, 1 = LoRa; LoRa is followed by
///     4 bytes  bandwidth in hertz
///     1 byte   spreading factor
///     1 byte   denominator of the coding rate
///     2 bytes  preamble length in symbols
///     1 byte   flags: bit 0 = CRC, bit 1 = implicit header, bit 2 = optimised for low data rates
public struct EtherRadioSetting: Equatable, Sendable {
    public var phy: PhysicalLayer
    public var frequency: Hertz
    /// - Units: dBm, in hundredths on the wire
    public var power: DecibelMilliwatts
    public var isReceiving: Bool

    public init(phy: PhysicalLayer, frequency: Hertz, power: DecibelMilliwatts, isReceiving: Bool) {
        self.phy = phy
        self.frequency = frequency
        self.power = power
        self.isReceiving = isReceiving
    }

    /// - Throws: `.invalid` for an unknown physical layer or a modulation that LoRa does not have.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        frequency = Hertz(try reader.readUInt64("frequency"))
        power = DecibelMilliwatts(try reader.readHundredths("power"))
        isReceiving = try reader.readFlag("receiver")
        let position = reader.offset
        switch try reader.readUInt8("physical layer") {
        case 0: phy = .ieee802154
        case 1: phy = .lora(try Self.modulation(parsing: &reader))
        case let other:
            throw ParseError(field: "physical layer", offset: position, reason: .invalid(value: UInt64(other)))
        }
    }

    public var byteCount: Int {
        switch phy {
        case .ieee802154: 12
        case .lora: 21
        }
    }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(frequency.value)
        writer.write(hundredthsOf: power.value)
        writer.write(flag: isReceiving)
        switch phy {
        case .ieee802154: writer.write(0 as UInt8)
        case .lora(let modulation):
            writer.write(1 as UInt8)
            writer.write(UInt32(truncatingIfNeeded: modulation.bandwidth.value))
            writer.write(modulation.spreadingFactor)
            writer.write(modulation.codingRate)
            writer.write(modulation.preambleLength)
            writer.write(
                (modulation.hasCRC ? 1 : 0) | (modulation.isImplicitHeader ? 2 : 0)
                    | (modulation.optimizesForLowDataRate ? 4 : 0) as UInt8)
        }
    }

    private static func modulation(parsing reader: inout ByteReader) throws(ParseError) -> LoRaModulation {
        let position = reader.offset
        let bandwidth = try reader.readUInt32("bandwidth")
        let spreadingFactor = try reader.readUInt8("spreading factor")
        let codingRate = try reader.readUInt8("coding rate")
        let preambleLength = try reader.readUInt16("preamble length")
        let flags = try reader.readUInt8("modulation flags")
        guard flags < 8 else {
            throw ParseError(field: "modulation flags", offset: position + 8, reason: .invalid(value: UInt64(flags)))
        }
        do {
            return try LoRaModulation(
                bandwidth: Hertz(UInt64(bandwidth)), spreadingFactor: spreadingFactor, codingRate: codingRate,
                preambleLength: preambleLength, hasCRC: flags & 1 != 0, isImplicitHeader: flags & 2 != 0,
                optimizesForLowDataRate: flags & 4 != 0)
        } catch {
            switch error {
            case .bandwidth(let found):
                throw ParseError(field: "bandwidth", offset: position, reason: .invalid(value: found.value))
            case .spreadingFactor(let found):
                throw ParseError(
                    field: "spreading factor", offset: position + 4, reason: .invalid(value: UInt64(found)))
            case .codingRate(let found):
                throw ParseError(field: "coding rate", offset: position + 5, reason: .invalid(value: UInt64(found)))
            case .preambleLength(let found):
                throw ParseError(
                    field: "preamble length", offset: position + 6, reason: .invalid(value: UInt64(found)))
            }
        }
    }
}
