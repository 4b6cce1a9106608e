public import WireCore

/// Where the parts of a received frame stand. Receiving copies nothing: the payload stays in the frame's bytes.
///
///     header | payload | message integrity code | frame check sequence
public struct MACFrame: Equatable, Sendable {
    public let header: MACHeader
    /// Frame control to auxiliary security header and information elements.
    public let headerRange: Range<Int>
    /// What follows the header; in a MAC command frame its identifier comes first.
    public let payload: Range<Int>
    /// The message integrity code; empty when the frame has none.
    public let codeRange: Range<Int>

    /// - Parameter frameCheckSequenceLength: 2, or 0 when the frames of this link have none; its value is not checked.
    /// - Throws: what the header throws; `.truncated` when the frame is too short for checksum or integrity code.
    public init(parsing bytes: [UInt8], frameCheckSequenceLength: Int) throws(ParseError) {
        guard bytes.count >= frameCheckSequenceLength else {
            throw ParseError(
                field: "frame check sequence", offset: 0,
                reason: .truncated(needed: frameCheckSequenceLength, available: bytes.count))
        }
        var reader = ByteReader(bytes, in: 0..<bytes.count - frameCheckSequenceLength)
        header = try MACHeader(parsing: &reader)
        headerRange = 0..<reader.offset
        let codeLength = header.security?.securityLevel.codeLength ?? 0
        let isCommand = header.frameType == .macCommand
        // A command without an identifier is none.
        try reader.require(codeLength + (isCommand ? 1 : 0), "payload")
        payload = reader.offset..<reader.end - codeLength
        codeRange = reader.end - codeLength..<reader.end
    }

    /// The layout of a frame that was just written, code included.
    /// - Parameter byteCount: of all parts but the frame check sequence; at least header and code.
    public init(assembled header: MACHeader, byteCount: Int) {
        let codeLength = header.security?.securityLevel.codeLength ?? 0
        self.header = header
        headerRange = 0..<header.byteCount
        payload = headerRange.upperBound..<byteCount - codeLength
        codeRange = payload.upperBound..<byteCount
    }

    /// The command that a MAC command frame carries, once the frame is decrypted if it is of version 2.
    public func command(in bytes: [UInt8]) -> MACCommandIdentifier? {
        guard header.frameType == .macCommand, let first = payload.first else { return nil }
        return MACCommandIdentifier(rawValue: bytes[first])
    }

    /// The part of the payload that link security hides: all of it, but not the identifier of a MAC command before
    /// version 2; empty when the security level only authenticates.
    /// - Source: IEEE 802.15.4-2006 §7.6.3.3; commands as observed: recording sleepy, frame 14
    public var encryptedRange: Range<Int> {
        guard let security = header.security, security.securityLevel.isEncrypted else {
            return payload.upperBound..<payload.upperBound
        }
        let isIdentifierOpen = header.frameType == .macCommand && header.frameVersion != .ieee2015
        return (isIdentifierOpen ? payload.lowerBound + 1 : payload.lowerBound)..<payload.upperBound
    }

    /// The part of the frame that link security authenticates without hiding it.
    public var authenticatedRange: Range<Int> { headerRange.lowerBound..<encryptedRange.lowerBound }
}
