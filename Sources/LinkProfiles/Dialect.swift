/// What nodes of one make say in their own way, whatever the speed of their link.
///
/// Every way is understood; a dialect tells only how a node speaks.
public struct Dialect: Equatable, Sendable {
    /// The Thread version that a node claims: 5 is Thread 1.4, 2 is Thread 1.1.
    public var version: UInt16
    /// The traffic class of management messages.
    public var managementTrafficClass: UInt8
    /// Whether Address Queries, Address Notifications and their answers carry a CoAP token.
    public var hasAddressTokens: Bool
    /// Whether a new router asks all neighbors at once for links, and not only a parent that needs it.
    public var requestsLinksByMulticast: Bool
    /// Whether a node whose chosen parent gives no Child ID Response forms a partition, as one that found no parent does,
    /// instead of looking for another.
    public var formsWhenParentIsSilent: Bool
    /// Whether a security policy is written with one byte of flags instead of two.
    public var hasShortSecurityPolicy: Bool
    /// Whether the frame check sequence of frames is computed. Pymesh's LoRa driver leaves two bytes that mean nothing
    /// and relies on LoRa's own checksum.
    public var computesFrameCheckSequence: Bool

    /// OpenThread of 2025.
    /// - Source: OpenThread as observed: recordings in Tests/Fixtures/thread
    public static let thread = Dialect(
        version: 5, managementTrafficClass: 0x1c, hasAddressTokens: true, requestsLinksByMulticast: false,
        formsWhenParentIsSilent: false, hasShortSecurityPolicy: false, computesFrameCheckSequence: true)

    /// Pymesh: OpenThread of December 2018.
    /// - Source: OpenThread c482301ec73b with Pycom's changes, as observed: recordings in Tests/Fixtures/pymesh
    public static let pymesh = Dialect(
        version: 2, managementTrafficClass: 0, hasAddressTokens: false, requestsLinksByMulticast: true,
        formsWhenParentIsSilent: true, hasShortSecurityPolicy: true, computesFrameCheckSequence: false)
}
