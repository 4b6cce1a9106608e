public import EngineCore
import LinkProfiles
public import LoRaPHY

// Sending within the air time that the law of the region allows.
extension MACEngine {
    /// Takes over what a run before used; before anything is sent.
    public mutating func restoreAirtime(_ stored: StoredAirtime, now: Instant) {
        airtime?.restore(stored, now: now)
    }

    /// The record of `.storeAirtime` is written.
    public mutating func confirmAirtimeStored(now: Instant) {
        clock = now
        airtime?.confirmReserve()
        proceed(now: now)
    }

    /// The record of `.storeAirtime` could not be written. A crash would make this node forget what it sends, so it
    /// waits, and tries again.
    public mutating func refuseAirtimeStored(now: Instant) {
        airtime?.refuseReserve()
        wakeUpAt = earlier(wakeUpAt, now + Self.storeRetryDelay)
    }

    private static let storeRetryDelay = Duration.seconds(1)

    /// How long a frame may wait for air time: what comes later serves nobody, or was asked for again.
    static func longestAirtimeWait(_ priority: TransmitPriority) -> Duration {
        switch priority {
        case .acknowledgement: .zero
        case .attach: .seconds(5)
        case .control: .seconds(30)
        case .data: .seconds(60)
        case .background: .seconds(300)
        }
    }

    enum AirtimeAnswer: Equatable {
        case now
        case later(Instant)
        /// A record must be written first.
        case unrecorded
        case never
    }

    /// Whether a frame may be sent.
    mutating func askAirtime(byteCount: Int, _ priority: TransmitPriority, now: Instant) -> AirtimeAnswer {
        guard let ledger = airtime else { return .now }
        let needed = profile.phy.timeOnAir(byteCount: byteCount)
        guard let start = ledger.earliestStart(of: needed, priority: priority, now: now) else { return .never }
        if start > now { return .later(start) }
        // The next block is asked for before this one ends, so that nothing has to wait for the disk.
        let longest = profile.phy.timeOnAir(byteCount: profile.maximumPSDU)
        if !ledger.isCovered(needed + longest),
            let record = airtime?.requestReserve(longestFrame: longest, now: now)
        {
            emit(.storeAirtime(record))
        }
        return ledger.isCovered(needed) ? .now : .unrecorded
    }

    /// Lets a frame on that has found its turn, holds it until there is air time, or gives it up.
    /// - Returns: whether it may go now.
    mutating func awaitAirtime(_ transmission: Transmission, now: Instant) -> Bool {
        let byteCount = transmission.sealed?.bytes.count ?? self.byteCount(of: transmission)
        let priority = transmission.precedence
        switch askAirtime(byteCount: byteCount, priority, now: now) {
        case .now: return true
        case .unrecorded: transmitter = .waitingForRadio(transmission)
        case .later(let start):
            let limit = earlier(now + Self.longestAirtimeWait(transmission.request.priority), transmission.expiresAt)
            if let limit, start > limit {
                giveUp(transmission, now: now)
            } else {
                airtimeWaits &+= 1
                transmitter = .backingOff(transmission, until: start)
            }
        case .never: giveUp(transmission, now: now)
        }
        return false
    }

    /// What waits behind it may be shorter, or more urgent.
    private mutating func giveUp(_ transmission: Transmission, now: Instant) {
        finish(transmission, .airtimeExhausted)
        wakeUpAt = now
    }

    /// Hands a frame to the radio.
    mutating func send(_ bytes: [UInt8], now: Instant) {
        airtime?.use(profile.phy.timeOnAir(byteCount: bytes.count), now: now)
        emit(.transmit(bytes))
    }
}
