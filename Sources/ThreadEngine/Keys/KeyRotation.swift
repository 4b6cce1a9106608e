public import EngineCore
import LinkSecurity
public import ThreadWire

/// When this node changes its keys by itself, and when it lets a neighbor make it.
///
/// - Source: OpenThread as observed: recording keyswitch
struct KeyRotation: Equatable, Sendable {
    /// How long a key sequence is used.
    /// - Units: hours
    private(set) var rotationHours = SecurityPolicy.default.rotationTime
    /// For how long after a change a neighbor's newer sequence changes nothing.
    /// - Units: hours
    var guardHours: UInt16 = KeyRotation.guardHours(of: SecurityPolicy.default.rotationTime)
    /// How long the present key sequence has been in use.
    /// - Units: hours
    private(set) var hoursInUse: UInt16 = 0
    /// - Units: hours
    private(set) var guardHoursLeft: UInt16 = 0
    /// When the next hour is over; nil while the protocol is stopped.
    private(set) var nextHour: Instant?

    /// A guard time is this much of the rotation time.
    /// - Units: percent
    private static let guardShare: UInt32 = 93
    private static let hour = Duration.seconds(3600)

    private static func guardHours(of rotation: UInt16) -> UInt16 {
        UInt16(UInt32(rotation) * guardShare / 100)
    }

    /// Whether a neighbor's newer sequence is to be ignored.
    var isGuarded: Bool { guardHoursLeft > 0 }
    /// Whether the present sequence has been used for as long as it may be.
    var isDue: Bool { hoursInUse >= rotationHours }

    /// Takes a policy's rotation time over; the guard time follows it.
    mutating func setRotationTime(_ hours: UInt16) {
        let hours = max(hours, SecurityPolicy.minimumRotationTime)
        guard hours != rotationHours else { return }
        rotationHours = hours
        guardHours = Self.guardHours(of: hours)
    }

    mutating func start(now: Instant) {
        guardHoursLeft = 0
        restart(isGuarded: false, now: now)
    }

    mutating func stop() { nextHour = nil }

    /// Another key sequence is in use from now on.
    mutating func restart(isGuarded: Bool, now: Instant) {
        hoursInUse = 0
        nextHour = now + Self.hour
        if isGuarded { guardHoursLeft = guardHours }
    }

    /// Counts the hours that are over.
    mutating func advance(now: Instant) {
        while let hour = nextHour, hour <= now {
            nextHour = hour + Self.hour
            hoursInUse = min(hoursInUse, .max - 1) + 1
            if guardHoursLeft > 0 { guardHoursLeft -= 1 }
        }
    }
}

// The key sequence: all nodes of a network count it on together.
extension ThreadEngine {
    /// How far a message can be trusted to tell the network's key sequence.
    enum KeySequenceAuthority: Equatable, Sendable {
        /// It answers this node's own challenge, or came from one that wants to be a child.
        case authoritative
        /// A neighbor sent it.
        case peer
    }

    // MARK: By the operator

    /// For how long after a change a neighbor's newer sequence changes nothing.
    /// - Units: hours
    public var keySwitchGuardTime: UInt16 {
        get { rotation.guardHours }
        set { rotation.guardHours = newValue }
    }

    /// Changes the key sequence; neighbors follow.
    public mutating func setKeySequence(_ sequence: UInt32, now: Instant) {
        changeKeySequence(to: sequence, isGuarded: false, now: now)
    }

    private mutating func changeKeySequence(to sequence: UInt32, isGuarded: Bool, now: Instant) {
        guard sequence != latestKeySequence else { return }
        if rotation.nextHour != nil { rotation.restart(isGuarded: isGuarded, now: now) }
        goOn(toKeySequence: sequence)
    }

    // MARK: By time

    /// Takes over what the network's policy says of keys and roles.
    mutating func use(_ policy: SecurityPolicy) {
        rotation.setRotationTime(policy.rotationTime)
    }

    mutating func handleKeyRotation(now: Instant) {
        guard let hour = rotation.nextHour, hour <= now else { return }
        rotation.advance(now: now)
        guard rotation.isDue, latestKeySequence < .max else { return }
        changeKeySequence(to: latestKeySequence + 1, isGuarded: true, now: now)
    }

    // MARK: By neighbors

    /// A message that proved authentic came under a key sequence: a higher one is followed where that can be trusted.
    ///
    /// A neighbor is followed one step, and not soon after the last change. Who is further ahead must prove by an
    /// answer to a challenge that it is not a replay of long ago.
    mutating func followKeySequence(
        _ sequence: UInt32, of sender: ExtendedAddress, _ authority: KeySequenceAuthority, now: Instant
    ) {
        let current = latestKeySequence
        guard sequence > current else { return }
        let isNext = sequence - current == 1
        switch authority {
        case .authoritative: break
        case .peer:
            guard neighbor(sender) != nil else { return }
            guard isNext else { return synchronizeKeySequence(with: sender, now: now) }
            guard !rotation.isGuarded else { return }
        }
        changeKeySequence(to: sequence, isGuarded: isNext, now: now)
    }

    /// A secured link frame of a neighbor came under a key sequence.
    public mutating func noteLinkKeySequence(_ sequence: UInt32, of sender: ExtendedAddress, now: Instant) {
        guard sequence > latestKeySequence, neighbor(sender) != nil, !rotation.isGuarded else { return }
        changeKeySequence(to: sequence, isGuarded: true, now: now)
    }

    /// Challenges a neighbor that is more than one key sequence ahead.
    private mutating func synchronizeKeySequence(with sender: ExtendedAddress, now: Instant) {
        if role == .child, sender == parent?.extendedAddress {
            if !childUpdate.isAwaitingAnswer { sendChildUpdateRequest(challenge: challenge(), now: now) }
        } else if let router = routers[sender], router.isLinkValid {
            schedule(.linkRequest(to: router.id), within: .zero, now: now)
        }
    }
}
