public import WireCore

/// What a node can do and wants: always listening, able to route, in need of the whole network data.
/// - Source: OpenThread as observed: recording attach, frames 10 and 12, and the command `mode`
public struct DeviceMode: RawRepresentable, Hashable, Sendable {
    /// All eight bits, so that those without a meaning survive a round trip.
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The mode of a node; secure data requests are always on, as every node since Thread 1.1 sends it.
    public init(isReceiverOnWhenIdle: Bool, isFullThreadDevice: Bool, requestsFullNetworkData: Bool) {
        rawValue = Self.secureDataRequestsBit
        self.isReceiverOnWhenIdle = isReceiverOnWhenIdle
        self.isFullThreadDevice = isFullThreadDevice
        self.requestsFullNetworkData = requestsFullNetworkData
    }

    /// Listens whenever it does not transmit; otherwise it sleeps and polls its parent.
    public var isReceiverOnWhenIdle: Bool {
        get { rawValue & 0x08 != 0 }
        set { set(0x08, newValue) }
    }
    /// Sends its data requests secured.
    public var usesSecureDataRequests: Bool {
        get { rawValue & Self.secureDataRequestsBit != 0 }
        set { set(Self.secureDataRequestsBit, newValue) }
    }
    /// Keeps the tables that routing needs.
    public var isFullThreadDevice: Bool {
        get { rawValue & 0x02 != 0 }
        set { set(0x02, newValue) }
    }
    /// Wants the network data whole, not its stable part alone.
    public var requestsFullNetworkData: Bool {
        get { rawValue & 0x01 != 0 }
        set { set(0x01, newValue) }
    }

    private static let secureDataRequestsBit: UInt8 = 0x04

    private mutating func set(_ bit: UInt8, _ isSet: Bool) {
        if isSet { rawValue |= bit } else { rawValue &= ~bit }
    }
}

extension DeviceMode {
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        rawValue = try reader.readUInt8("mode")
    }

    public var byteCount: Int { 1 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(rawValue)
    }
}

extension DeviceMode: CustomStringConvertible {
    /// As OpenThread's command line writes it: `r`, `d` and `n`, or `-` for none of them.
    public var description: String {
        let text =
            (isReceiverOnWhenIdle ? "r" : "") + (isFullThreadDevice ? "d" : "") + (requestsFullNetworkData ? "n" : "")
        return text.isEmpty ? "-" : text
    }
}
