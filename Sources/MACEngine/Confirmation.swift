import EngineCore
import LinkProfiles
import ThreadWire

// How requests enter the engine, and how they leave it.
extension MACEngine {
    /// Takes a request into the queue that it belongs to.
    mutating func enqueue(_ request: MACRequest, now: Instant) {
        if request.security == .link, keyRing == nil || frameCounter == .max {
            drops.count(.frameCountersExhausted)
            return emit(.confirm(handle: request.handle, outcome: .frameCountersExhausted))
        }
        let transmission = Transmission(request: request, expiresAt: request.lifetime.map { now + $0 })
        // A frame to be passed on comes from a peer, and may not fit behind this node's header.
        guard byteCount(of: transmission) <= profile.maximumPSDU else {
            drops.count(.datagramTooLarge)
            return emit(.confirm(handle: request.handle, outcome: .radioFailure))
        }
        if request.isIndirect, let index = peers.index(of: request.destination), peers[index].peer.isSleepyChild {
            return enqueueIndirect(request, at: index, now: now)
        }
        insert(transmission)
    }

    /// Queues what is to be sent directly; what finds no place is confirmed so.
    mutating func insert(_ transmission: Transmission) {
        expiryCheckAt = earlier(expiryCheckAt, transmission.expiresAt)
        if let rejected = queue.insert(transmission) { abandon(rejected, .queueFull) }
    }

    /// Puts a transmission back that was begun but not sent.
    mutating func putBack(_ transmission: Transmission) {
        expiryCheckAt = earlier(expiryCheckAt, transmission.expiresAt)
        queue.putBack(transmission)
    }

    /// Ends the transmission under way.
    mutating func finish(_ transmission: Transmission, _ outcome: MACOutcome) {
        if dropReason(outcome) == nil, continueDatagram(transmission, outcome) { return }
        transmitter = .idle
        if dropReason(outcome) == nil, transmission.retries == 0, transmission.backoffs == 0 {
            quietTransmissions = min(quietTransmissions + 1, 16)
        }
        countTransmission(transmission, outcome)
        if transmission.request.handle == Self.scanHandle {
            return handleScan(.probeDone(now: clock), now: clock)
        }
        tune(to: channel)
        abandon(transmission, outcome)
    }

    /// Confirms what is no longer in any queue; the next frame of its child may go.
    mutating func abandon(_ transmission: Transmission, _ outcome: MACOutcome) {
        if let child = transmission.child { childIsServed(child) }
        confirm(transmission, outcome)
    }

    private func dropReason(_ outcome: MACOutcome) -> DropReason? {
        switch outcome {
        case .acknowledged, .sent: nil
        case .noAcknowledgement: .noAcknowledgement
        case .channelBusy: .channelBusy
        case .queueFull: .queueFull
        case .indirectTimeout: .indirectTimeout
        case .radioFailure: .radioFailure
        case .frameCountersExhausted: .frameCountersExhausted
        case .lifetimeExpired: .lifetimeExpired
        case .airtimeExhausted: .airtimeExhausted
        case .addressChanged: .addressChanged
        }
    }

    /// Tells what became of a request, and counts it when it failed.
    mutating func confirm(_ transmission: Transmission, _ outcome: MACOutcome) {
        if let reason = dropReason(outcome) { drops.count(reason) }
        emit(.confirm(handle: transmission.request.handle, outcome: outcome))
    }

    mutating func confirmExpired(_ transmission: Transmission) {
        confirm(transmission, transmission.request.isIndirect ? .indirectTimeout : .lifetimeExpired)
    }

    /// Gives up what has waited too long.
    mutating func expire(now: Instant) {
        guard let checkAt = expiryCheckAt, checkAt <= now else { return }
        for transmission in queue.takeExpired(at: now) {
            if let child = transmission.child { childIsServed(child) }
            confirmExpired(transmission)
        }
        var next: Instant?
        for transmission in queue.entries where transmission.sealed == nil {
            next = earlier(next, transmission.expiresAt)
        }
        expiryCheckAt = earlier(next, expireIndirect(now: now))
    }

    /// Counts a frame once, when its last attempt is over.
    mutating func countTransmission(_ transmission: Transmission, _ outcome: MACOutcome) {
        // A frame that was never made was never on its way to the radio.
        switch outcome {
        case .frameCountersExhausted, .queueFull, .indirectTimeout, .lifetimeExpired, .addressChanged: return
        case .acknowledged: counters.transmitAcknowledged &+= 1
        case .sent: break
        case .channelBusy: counters.transmitErrorBusyChannel &+= 1
        case .airtimeExhausted: counters.transmitErrorAbort &+= 1
        case .radioFailure: counters.transmitErrorAbort &+= 1
        case .noAcknowledgement: break
        }
        counters.transmitTotal &+= 1
        if transmission.isAcknowledgementRequested {
            counters.transmitAcknowledgementRequested &+= 1
        } else {
            counters.transmitNoAcknowledgementRequested &+= 1
        }
        let request = transmission.request
        if request.destination.isBroadcast {
            counters.transmitBroadcast &+= 1
        } else {
            counters.transmitUnicast &+= 1
        }
        switch request.frameType {
        case .beacon: counters.transmitBeacon &+= 1
        case .data: counters.transmitData &+= 1
        case .macCommand:
            switch request.payload.first.map(MACCommandIdentifier.init(rawValue:)) {
            case .some(.dataRequest): counters.transmitDataPoll &+= 1
            case .some(.beaconRequest): counters.transmitBeaconRequest &+= 1
            case .some, .none: counters.transmitOther &+= 1
            }
        case .acknowledgement: counters.transmitOther &+= 1
        }
        if dropReason(outcome) != nil, request.frameType == .data {
            if transmission.child == nil {
                counters.transmitDirectMaximumRetryExpiry &+= 1
            } else {
                counters.transmitIndirectMaximumRetryExpiry &+= 1
            }
        }
    }
}
