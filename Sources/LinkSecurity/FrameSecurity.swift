public import ThreadWire

/// Link frames, sealed and opened where they stand.
/// - Source: IEEE 802.15.4-2006 §7.6.3; recording line_traffic, frame 16, in ccm-vectors.txt
public enum FrameSecurity {
    /// Encrypts and authenticates a frame; its code range is filled in.
    /// - Parameters:
    ///   - bytes: the whole frame, with room for the code.
    ///   - frame: where the frame's parts stand; it has a security header of a level with a code.
    ///   - extendedAddress: the sender's.
    public static func secure(
        _ bytes: inout [UInt8], frame: MACFrame, extendedAddress: ExtendedAddress, context: any CCMContext
    ) {
        guard let security = frame.header.security, !frame.codeRange.isEmpty else {
            preconditionFailure("a frame without a message integrity code cannot be secured")
        }
        context.seal(
            &bytes, plaintext: frame.encryptedRange, authenticated: .range(frame.authenticatedRange),
            nonce: Nonce(security, extendedAddress), codeLength: frame.codeRange.count)
    }

    /// Decrypts a frame and checks its code.
    /// - Parameter extendedAddress: the sender's.
    /// - Returns: false when the code does not match, or the frame has none; there is then no plaintext.
    public static func unsecure(
        _ bytes: inout [UInt8], frame: MACFrame, extendedAddress: ExtendedAddress, context: any CCMContext
    ) -> Bool {
        guard let security = frame.header.security, !frame.codeRange.isEmpty else { return false }
        return context.open(
            &bytes, ciphertext: frame.encryptedRange, authenticated: .range(frame.authenticatedRange),
            nonce: Nonce(security, extendedAddress), codeLength: frame.codeRange.count)
    }
}

extension Nonce {
    /// The nonce of a frame or message of a sender.
    public init(_ security: AuxiliarySecurityHeader, _ sender: ExtendedAddress) {
        self.init(
            extendedAddress: sender.rawValue, frameCounter: security.frameCounter,
            securityLevel: security.securityLevel.rawValue)
    }
}
