import LoRaPHY

/// The building blocks of the timers of a LoRa link.
struct LoRaTiming {
    let modulation: LoRaModulation
    /// - Units: bytes
    let maximumPSDU: Int

    /// How long a radio takes between sending and receiving, with the interrupt and the bus transfers of its host.
    static let turnaround = Duration.milliseconds(5)
    /// How much later than planned a Linux host may act: 20 ms for each of the two.
    static let hostMargin = Duration.milliseconds(40)
    /// Listening costs nothing, so a busy channel is waited for longer than on 802.15.4.
    static let maximumBackoffs: UInt8 = 8
    /// An acknowledgement with a frame check sequence.
    static let acknowledgementByteCount = 5
    /// - Source: recording attach, frame 10
    static let parentRequestByteCount = 63
    /// - Source: recording attach, frame 11
    static let parentResponseByteCount = 113
    /// 73 bytes with five routers, one more for each further router.
    /// - Source: recording steady, frame 248
    static let advertisementByteCount = 80
    /// - Source: recording sleepy, frame 19
    static let pollByteCount = 22

    func airtime(_ byteCount: Int) -> Duration {
        modulation.timeOnAir(byteCount: byteCount)
    }

    /// Within one unit a neighbour has noticed a transmission, or has ended its listening too early to notice.
    var backoffUnit: Duration {
        modulation.channelActivityDetectionTime() + Self.turnaround
    }

    /// The first exponent whose window is as long as the longest frame, so that a busy channel is outwaited.
    var maximumBackoffExponent: UInt8 {
        var exponent: UInt8 = 3
        while backoffUnit * (1 << Int(exponent)) < airtime(maximumPSDU), exponent < 8 { exponent += 1 }
        return exponent
    }

    /// Turnaround, the acknowledgement itself, and hosts that are late.
    var acknowledgementWait: Duration {
        Self.turnaround + airtime(Self.acknowledgementByteCount) + modulation.channelActivityDetectionTime()
            + Self.hostMargin
    }

    /// One frame from queue to acknowledgement on a free channel.
    func exchange(_ byteCount: Int) -> Duration {
        backoffUnit * 8 + airtime(byteCount) + Self.turnaround + airtime(Self.acknowledgementByteCount)
    }

    /// A request and its answer, as large as those of an attach.
    var roundTrip: Duration {
        (exchange(Self.parentResponseByteCount) + Self.hostMargin) * 2
    }
}
