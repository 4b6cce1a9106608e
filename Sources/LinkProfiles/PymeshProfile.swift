import EngineCore
public import LoRaPHY

extension LinkProfile {
    /// What Pymesh's library is set to by default: spreading factor 7 at 500 kHz.
    public static let pymesh = pymesh(.sf7bw500)

    /// Pymesh's frames and timers: IEEE 802.15.4 frames of up to 127 bytes as LoRa payloads.
    ///
    /// Where Pymesh's own value would keep it from attaching to a modern node or a modern node from attaching to it,
    /// the value is the one that serves both.
    /// - Source: OpenThread of December 2018 with Pycom's patch, as observed; recordings in Tests/Fixtures/pymesh
    public static func pymesh(_ modulation: LoRaModulation) -> LinkProfile {
        var profile = LinkProfile.ieee802154
        profile.name = "pymesh"
        profile.dialect = .pymesh
        profile.phy = .lora(modulation)
        profile.acknowledgementDelay = LoRaTiming.turnaround
        profile.acknowledgementWait = .milliseconds(2000)
        // Pymesh sends without listening; Heddle listens, and waits as it does on LoRa.
        let timing = LoRaTiming(modulation: modulation, maximumPSDU: 127)
        profile.backoffUnit = timing.backoffUnit
        profile.maximumBackoffExponent = timing.maximumBackoffExponent
        profile.maximumBackoffs = LoRaTiming.maximumBackoffs
        profile.maximumFrameRetries = 3
        profile.dataPollTimeout = .milliseconds(2000)
        profile.pendingFrameSleepDelay = .milliseconds(1000)
        profile.minimumDataPollPeriod = .milliseconds(1000)
        profile.attachDataPollPeriod = .milliseconds(1000)
        profile.fastDataPollPeriod = .milliseconds(1000)
        profile.dataPollRetransmissionDelay = .milliseconds(2000)
        profile.maximumChildTransmissions = 6
        profile.parentRequestsToRouters = 1
        profile.parentRequestsToRoutersAndREEDs = 1
        profile.parentRequestWaitRouters = .seconds(10)
        profile.parentRequestWaitRoutersAndREEDs = .seconds(10)
        profile.childIDRequestWait = .seconds(10)
        // Pymesh asks 10 s after the Parent Request, and once: without an answer it starts over, or leads.
        // - Source: recordings mixed_both frames 14 to 17, mixed_newfirst frames 15 to 18
        profile.childIDRequestTransmissions = 1
        profile.candidateChildLifetime = .seconds(25)
        profile.childUpdateRequestWait = .seconds(10)
        profile.linkRequestWait = .seconds(10)
        profile.mleMaximumTransmissions = 5
        profile.childRouterLinks = 0
        profile.additionalChildRouterLinks = 0
        profile.keepAliveAttempts = 6
        profile.parentSearchMargin = Decibels(10)
        profile.tunesChannels = false
        profile.discoveryResponseMaximumDelay = max(
            profile.discoveryResponseMaximumDelay, timing.roundTrip * 4)
        profile.scanDuration = max(
            profile.scanDuration, profile.discoveryResponseMaximumDelay + timing.roundTrip * 2)
        profile.announceInterval = .zero
        profile.announceProcessDelay = .milliseconds(2500)
        profile.announceTimeout = .milliseconds(5000)
        profile.announceMinimumDelay = .milliseconds(500)
        // Trickle as in 2018: up to 32 s whatever the number of neighbours.
        profile.advertisementIntervalMaximumFloor = .seconds(32)
        profile.advertisementIntervalMaximumCeiling = .seconds(32)
        profile.addressQueryRepetitions = 1
        profile.addressQueryMaximumRetryDelay = .seconds(28_800)
        profile.reassemblyTimeout = .seconds(5)
        profile.diagnosticResponseWait = max(profile.diagnosticResponseWait, timing.roundTrip * 16)
        profile.diagnosticAnswerMaximumDelay = timing.roundTrip * 4
        // A forwarder's repetition must not begin while its first transmission is still on the air.
        profile.mplDataMessageInterval = max(profile.mplDataMessageInterval, timing.airtime(127) * 4)
        return profile
    }
}
