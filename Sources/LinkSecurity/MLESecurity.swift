public import ThreadWire
import WireCore

/// MLE messages, sealed and opened. They are bound to the addresses of their datagram, so a message cannot be sent on.
/// - Source: OpenThread as observed: recording line_traffic, frames 1 to 14, in ccm-vectors.txt
public enum MLESecurity {
    /// Seals a message.
    /// - Parameters:
    ///   - plaintext: command and TLVs.
    ///   - header: its security level has a code.
    ///   - extendedAddress: the sender's.
    /// - Returns: what stands behind the security suite byte: auxiliary header, ciphertext, code.
    public static func seal(
        _ plaintext: [UInt8], header: AuxiliarySecurityHeader, source: IPv6Address, destination: IPv6Address,
        extendedAddress: ExtendedAddress, context: any CCMContext
    ) -> [UInt8] {
        let codeLength = header.securityLevel.codeLength
        precondition(codeLength > 0, "an MLE message without a message integrity code cannot be sealed")
        var writer = ByteWriter(capacity: header.byteCount + plaintext.count + codeLength)
        header.serialize(into: &writer)
        let start = writer.count
        writer.write(contentsOf: plaintext)
        writer.write(repeating: 0, count: codeLength)
        var message = writer.bytes
        let authenticated = authenticatedData(
            message, header: 0..<start, source: source, destination: destination)
        context.seal(
            &message, plaintext: start..<start + plaintext.count, authenticated: .bytes(authenticated),
            nonce: Nonce(header, extendedAddress), codeLength: codeLength)
        return message
    }

    /// Opens a message where it stands.
    /// - Parameters:
    ///   - bytes: a buffer that holds the message.
    ///   - message: what stands behind the security suite byte, up to the end of the code.
    ///   - header: as read from the beginning of `message`.
    ///   - extendedAddress: the sender's.
    /// - Returns: where command and TLVs stand; nil when the code does not match or there is none.
    public static func open(
        _ bytes: inout [UInt8], message: Range<Int>, header: AuxiliarySecurityHeader, source: IPv6Address,
        destination: IPv6Address, extendedAddress: ExtendedAddress, context: any CCMContext
    ) -> Range<Int>? {
        let codeLength = header.securityLevel.codeLength
        guard codeLength > 0, message.count >= header.byteCount + codeLength else { return nil }
        let start = message.lowerBound + header.byteCount
        let ciphertext = start..<message.upperBound - codeLength
        let authenticated = authenticatedData(
            bytes, header: message.lowerBound..<start, source: source, destination: destination)
        let isAuthentic = context.open(
            &bytes, ciphertext: ciphertext, authenticated: .bytes(authenticated),
            nonce: Nonce(header, extendedAddress), codeLength: codeLength)
        return isAuthentic ? ciphertext : nil
    }

    private static func authenticatedData(
        _ bytes: [UInt8], header: Range<Int>, source: IPv6Address, destination: IPv6Address
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 32 + header.count)
        for address in [source, destination] {
            writer.write(address.high)
            writer.write(address.low)
        }
        writer.write(contentsOf: bytes[header])
        return writer.bytes
    }
}
