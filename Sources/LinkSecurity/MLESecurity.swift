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
        var writer = ByteWriter(capacity: 2 * IPv6Address.byteCount + header.byteCount + plaintext.count + codeLength)
        // The two addresses are authenticated as if they stood before the message.
        writer.write([source.high, source.low, destination.high, destination.low])
        let addresses = writer.count
        header.serialize(into: &writer)
        let start = writer.count
        writer.write(contentsOf: plaintext)
        writer.write(repeating: 0, count: codeLength)
        var message = writer.finish()
        context.seal(
            &message, plaintext: start..<start + plaintext.count, authenticated: .range(0..<start),
            nonce: Nonce(header, extendedAddress), codeLength: codeLength)
        return Array(message[addresses...])
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
        var space: [UInt8] = []
        let opened = open(
            copyOf: bytes, message: message, header: header, source: source, destination: destination,
            extendedAddress: extendedAddress, context: context, space: &space)
        guard let opened else { return nil }
        let start = message.lowerBound + header.byteCount
        bytes.replaceSubrange(start..<start + opened.count, with: space[opened])
        return start..<start + opened.count
    }

    /// Opens a message elsewhere than where it stands.
    /// - Parameter space: any buffer, whose memory is used; then it holds command and TLVs.
    /// - Returns: where in `space` command and TLVs stand; nil when the code does not match or there is none.
    public static func open(
        copyOf bytes: [UInt8], message: Range<Int>, header: AuxiliarySecurityHeader, source: IPv6Address,
        destination: IPv6Address, extendedAddress: ExtendedAddress, context: any CCMContext, space: inout [UInt8]
    ) -> Range<Int>? {
        let codeLength = header.securityLevel.codeLength
        guard codeLength > 0, message.count >= header.byteCount + codeLength else { return nil }
        space.removeAll(keepingCapacity: true)
        var writer = ByteWriter(appendingTo: space)
        // Nobody else may hold it, or it would be copied.
        space = []
        // The two addresses are authenticated as if they stood before the message.
        writer.write([source.high, source.low, destination.high, destination.low])
        let start = writer.count + header.byteCount
        writer.write(contentsOf: bytes[message])
        space = writer.finish()
        let ciphertext = start..<space.count - codeLength
        let isAuthentic = context.open(
            &space, ciphertext: ciphertext, authenticated: .range(0..<start), nonce: Nonce(header, extendedAddress),
            codeLength: codeLength)
        return isAuthentic ? ciphertext : nil
    }
}
