/// One option of a CoAP message.
/// - Source: RFC 7252 §5.4
public struct CoAPOption: Equatable, Sendable {
    public var number: Number
    /// - Range: 0 to 65804 bytes
    public var value: [UInt8]

    public init(_ number: Number, value: [UInt8] = []) {
        precondition(value.count <= Self.maximumLength, "an option of \(value.count) bytes")
        self.number = number
        self.value = value
    }

    /// The longest value that a length can tell.
    /// - Source: RFC 7252 §3.1: two extended bytes, to which 269 is added
    static let maximumLength = 269 + Int(UInt16.max)

    /// Which option this is.
    /// - Source: RFC 7252 §5.10, §12.2
    public struct Number: RawRepresentable, Hashable, Comparable, Sendable {
        public var rawValue: UInt16

        public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let ifMatch = Self(rawValue: 1)
        public static let uriHost = Self(rawValue: 3)
        public static let eTag = Self(rawValue: 4)
        public static let ifNoneMatch = Self(rawValue: 5)
        /// - Source: RFC 7641 §2
        public static let observe = Self(rawValue: 6)
        public static let uriPort = Self(rawValue: 7)
        public static let locationPath = Self(rawValue: 8)
        public static let uriPath = Self(rawValue: 11)
        public static let contentFormat = Self(rawValue: 12)
        public static let maxAge = Self(rawValue: 14)
        public static let uriQuery = Self(rawValue: 15)
        public static let accept = Self(rawValue: 17)
        public static let locationQuery = Self(rawValue: 20)
        public static let proxyUri = Self(rawValue: 35)
        public static let proxyScheme = Self(rawValue: 39)
        public static let size1 = Self(rawValue: 60)

        /// A receiver that does not know a critical option must not act on the message.
        /// - Source: RFC 7252 §5.4.6
        public var isCritical: Bool { rawValue & 1 != 0 }

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }
}
