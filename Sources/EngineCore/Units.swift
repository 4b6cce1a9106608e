/// A power on a logarithmic scale, relative to one milliwatt.
/// - Units: dBm
public struct DecibelMilliwatts: Comparable, Hashable, Sendable {
    public var value: Double

    public init(_ value: Double) { self.value = value }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    public static func - (left: Self, right: Self) -> Decibels { Decibels(left.value - right.value) }
    public static func + (left: Self, right: Decibels) -> Self { Self(left.value + right.value) }
    public static func - (left: Self, right: Decibels) -> Self { Self(left.value - right.value) }
}

/// A ratio on a logarithmic scale: gain, loss, signal-to-noise ratio.
/// - Units: dB
public struct Decibels: Comparable, Hashable, Sendable {
    public var value: Double

    public init(_ value: Double) { self.value = value }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    public static func + (left: Self, right: Self) -> Self { Self(left.value + right.value) }
    public static func - (left: Self, right: Self) -> Self { Self(left.value - right.value) }
}

/// A frequency or a bandwidth.
/// - Units: Hz
public struct Hertz: Comparable, Hashable, Sendable {
    public var value: UInt64

    public init(_ value: UInt64) { self.value = value }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}
