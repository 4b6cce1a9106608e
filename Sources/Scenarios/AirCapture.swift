import EngineCore
import PcapWire
import WireCore

/// Which frames a run keeps.
public enum CaptureChoice: Equatable, Sendable {
    case nothing
    /// Every frame that is sent.
    case air
    /// What a node sends and what arrives at it.
    case node(Int)
}

/// Frames as a pcap.
struct AirCapture {
    private let choice: CaptureChoice
    private let header: PcapFileHeader
    private(set) var bytes: [UInt8]

    /// Nil where nothing is kept.
    init?(_ choice: CaptureChoice, hasFrameCheckSequence: Bool) {
        guard choice != .nothing else { return nil }
        self.choice = choice
        header = PcapFileHeader(linkType: hasFrameCheckSequence ? .ieee802154 : .ieee802154WithoutFCS)
        var writer = ByteWriter()
        header.serialize(into: &writer)
        bytes = writer.bytes
    }

    mutating func noteTransmission(by node: Int, _ frame: [UInt8], at now: Instant) {
        if choice == .air || choice == .node(node) { append(frame, at: now) }
    }

    mutating func noteReception(at node: Int, _ frame: [UInt8], at now: Instant) {
        if choice == .node(node) { append(frame, at: now) }
    }

    private mutating func append(_ frame: [UInt8], at now: Instant) {
        var writer = ByteWriter(appendingTo: bytes)
        bytes = []
        PcapRecord(timestamp: now.microseconds * 1000, bytes: frame).serialize(into: &writer, of: header)
        bytes = writer.bytes
    }
}
