public import WireCore

/// How exactly a possible parent keeps time for coordinated sampled listening.
/// - Source: OpenThread as observed: recording sleepy, Parent Responses
public struct CSLAccuracy: Equatable, Sendable {
    /// - Units: parts per million
    public var clockAccuracy: UInt8
    /// - Units: 10 µs
    public var uncertainty: UInt8

    public init(clockAccuracy: UInt8, uncertainty: UInt8) {
        self.clockAccuracy = clockAccuracy
        self.uncertainty = uncertainty
    }

    public init(parsing reader: inout ByteReader) throws(ParseError) {
        clockAccuracy = try reader.readUInt8("clock accuracy")
        uncertainty = try reader.readUInt8("clock uncertainty")
    }

    public var byteCount: Int { 2 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(clockAccuracy)
        writer.write(uncertainty)
    }
}
