import EngineCore
import LinkProfiles

/// How long after its frame an acknowledgement comes here: measured, since radios, their hosts and the lines between
/// them take what they take.
struct AcknowledgementTiming: Equatable {
    /// The last delays, from the end of the frame to the end of its acknowledgement; the oldest gives way.
    private var delays: [Duration] = []
    private var next = 0
    /// How many waits in a row were in vain.
    private var misses = 0

    private static let limit = 16
    /// With fewer than these the profile's own wait is kept.
    private static let minimum = 4
    /// What a host may be later than it ever was.
    private static let margin = Duration.milliseconds(20)

    mutating func note(_ delay: Duration) {
        misses = 0
        if delays.count < Self.limit {
            delays.append(delay)
        } else {
            delays[next] = delay
            next = (next + 1) % Self.limit
        }
    }

    /// A frame stayed without one. What was measured may be too short, for another receiver at least.
    mutating func noteMiss() {
        misses += 1
        guard misses > 2 else { return }
        delays.removeAll(keepingCapacity: true)
        next = 0
    }

    /// How long to wait.
    func wait(_ profile: LinkProfile) -> Duration {
        guard profile.measuresAcknowledgements, delays.count >= Self.minimum, let longest = delays.max(),
            let shortest = delays.min()
        else { return profile.acknowledgementWait }
        return min(longest + (longest - shortest) + Self.margin, profile.acknowledgementWait * 4)
    }
}
