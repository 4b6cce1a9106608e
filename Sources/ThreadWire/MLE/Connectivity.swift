public import WireCore

/// How well a possible parent is connected, so that a child can choose among several.
/// - Source: OpenThread as observed: recording line_traffic, frame 10
public struct Connectivity: Equatable, Sendable {
    /// - Range: −1 (low), 0 (medium), 1 (high)
    public var parentPriority: Int8
    /// How many router neighbours there are with a link of quality 3.
    public var linkQuality3: UInt8
    /// How many router neighbours there are with a link of quality 2.
    public var linkQuality2: UInt8
    /// How many router neighbours there are with a link of quality 1.
    public var linkQuality1: UInt8
    /// The cost of the way to the leader.
    public var leaderCost: UInt8
    public var idSequence: UInt8
    /// How many routers the partition has.
    public var activeRouters: UInt8
    /// What the parent buffers for its sleepy children, if it tells.
    public var sleepyBuffering: SleepyBuffering?

    /// What a parent buffers for each sleepy child.
    public struct SleepyBuffering: Equatable, Sendable {
        /// - Units: bytes
        public var bufferSize: UInt16
        public var datagramCount: UInt8

        public init(bufferSize: UInt16, datagramCount: UInt8) {
            self.bufferSize = bufferSize
            self.datagramCount = datagramCount
        }
    }

    public init(
        parentPriority: Int8, linkQuality3: UInt8, linkQuality2: UInt8, linkQuality1: UInt8, leaderCost: UInt8,
        idSequence: UInt8, activeRouters: UInt8, sleepyBuffering: SleepyBuffering? = nil
    ) {
        precondition((-1...1).contains(parentPriority), "a parent priority of \(parentPriority)")
        self.parentPriority = parentPriority
        self.linkQuality3 = linkQuality3
        self.linkQuality2 = linkQuality2
        self.linkQuality1 = linkQuality1
        self.leaderCost = leaderCost
        self.idSequence = idSequence
        self.activeRouters = activeRouters
        self.sleepyBuffering = sleepyBuffering
    }

    /// Reads all that is left: seven bytes, or ten with what is buffered for sleepy children.
    ///
    /// The reserved priority 10 counts as medium, as RFC 4191 §2.2 has it for router preferences.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        switch try reader.readUInt8("parent priority") >> 6 {
        case 1: parentPriority = 1
        case 3: parentPriority = -1
        default: parentPriority = 0
        }
        linkQuality3 = try reader.readUInt8("link quality 3")
        linkQuality2 = try reader.readUInt8("link quality 2")
        linkQuality1 = try reader.readUInt8("link quality 1")
        leaderCost = try reader.readUInt8("leader cost")
        idSequence = try reader.readUInt8("id sequence")
        activeRouters = try reader.readUInt8("active routers")
        if !reader.isAtEnd {
            sleepyBuffering = SleepyBuffering(
                bufferSize: try reader.readUInt16("sleepy buffer size"),
                datagramCount: try reader.readUInt8("sleepy datagram count"))
        }
    }

    public var byteCount: Int { sleepyBuffering == nil ? 7 : 10 }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(UInt8(bitPattern: parentPriority) << 6)
        writer.write(linkQuality3)
        writer.write(linkQuality2)
        writer.write(linkQuality1)
        writer.write(leaderCost)
        writer.write(idSequence)
        writer.write(activeRouters)
        if let sleepyBuffering {
            writer.write(sleepyBuffering.bufferSize)
            writer.write(sleepyBuffering.datagramCount)
        }
    }
}
