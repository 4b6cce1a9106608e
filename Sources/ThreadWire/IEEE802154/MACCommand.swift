/// What a MAC command frame asks for: the first byte of its payload.
/// - Source: IEEE 802.15.4-2006 §7.3, Table 82
public struct MACCommandIdentifier: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let associationRequest = Self(rawValue: 1)
    public static let associationResponse = Self(rawValue: 2)
    public static let disassociationNotification = Self(rawValue: 3)
    /// A sleeping node asks its parent for what waits there.
    public static let dataRequest = Self(rawValue: 4)
    public static let panIDConflictNotification = Self(rawValue: 5)
    public static let orphanNotification = Self(rawValue: 6)
    /// Whoever hears it and has a network sends a beacon.
    public static let beaconRequest = Self(rawValue: 7)
    public static let coordinatorRealignment = Self(rawValue: 8)
    public static let guaranteedTimeSlotRequest = Self(rawValue: 9)
}
