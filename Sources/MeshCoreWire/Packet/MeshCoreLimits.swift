/// The sizes that MeshCore's packets keep to.
/// - Source: MeshCore firmware 1.17.1
public enum MeshCoreLimits {
    /// The longest packet on a link.
    /// - Units: bytes
    public static let packet = 255
    /// The longest payload of a packet.
    /// - Units: bytes
    public static let payload = 184
    /// The longest path, whatever the size of its hashes.
    /// - Units: bytes
    public static let path = 64
    /// The longest text of a message, and of a channel's message with its sender's name.
    /// - Units: bytes of UTF-8
    public static let text = 160
    /// The longest data of a channel's datagram.
    /// - Units: bytes
    public static let channelData = 165
    /// The longest application data of an advert.
    /// - Units: bytes
    public static let advertData = 32
    /// The longest name of a node.
    /// - Units: bytes of UTF-8
    public static let name = 31
    /// The longest password.
    /// - Units: bytes
    public static let password = 15
    /// The block of the cipher.
    /// - Units: bytes
    public static let cipherBlock = 16
    /// The message authentication code before a ciphertext.
    /// - Units: bytes
    public static let code = 2
    /// The longest plaintext of a request, response or text.
    /// - Units: bytes
    public static let addressedPlaintext = payload - code - (cipherBlock - 1)
    /// The longest plaintext of an anonymous request.
    /// - Units: bytes
    public static let anonymousPlaintext = payload - 1 - 32 - (cipherBlock - 1)
    /// The longest plaintext of a channel's packet.
    /// - Units: bytes
    public static let groupPlaintext = payload - 1 - (cipherBlock - 1)
    /// What the path and the extra of a path return may take together with their five bytes of framing.
    /// - Units: bytes
    public static let combinedPath = payload - 2 - cipherBlock
}
