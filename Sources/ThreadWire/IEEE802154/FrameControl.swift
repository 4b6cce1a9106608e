internal import WireCore

/// What a frame is for.
/// - Source: IEEE 802.15.4-2006 §7.2.1.1.1; the types that came after 2006 are not handled
public enum FrameType: UInt8, CaseIterable, Sendable {
    case beacon = 0
    case data = 1
    case acknowledgement = 2
    case macCommand = 3
}

/// Which edition of IEEE 802.15.4 a frame's header follows.
///
/// Heddle sends the first two and reads all three.
public enum FrameVersion: UInt8, CaseIterable, Sendable {
    case ieee2003 = 0
    case ieee2006 = 1
    case ieee2015 = 2
}

/// The first two bytes of every frame, least significant first.
/// - Source: IEEE 802.15.4-2006 §7.2.1.1; bits 8 and 9: IEEE 802.15.4-2015 §7.2.1
struct FrameControl: Equatable {
    private static let securityEnabled: UInt16 = 0x0008
    private static let framePending: UInt16 = 0x0010
    private static let acknowledgementRequest: UInt16 = 0x0020
    private static let panIDCompression: UInt16 = 0x0040
    private static let sequenceNumberSuppression: UInt16 = 0x0100
    private static let informationElementsPresent: UInt16 = 0x0200

    /// How an address field is written, or that it is left out.
    enum AddressingMode: UInt16 {
        case none = 0
        case short = 2
        case extended = 3

        init(_ address: LinkAddress) {
            self =
                switch address {
                case .none: .none
                case .short: .short
                case .extended: .extended
                }
        }

        var byteCount: Int {
            switch self {
            case .none: 0
            case .short: 2
            case .extended: 8
            }
        }
    }

    var frameType: FrameType
    var frameVersion: FrameVersion
    var isSecured: Bool
    var isFramePending: Bool
    var requestsAcknowledgement: Bool
    var isPANIDCompressed: Bool
    var isSequenceNumberSuppressed: Bool
    var hasInformationElements: Bool
    var destinationMode: AddressingMode
    var sourceMode: AddressingMode

    var rawValue: UInt16 {
        var value =
            UInt16(frameType.rawValue) | UInt16(frameVersion.rawValue) << 12 | destinationMode.rawValue << 10
            | sourceMode.rawValue << 14
        if isSecured { value |= Self.securityEnabled }
        if isFramePending { value |= Self.framePending }
        if requestsAcknowledgement { value |= Self.acknowledgementRequest }
        if isPANIDCompressed { value |= Self.panIDCompression }
        if isSequenceNumberSuppressed { value |= Self.sequenceNumberSuppression }
        if hasInformationElements { value |= Self.informationElementsPresent }
        return value
    }

    /// Whether the destination's PAN identifier is in the header.
    /// - Source: IEEE 802.15.4-2006 §7.2.1.1.5; IEEE 802.15.4-2015 Table 7-2
    var hasDestinationPAN: Bool {
        switch frameVersion {
        case .ieee2003, .ieee2006: destinationMode != .none
        case .ieee2015:
            switch (destinationMode, sourceMode) {
            case (.none, .none): isPANIDCompressed
            case (.none, _): false
            case (_, .none), (.extended, .extended): !isPANIDCompressed
            case (_, _): true
            }
        }
    }

    /// Whether the source's PAN identifier is in the header.
    /// - Source: IEEE 802.15.4-2006 §7.2.1.1.5; IEEE 802.15.4-2015 Table 7-2
    var hasSourcePAN: Bool {
        switch frameVersion {
        case .ieee2003, .ieee2006: sourceMode != .none && !isPANIDCompressed
        case .ieee2015:
            switch (destinationMode, sourceMode) {
            case (_, .none), (.extended, .extended): false
            case (_, _): !isPANIDCompressed
            }
        }
    }

    /// The bytes of sequence number, PAN identifiers and addresses.
    var addressingByteCount: Int {
        (isSequenceNumberSuppressed ? 0 : 1) + (hasDestinationPAN ? 2 : 0) + destinationMode.byteCount
            + (hasSourcePAN ? 2 : 0) + sourceMode.byteCount
    }
}

extension FrameControl {
    /// - Throws: `.truncated`; `.unsupported` for a frame type or version that Heddle does not handle; `.invalid` for
    ///   the addressing mode that has no meaning.
    init(parsing reader: inout ByteReader) throws(ParseError) {
        let offset = reader.offset
        let value = UInt16(truncatingIfNeeded: try reader.readLittleEndian(2, "frame control"))
        guard let frameType = FrameType(rawValue: UInt8(value & 7)) else {
            throw ParseError(field: "frame type", offset: offset, reason: .unsupported(value: UInt64(value & 7)))
        }
        guard let frameVersion = FrameVersion(rawValue: UInt8(value >> 12 & 3)) else {
            throw ParseError(
                field: "frame version", offset: offset + 1, reason: .unsupported(value: UInt64(value >> 12 & 3)))
        }
        guard let destinationMode = AddressingMode(rawValue: value >> 10 & 3) else {
            throw ParseError(field: "destination addressing mode", offset: offset + 1, reason: .invalid(value: 1))
        }
        guard let sourceMode = AddressingMode(rawValue: value >> 14 & 3) else {
            throw ParseError(field: "source addressing mode", offset: offset + 1, reason: .invalid(value: 1))
        }
        self.frameType = frameType
        self.frameVersion = frameVersion
        self.destinationMode = destinationMode
        self.sourceMode = sourceMode
        isSecured = value & Self.securityEnabled != 0
        isFramePending = value & Self.framePending != 0
        requestsAcknowledgement = value & Self.acknowledgementRequest != 0
        isPANIDCompressed = value & Self.panIDCompression != 0
        // Before 2015 these bits were reserved, to be ignored by the receiver.
        let isModern = frameVersion == .ieee2015
        isSequenceNumberSuppressed = isModern && value & Self.sequenceNumberSuppression != 0
        hasInformationElements = isModern && value & Self.informationElementsPresent != 0
    }
}
