import EngineCore

/// What the engine does with the frame at the head of its queue.
///
///     idle -> backingOff -> assessing -> transmitting -> awaitingAcknowledgement -> idle
///                 ^  \__ waitingForRadio __/ (an acknowledgement goes first)    |
///                 \___________________ a repetition ___________________________/
enum TransmitterState {
    case idle
    /// Waits a random time, so that not all begin at once when the channel becomes free.
    case backingOff(Transmission, until: Instant)
    /// The wait is over, but an acknowledgement has to go first.
    case waitingForRadio(Transmission)
    /// The radio listens whether the channel is free.
    case assessing(Transmission)
    case transmitting(Transmission)
    case awaitingAcknowledgement(Transmission, until: Instant)
}

extension TransmitterState {
    /// A state without the frame that is being sent.
    enum Phase: Equatable {
        case idle
        case backingOff(until: Instant)
        case waitingForRadio
        case assessing
        case transmitting
        case awaitingAcknowledgement(until: Instant)
    }

    var phase: Phase {
        switch self {
        case .idle: .idle
        case .backingOff(_, let until): .backingOff(until: until)
        case .waitingForRadio: .waitingForRadio
        case .assessing: .assessing
        case .transmitting: .transmitting
        case .awaitingAcknowledgement(_, let until): .awaitingAcknowledgement(until: until)
        }
    }
}

/// An acknowledgement that this node owes.
struct OwedAcknowledgement {
    let bytes: [UInt8]
    /// When the sender's radio is ready for it.
    let dueAt: Instant
    /// When the sender no longer waits for it.
    let uselessAt: Instant
}

/// The acknowledgements that this node owes, and whether the radio is sending one.
struct Acknowledger {
    /// More at once than a half-duplex radio can make it owe.
    static let limit = 4

    private(set) var owed: [OwedAcknowledgement] = []
    var isTransmitting = false

    /// Whether the radio is, or will soon be, needed for an acknowledgement.
    var isActive: Bool { isTransmitting || !owed.isEmpty }

    /// When the next acknowledgement is due; nil while the radio sends one.
    var dueAt: Instant? { isTransmitting ? nil : owed.first?.dueAt }

    mutating func owe(_ acknowledgement: OwedAcknowledgement) {
        guard owed.count < Self.limit else { return }
        owed.append(acknowledgement)
    }

    /// Takes the acknowledgement that is due, leaving out those that come too late.
    mutating func takeDue(at now: Instant) -> [UInt8]? {
        while let first = owed.first, first.dueAt <= now {
            owed.removeFirst()
            if now < first.uselessAt { return first.bytes }
        }
        return nil
    }
}
