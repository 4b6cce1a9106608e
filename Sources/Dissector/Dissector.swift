public import LinkSecurity
public import PcapWire
public import ThreadWire
public import WireCore

/// Reads captures of a Thread network down to the elements of its messages, and writes every frame again from what
/// was read.
///
/// It goes over a capture until it learns nothing new: what opens a frame may be told by a later one.
public final class Dissector {
    public struct Options: Sendable {
        /// - Units: 16 bytes
        public var networkKey: [UInt8]
        /// The prefix of context 0; nil to learn it from a dataset, or take Thread's usual one.
        public var meshLocalPrefix: IPv6Prefix?
        /// Whether frames end with a frame check sequence; nil to believe the file.
        public var hasFrameCheckSequence: Bool?

        /// - Parameter networkKey: 16 bytes.
        public init(networkKey: [UInt8], meshLocalPrefix: IPv6Prefix? = nil, hasFrameCheckSequence: Bool? = nil) {
            precondition(
                networkKey.count == KeySchedule.networkKeyLength, "a network key of \(networkKey.count) bytes")
            self.networkKey = networkKey
            self.meshLocalPrefix = meshLocalPrefix
            self.hasFrameCheckSequence = hasFrameCheckSequence
        }
    }

    /// The prefix that OpenThread takes when none is given.
    public static let usualMeshLocalPrefix = IPv6Prefix(
        IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64)

    private let options: Options
    private let cryptography: any LinkCryptography
    /// A pass learns at least one thing that helps the next, so few are needed.
    private static let passLimit = 6

    public init(options: Options, cryptography: any LinkCryptography) {
        self.options = options
        self.cryptography = cryptography
    }

    /// Reads a pcap or pcapng file.
    /// - Throws: what is wrong with the file itself; what is wrong with a frame stands in its `problems`.
    public func decode(file: [UInt8]) throws(ParseError) -> [DissectedFrame] {
        var reader = try CaptureReader(file)
        var packets: [CapturedPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        return decode(packets)
    }

    /// Reads packets that were captured already.
    public func decode(_ packets: [CapturedPacket]) -> [DissectedFrame] {
        var knowledge = Knowledge()
        var frames: [DissectedFrame] = []
        for _ in 0..<Self.passLimit {
            let pass = DissectionPass(options: options, cryptography: cryptography, knowledge: knowledge)
            let start = packets.lazy.compactMap(\.timestamp).first ?? 0
            frames = packets.enumerated().map { index, packet in
                pass.dissect(packet, number: index + 1, time: (packet.timestamp ?? start) &- start)
            }
            guard pass.knowledge != knowledge else { break }
            knowledge = pass.knowledge
        }
        return frames
    }
}
