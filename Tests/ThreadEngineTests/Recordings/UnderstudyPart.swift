import EngineCore
import LinkProfiles
import ThreadWire

@testable import ThreadEngine

extension Understudy {
    /// The part.
    struct Part: Sendable, CustomStringConvertible {
        var recording: String
        var node: String
        var extendedAddress: ExtendedAddress
        var mode = DeviceMode.fullThreadDevice
        var childTimeout: UInt32 = 240
        /// The frame from which on it is played.
        var firstFrame = 1
        /// The last frame that is played.
        var lastFrame: Int
        /// The nodes that it hears; nil for all.
        var hears: Set<String>?
        /// From a frame on it hears others.
        var hearsLater: (from: Int, nodes: Set<String>)?
        var profile = LinkProfile.ieee802154
        /// What its dataset has other than that of the other recordings.
        var changeDataset: @Sendable (inout OperationalDataset) -> Void = { _ in }
        var networkKey = ThreadHarness.key
        /// Sent by the recorded node for reasons that lie outside the protocol, such as a command.
        var ignoredFrames: Set<Int> = []
        /// Sent to the recorded node, which evidently did not get them.
        var missedFrames: Set<Int> = []
        /// That of its mesh-local address, where no message tells it.
        var meshLocalIdentifier: UInt64?
        /// The address that it made from the prefix of the recording.
        var prefixAddress: IPv6Address?
        /// What the recorded node was told by its operator, each before a frame.
        var commands: [Int: @Sendable (inout ThreadEngine, Instant) -> Void] = [:]
        /// Differences that are wanted, by the row of docs/deviations.md that tells of them.
        var deviations: [Deviation] = []
        var configure: @Sendable (inout ThreadEngine.Configuration) -> Void = { _ in }

        var description: String { "\(node) of \(recording)" }
    }

    /// A difference that is wanted.
    struct Deviation: Sendable {
        /// The row of docs/deviations.md.
        var id: String
        /// What the difference's text contains.
        var text: String
    }
}
