public import WireCore

/// The header of a frame: from its frame control field up to its payload.
///
/// The PAN identifiers that stand in the header follow from version, addresses and compression; where the
/// rules ask for one and the field is nil, the broadcast identifier is written.
/// - Source: IEEE 802.15.4-2006 §7.2.1; for version 2, IEEE 802.15.4-2015 §7.2
public struct MACHeader: Equatable, Sendable {
    public var frameType: FrameType
    public var frameVersion: FrameVersion
    /// The sender has more for the receiver; in an acknowledgement of a data request: stay awake.
    public var isFramePending: Bool
    public var requestsAcknowledgement: Bool
    /// The source's PAN is the destination's and is left out (as versions 0 and 1 use it).
    public var isPANIDCompressed: Bool
    /// Zero when `isSequenceNumberSuppressed`.
    public var sequenceNumber: UInt8
    /// Only in version 2.
    public var isSequenceNumberSuppressed: Bool
    public var destinationPAN: PANID?
    public var destination: LinkAddress
    public var sourcePAN: PANID?
    public var source: LinkAddress
    public var security: AuxiliarySecurityHeader?
    /// The header information elements as they stand, a closing one included; only in version 2.
    public var informationElements: [UInt8]

    /// - Parameter sourcePAN: nil compresses it away when both addresses are there.
    public init(
        frameType: FrameType, frameVersion: FrameVersion = .ieee2006, sequenceNumber: UInt8,
        destinationPAN: PANID? = nil, destination: LinkAddress = .none, sourcePAN: PANID? = nil,
        source: LinkAddress = .none, isFramePending: Bool = false, requestsAcknowledgement: Bool = false,
        security: AuxiliarySecurityHeader? = nil
    ) {
        self.frameType = frameType
        self.frameVersion = frameVersion
        self.isFramePending = isFramePending
        self.requestsAcknowledgement = requestsAcknowledgement
        isPANIDCompressed = sourcePAN == nil && destination != .none && source != .none
        self.sequenceNumber = sequenceNumber
        isSequenceNumberSuppressed = false
        self.destinationPAN = destinationPAN
        self.destination = destination
        self.sourcePAN = sourcePAN
        self.source = source
        self.security = security
        informationElements = []
    }

    /// Reads a header from a reader that ends before the frame check sequence.
    /// - Throws: `.truncated`; `.unsupported` for frame types, versions and security controls that Heddle does not
    ///   handle; `.invalid` for an addressing mode or information element without meaning.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        let control = try FrameControl(parsing: &reader)
        frameType = control.frameType
        frameVersion = control.frameVersion
        isFramePending = control.isFramePending
        requestsAcknowledgement = control.requestsAcknowledgement
        isPANIDCompressed = control.isPANIDCompressed
        isSequenceNumberSuppressed = control.isSequenceNumberSuppressed
        sequenceNumber = control.isSequenceNumberSuppressed ? 0 : try reader.readUInt8("sequence number")
        destinationPAN = control.hasDestinationPAN ? try Self.readPAN(&reader, "destination PAN identifier") : nil
        destination = try Self.readAddress(&reader, control.destinationMode, "destination address")
        sourcePAN = control.hasSourcePAN ? try Self.readPAN(&reader, "source PAN identifier") : nil
        source = try Self.readAddress(&reader, control.sourceMode, "source address")
        security = control.isSecured ? try AuxiliarySecurityHeader(parsing: &reader) : nil
        informationElements =
            control.hasInformationElements
            ? try Self.readInformationElements(&reader, codeLength: security?.securityLevel.codeLength ?? 0) : []
    }

    public var byteCount: Int {
        2 + control.addressingByteCount + (security?.byteCount ?? 0) + informationElements.count
    }

    public func serialize(into writer: inout ByteWriter) {
        let control = self.control
        writer.writeLittleEndian(UInt64(control.rawValue), count: 2)
        if !control.isSequenceNumberSuppressed { writer.write(sequenceNumber) }
        if control.hasDestinationPAN { Self.write(destinationPAN, into: &writer) }
        Self.write(destination, into: &writer)
        if control.hasSourcePAN { Self.write(sourcePAN, into: &writer) }
        Self.write(source, into: &writer)
        security?.serialize(into: &writer)
        writer.write(contentsOf: informationElements)
    }

    /// The frame control field that these values make.
    private var control: FrameControl {
        FrameControl(
            frameType: frameType, frameVersion: frameVersion, isSecured: security != nil,
            isFramePending: isFramePending, requestsAcknowledgement: requestsAcknowledgement,
            isPANIDCompressed: isPANIDCompressed, isSequenceNumberSuppressed: isSequenceNumberSuppressed,
            hasInformationElements: !informationElements.isEmpty,
            destinationMode: FrameControl.AddressingMode(destination), sourceMode: FrameControl.AddressingMode(source))
    }
}

extension MACHeader {
    private static func readPAN(_ reader: inout ByteReader, _ field: String) throws(ParseError) -> PANID {
        PANID(rawValue: UInt16(truncatingIfNeeded: try reader.readLittleEndian(2, field)))
    }

    private static func readAddress(
        _ reader: inout ByteReader, _ mode: FrameControl.AddressingMode, _ field: String
    ) throws(ParseError) -> LinkAddress {
        switch mode {
        case .none: return .none
        case .short:
            return .short(ShortAddress(rawValue: UInt16(truncatingIfNeeded: try reader.readLittleEndian(2, field))))
        case .extended: return .extended(ExtendedAddress(rawValue: try reader.readLittleEndian(8, field)))
        }
    }

    /// Reads header information elements up to the one that closes them, or to the end of the frame.
    /// - Source: IEEE 802.15.4-2015 §7.4.2
    private static func readInformationElements(
        _ reader: inout ByteReader, codeLength: Int
    ) throws(ParseError) -> [UInt8] {
        let field = "header information element"
        let start = reader
        let end = max(reader.offset, reader.end - codeLength)
        while reader.offset < end {
            let offset = reader.offset
            let descriptor = try reader.readLittleEndian(2, field)
            guard descriptor & 0x8000 == 0 else {
                throw ParseError(field: field, offset: offset, reason: .invalid(value: descriptor))
            }
            try reader.skip(Int(descriptor & 0x7f), field)
            let identifier = descriptor >> 7 & 0xff
            // Header Termination 1 and 2: what follows is payload.
            if identifier == 0x7e || identifier == 0x7f { break }
        }
        guard reader.offset <= end else {
            throw ParseError(
                field: field, offset: start.offset,
                reason: .invalidLength(found: reader.offset - start.offset, expected: end - start.offset))
        }
        var elements = start
        return try elements.readBytes(reader.offset - start.offset, field)
    }

    private static func write(_ panID: PANID?, into writer: inout ByteWriter) {
        writer.writeLittleEndian(UInt64((panID ?? .broadcast).rawValue), count: 2)
    }

    private static func write(_ address: LinkAddress, into writer: inout ByteWriter) {
        switch address {
        case .none: break
        case .short(let address): writer.writeLittleEndian(UInt64(address.rawValue), count: 2)
        case .extended(let address): writer.writeLittleEndian(address.rawValue, count: 8)
        }
    }
}
