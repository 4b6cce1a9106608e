import EngineCore
public import LoRaPHY

extension LinkProfile {
    /// Heddle's own profile: LoRa's checksum instead of a frame check sequence, frames of up to 255 bytes, and every
    /// timer long enough for the modulation's time on air.
    ///
    /// A timer is the one of `ieee802154` or what the slower link needs, whichever is longer; at spreading factor 7
    /// and 250 kHz most are still Thread's own.
    /// - Parameter controlBudget: What a node's control traffic may take of an hour's air time: advertisements become as
    ///   rare as that asks for, and all that depends on hearing them waits longer. Nil where air time is not limited.
    public static func lora(_ modulation: LoRaModulation, controlBudget: Duration? = nil) -> LinkProfile {
        let timing = LoRaTiming(modulation: modulation, maximumPSDU: LoRaModulation.maximumPayload)
        var profile = LinkProfile.ieee802154
        profile.name = "lora"
        profile.phy = .lora(modulation)
        profile.maximumPSDU = LoRaModulation.maximumPayload
        profile.frameCheckSequenceLength = 0
        profile.setMediumAccess(timing)
        profile.setAttach(timing)
        profile.setMeshLinkEstablishment(timing)
        profile.setAdvertisements(timing, controlBudget: controlBudget)
        profile.setDatasets(timing)
        profile.setDatagrams(timing)
        return profile
    }

    private mutating func setMediumAccess(_ timing: LoRaTiming) {
        acknowledgementDelay = LoRaTiming.turnaround
        acknowledgementWait = timing.acknowledgementWait
        measuresAcknowledgements = true
        backoffUnit = timing.backoffUnit
        quietBackoffExponent = 1
        maximumBackoffExponent = timing.maximumBackoffExponent
        maximumBackoffs = LoRaTiming.maximumBackoffs
        pacesFragments = true
        // Each repetition costs air that others need: a link that loses five in a row is no link.
        maximumFrameRetries = 4
        // One poll and its answer, the largest there is.
        dataPollTimeout = max(dataPollTimeout, timing.exchange(timing.maximumPSDU) + LoRaTiming.hostMargin)
        pendingFrameSleepDelay = max(pendingFrameSleepDelay, dataPollTimeout * 3)
        attachDataPollPeriod = max(attachDataPollPeriod, timing.roundTrip)
        minimumDataPollPeriod = max(minimumDataPollPeriod, timing.exchange(LoRaTiming.pollByteCount))
        fastDataPollPeriod = max(fastDataPollPeriod, timing.roundTrip)
        dataPollRetransmissionDelay = max(dataPollRetransmissionDelay, timing.roundTrip * 2)
    }

    private mutating func setAttach(_ timing: LoRaTiming) {
        // Four neighbours answer one request, one after the other; router-eligible end devices are as many again.
        let answers = timing.exchange(LoRaTiming.parentResponseByteCount) * 4
        parentResponseMaximumDelayRouters = max(parentResponseMaximumDelayRouters, answers)
        parentResponseMaximumDelayAll = max(parentResponseMaximumDelayAll, answers * 2)
        // The request goes out, the last answer begins as late as it may, and those before it are still waiting.
        let request = timing.exchange(LoRaTiming.parentRequestByteCount) + LoRaTiming.hostMargin
        parentRequestWaitRouters = max(
            parentRequestWaitRouters, request + parentResponseMaximumDelayRouters + answers)
        parentRequestWaitRoutersAndREEDs = max(
            parentRequestWaitRoutersAndREEDs, request + parentResponseMaximumDelayAll + answers)
        // Three requests instead of six: the waits are longer, and a lost broadcast is still made good, since routers
        // answer all of them.
        asksHeardRouter = true
        wantedParentResponses = 4
        concurrentLinkRequests = 1
        parentRequestsToRouters = 1
        parentRequestsToRoutersAndREEDs = 2
        childIDRequestWait = max(.seconds(2), timing.roundTrip * 6)
        candidateChildLifetime = max(
            candidateChildLifetime, parentRequestWaitRoutersAndREEDs * 2 + childIDRequestWait)
        childUpdateRequestWait = max(childUpdateRequestWait, timing.roundTrip * 6)
        // Nodes that are switched on together, or hear of a better partition together, spread out over one wait.
        attachStartJitter = parentRequestWaitRouters
        parentRequestJitter = timing.exchange(LoRaTiming.parentRequestByteCount) * 6
        // Of nodes that are switched on together the first to end its wait leads; the others hear it and join, which
        // costs less air than partitions that form and merge.
        formationJitter = parentRequestWaitRoutersAndREEDs * 2
        attachBackoffMinimum = max(attachBackoffMinimum, timing.roundTrip)
        attachBackoffJitter = max(attachBackoffJitter, timing.roundTrip * 5)
        attachBackoffResetDelay = max(attachBackoffResetDelay, timing.roundTrip * 50)
    }

    private mutating func setMeshLinkEstablishment(_ timing: LoRaTiming) {
        linkRequestWait = max(linkRequestWait, timing.roundTrip * 5)
        linkRequestWaitPerRouter = timing.roundTrip * 2
        linkRequestMaximumDelay = max(linkRequestMaximumDelay, timing.roundTrip * 2)
        // Links of children serve multicasts that their parent repeats anyway.
        childRouterLinks = 0
        additionalChildRouterLinks = 0
        linkAcceptMaximumDelay = max(linkAcceptMaximumDelay, timing.roundTrip * 2)
        multicastLinkRequestMaximumDelay = max(multicastLinkRequestMaximumDelay, timing.roundTrip * 12)
        unicastRetransmissionDelay = max(unicastRetransmissionDelay, timing.roundTrip * 3)
        multicastRetransmissionDelay = max(multicastRetransmissionDelay, timing.roundTrip * 12)
        unsolicitedDataResponseMaximumDelay = max(unsolicitedDataResponseMaximumDelay, timing.roundTrip)
        formerAddressLifetime = max(formerAddressLifetime, timing.roundTrip * 12)
        staleChildRest = max(staleChildRest, timing.roundTrip * 4)
        serverDataRest = max(serverDataRest, timing.roundTrip * 100)
        tunesChannels = false
        // Four neighbors answer, one after the other.
        discoveryResponseMaximumDelay = max(discoveryResponseMaximumDelay, timing.roundTrip * 4)
        scanDuration = max(scanDuration, discoveryResponseMaximumDelay + timing.roundTrip * 2)
        announceInterval = .zero
        announceProcessDelay = max(announceProcessDelay, timing.roundTrip)
        announceTimeout = max(announceTimeout, timing.roundTrip * 4)
        announceMinimumDelay = max(announceMinimumDelay, timing.exchange(LoRaTiming.advertisementByteCount))
    }

    private mutating func setAdvertisements(_ timing: LoRaTiming, controlBudget: Duration?) {
        advertisementIntervalMinimum = max(
            advertisementIntervalMinimum, timing.airtime(LoRaTiming.advertisementByteCount) * 8)
        // After a change the advertisements of all who hear each other take an eighth of the time.
        advertisementIntervalMinimumPerRouter = advertisementIntervalMinimum
        // Advertisements take at most 1/160 of a router's time, and half of what control traffic may take; what depends
        // on hearing them grows alike.
        let advertisement = timing.airtime(LoRaTiming.advertisementByteCount)
        var slowest = advertisement * 160
        if let controlBudget, controlBudget > .zero {
            let advertisementsAnHour = max(1, controlBudget.microseconds / 2 / advertisement.microseconds)
            slowest = max(slowest, .microseconds(3_600_000_000 / advertisementsAnHour))
        }
        func scaled(_ duration: Duration) -> Duration {
            let factor = max(slowest, .seconds(12))
            return .microseconds(duration.microseconds / 1000 * (factor.microseconds / 1000) / 12)
        }
        advertisementIntervalMaximumFloor = scaled(advertisementIntervalMaximumFloor)
        advertisementIntervalMaximumCeiling = scaled(advertisementIntervalMaximumCeiling)
        advertisementIntervalPerNeighbor = scaled(advertisementIntervalPerNeighbor)
        reedAdvertisementInterval = scaled(reedAdvertisementInterval)
        reedAdvertisementJitter = scaled(reedAdvertisementJitter)
        neighborAgeMaximum = scaled(neighborAgeMaximum)
        neighborAgeMaximumOnChild = scaled(neighborAgeMaximumOnChild)
        leaderToRouterTimeout = scaled(leaderToRouterTimeout)
        networkIDTimeout = scaled(networkIDTimeout)
        routerIDSequencePeriod = scaled(routerIDSequencePeriod)
        routerIDReuseDelay = scaled(routerIDReuseDelay)
        childTimeoutDefault = scaled(childTimeoutDefault)
        indirectFrameLifetime = childTimeoutDefault
        childSupervisionInterval = scaled(childSupervisionInterval)
        childSupervisionCheckTimeout = scaled(childSupervisionCheckTimeout)
        // LoRa is made for weak signals: 10 dB above the weakest are still a good link.
        parentSearchMargin = Decibels(10)
        parentSearchJitter = max(parentSearchJitter, timing.roundTrip * 4)
        // Meshes over LoRa are small and their nodes far apart: a node that can extend the mesh should soon do it.
        routerSelectionJitter = min(max(.seconds(4), timing.roundTrip * 8), .seconds(255))
        routerSelectionJitterPerRival = timing.roundTrip * 8
    }

    private mutating func setDatasets(_ timing: LoRaTiming) {
        // Sixteen hops, at each of which a router waits, is asked and answers, with repetitions.
        pendingDatasetMinimumDelay = max(pendingDatasetMinimumDelay, timing.roundTrip * 64)
        pendingDatasetDefaultDelay = max(pendingDatasetDefaultDelay, pendingDatasetMinimumDelay * 10)
        datasetRegistrationDelay = max(datasetRegistrationDelay, timing.roundTrip * 8)
    }

    private mutating func setDatagrams(_ timing: LoRaTiming) {
        // A confirmable message and its acknowledgement over four hops.
        coapAcknowledgementTimeout = max(coapAcknowledgementTimeout, timing.roundTrip * 4)
        // A multicast to the end of the mesh and an answer back, four hops each.
        mplDataMessageInterval = max(mplDataMessageInterval, timing.airtime(127) * 4)
        addressQueryTimeout = max(addressQueryTimeout, mplDataMessageInterval * 4 + timing.roundTrip * 4)
        // A lost multicast is asked for again at once: the sender would wait for long otherwise.
        addressQueryRepetitions = 1
        addressQueryInitialRetryDelay = max(addressQueryInitialRetryDelay, addressQueryTimeout * 5)
        addressQueryMaximumRetryDelay = max(addressQueryMaximumRetryDelay, addressQueryInitialRetryDelay * 8)
        // Eight hops there and back, and then some frames of an answer; of a group, everybody answers.
        diagnosticAnswerMaximumDelay = timing.roundTrip * 8
        diagnosticResponseWait = max(
            diagnosticResponseWait, timing.roundTrip * 16 + diagnosticAnswerMaximumDelay + mplDataMessageInterval * 4)
        // 1280 bytes are six frames, each of which may have to be sent three times.
        reassemblyTimeout = max(.seconds(5), timing.exchange(timing.maximumPSDU) * 18)
        mplSeedEntryLifetime = max(mplSeedEntryLifetime, mplDataMessageInterval * 16)
    }
}
