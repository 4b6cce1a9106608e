/// Which of several waiting frames goes first when air time is short.
public enum TransmitPriority: UInt8, Comparable, CaseIterable, Sendable {
    /// Acknowledgements, which are worthless late.
    case acknowledgement = 0
    /// Links and roles: Mesh Link Establishment.
    case attach
    /// Thread management.
    case control
    /// What applications send.
    case data
    /// What may wait for a quiet minute.
    case background

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
