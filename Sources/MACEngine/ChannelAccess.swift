import EngineCore
import LinkProfiles
import ThreadWire

// Unslotted CSMA-CA: a random wait, a look at the channel, the frame.
//
// - Source: IEEE 802.15.4-2006 §7.5.1.4
extension MACEngine {
    /// Takes every step that needs no further event.
    mutating func proceed(now: Instant) {
        transmitAcknowledgement(now: now)
        switch phase {
        case .idle:
            if scan.isActive, !acknowledger.isActive { handleScan(.radioFree, now: now) }
            // Nothing but its own frames goes out while a scan goes on.
            if !scan.isActive { beginNext(now: now) }
        case .backingOff(let until):
            guard case .backingOff(let transmission, _) = transmitter else { break }
            if transmission.sealed == nil, awayChannel == nil, !scan.isActive,
                hasSendable(before: transmission.precedence)
            {
                // Nothing was sent of it yet, so the more urgent frame can go first.
                putBack(transmission)
                transmitter = .idle
                beginNext(now: now)
            } else if until <= now {
                transmitter = .waitingForRadio(transmission)
                assessChannel(now: now)
            }
        case .waitingForRadio:
            assessChannel(now: now)
        case .assessing, .transmitting, .awaitingAcknowledgement:
            break
        }
        updateReceiver()
    }

    /// Begins with the most urgent frame that can be sent.
    private mutating func beginNext(now: Instant) {
        let canSecure = canSecure
        if let next = queue.takeFirst(where: { canSecure || !$0.needsCounter }) { return begin(next, now: now) }
        guard !queue.isEmpty else { return }
        guard frameCounter == .max else { return needReserve() }
        // No counter will ever come: only another network key helps.
        while let lost = queue.takeFirst(where: { $0.needsCounter }) { abandon(lost, .frameCountersExhausted) }
    }

    /// Goes where a frame is to be sent, and begins with it.
    mutating func begin(_ transmission: Transmission, now: Instant) {
        tune(to: transmission.request.channel ?? currentChannel)
        backOff(transmission, now: now)
    }

    /// Whether something more urgent could go at once.
    private func hasSendable(before precedence: TransmitPriority) -> Bool {
        let canSecure = canSecure
        for waiting in queue.entries where waiting.precedence < precedence && (canSecure || !waiting.needsCounter) {
            return true
        }
        return false
    }

    /// Starts an attempt with its first random wait.
    private mutating func backOff(_ transmission: Transmission, now: Instant) {
        // Each repetition begins with a longer wait, where the standard begins anew: after a collision of stations
        // that do not hear each other, listening first does not help, only distance in time does.
        let exponent = min(
            firstBackoffExponent + transmission.backoffs + transmission.retries,
            max(Int(profile.minimumBackoffExponent), Int(profile.maximumBackoffExponent)))
        let units = entropy.below(1 << UInt64(min(exponent, 16)))
        transmitter = .backingOff(transmission, until: now + profile.backoffUnit * Int(units))
        if units == 0 { proceed(now: now) }
    }

    /// The exponent of a first wait: small on a channel that was free lately.
    private var firstBackoffExponent: Int {
        max(Int(profile.minimumBackoffExponent) - Int(quietTransmissions), Int(profile.quietBackoffExponent))
    }

    /// Looks at the channel, unless an acknowledgement needs the radio.
    private mutating func assessChannel(now: Instant) {
        guard case .waitingForRadio(let transmission) = transmitter, !acknowledger.isActive,
            awaitAirtime(transmission, now: now)
        else { return }
        guard profile.assessesChannel else { return transmit(transmission, now: now) }
        transmitter = .assessing(transmission)
        emit(.assessChannel)
    }

    mutating func finishAssessment(isBusy: Bool, now: Instant) {
        guard case .assessing(var transmission) = transmitter else { return }
        guard isBusy else {
            if acknowledger.isActive {
                transmitter = .waitingForRadio(transmission)
            } else {
                transmit(transmission, now: now)
            }
            return
        }
        counters.transmitErrorClearChannelAssessment &+= 1
        quietTransmissions = 0
        transmission.backoffs += 1
        if transmission.backoffs > Int(profile.maximumBackoffs) {
            attemptFailed(transmission, .channelBusy, now: now)
        } else {
            backOff(transmission, now: now)
        }
    }

    /// Sends the frame; it is made now, if it never was sent before.
    private mutating func transmit(_ transmission: Transmission, now: Instant) {
        // An acknowledgement may have gone in between.
        guard awaitAirtime(transmission, now: now) else { return }
        var transmission = transmission
        if transmission.sealed == nil {
            if let implied = transmission.request.impliedSource, implied != shortAddress {
                finish(transmission, .addressChanged)
                wakeUpAt = now
                return
            }
            guard let sealed = seal(transmission) else {
                // The limit of counters was reached while the frame was on its way here.
                putBack(transmission)
                transmitter = .idle
                return beginNext(now: now)
            }
            transmission.sealed = sealed
        }
        guard let sealed = transmission.sealed else { return }
        transmitter = .transmitting(transmission)
        send(sealed.bytes, now: now)
    }

    mutating func finishTransmission(_ outcome: TransmitOutcome, now: Instant) {
        if acknowledger.isTransmitting {
            acknowledger.isTransmitting = false
            return
        }
        guard case .transmitting(let transmission) = transmitter else { return }
        switch outcome {
        case .failed: attemptFailed(transmission, .radioFailure, now: now)
        case .sent where transmission.isAcknowledgementRequested:
            frameEnd = now
            transmitter = .awaitingAcknowledgement(
                transmission, until: now + acknowledgementTiming.wait(profile))
        case .sent: finish(transmission, .sent)
        }
    }

    mutating func expireAcknowledgementWait(now: Instant) {
        guard case .awaitingAcknowledgement(let until) = phase, until <= now,
            case .awaitingAcknowledgement(let transmission, _) = transmitter
        else { return }
        acknowledgementTiming.noteMiss()
        attemptFailed(transmission, .noAcknowledgement, now: now)
    }

    /// Repeats the frame, or gives it up when it was repeated often enough.
    ///
    /// A busy channel and a failed radio count like a missing acknowledgement.
    /// - Source: OpenThread as observed
    private mutating func attemptFailed(_ transmission: Transmission, _ outcome: MACOutcome, now: Instant) {
        var transmission = transmission
        transmission.backoffs = 0
        quietTransmissions = 0
        let limit = transmission.child == nil ? maximumFrameRetries : maximumIndirectFrameRetries
        if transmission.retries < Int(limit) {
            transmission.retries += 1
            counters.transmitRetry &+= 1
            backOff(transmission, now: now)
        } else if transmission.child != nil {
            transmission.retries = 0
            returnToChild(transmission, outcome, now: now)
        } else {
            finish(transmission, outcome)
        }
    }
}
