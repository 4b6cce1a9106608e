/// What a node counted and measured since its start.
public struct MeshCoreStatistics: Equatable, Sendable {
    /// Everything that was heard, also what was no packet.
    public var packetsReceived: UInt32 = 0
    public var packetsSent: UInt32 = 0
    public var floodsSent: UInt32 = 0
    public var directsSent: UInt32 = 0
    public var floodsReceived: UInt32 = 0
    public var directsReceived: UInt32 = 0
    public var receiveErrors: UInt32 = 0
    public var floodDuplicates: UInt32 = 0
    public var directDuplicates: UInt32 = 0
    public var transmitAirtime = Duration.zero
    public var receiveAirtime = Duration.zero
    /// Bit 0: there was no room for a packet. Bit 1: the channel stayed busy for 4 s.
    public var errorFlags: UInt16 = 0
    /// Of the last packet.
    /// - Units: dBm
    public var lastRSSI: Int8 = 0
    /// Of the last packet.
    /// - Units: quarters of a decibel
    public var lastSNRQuarters: Int8 = 0

    public init() {}

    static let errorFull: UInt16 = 1
    static let errorChannelBusy: UInt16 = 2
}

/// What the device around the node knows.
public struct MeshCoreDeviceFacts: Equatable, Sendable {
    /// - Units: millivolts; 0 when unknown
    public var battery: UInt16 = 0
    /// - Units: dBm
    public var noiseFloor: Int16 = 0
    /// What is told as the version of the software to whoever asks for the owner.
    public var version: [UInt8] = Array("Heddle".utf8)
    public var telemetry = MeshCoreTelemetry()

    public init() {}
}
