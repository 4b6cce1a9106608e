/// What the profiles come to, every value written out, so that no change of a formula goes unseen.
enum ProfileTables {
    static let ieee802154 = """
        name ieee802154
        maximumPSDU 127
        frameCheckSequenceLength 2
        acknowledgementDelay 0.192 ms
        acknowledgementWait 16.0 ms
        measuresAcknowledgements false
        backoffUnit 0.32 ms
        minimumBackoffExponent 3
        quietBackoffExponent 3
        maximumBackoffExponent 5
        maximumBackoffs 4
        takesImplicitAcknowledgements false
        pacesFragments false
        maximumFrameRetries 15
        tunesChannels true
        scanDuration 300.0 ms
        assessesChannel true
        indirectFrameLifetime 240000.0 ms
        dataPollTimeout 100.0 ms
        pendingFrameSleepDelay 300.0 ms
        attachDataPollPeriod 100.0 ms
        minimumDataPollPeriod 10.0 ms
        fastDataPollPeriod 188.0 ms
        dataPollRetransmissionDelay 1000.0 ms
        maximumChildTransmissions 4
        attachStartJitter 50.0 ms
        parentRequestJitter 0.0 ms
        formationJitter 0.0 ms
        parentRequestsToRouters 2
        parentRequestsToRoutersAndREEDs 4
        laterParentRequestsToRouters 1
        laterParentRequestsToRoutersAndREEDs 1
        parentRequestWaitRouters 750.0 ms
        parentRequestWaitRoutersAndREEDs 1250.0 ms
        parentResponseMaximumDelayRouters 500.0 ms
        parentResponseMaximumDelayAll 1000.0 ms
        asksHeardRouter false
        wantedParentResponses nil
        concurrentLinkRequests 63
        childIDRequestWait 1250.0 ms
        childIDRequestTransmissions 3
        candidateChildLifetime 5000.0 ms
        childUpdateRequestWait 1000.0 ms
        childUpdateRequestDelay 100.0 ms
        attachBackoffMinimum 251.0 ms
        attachBackoffMaximum 1200000.0 ms
        attachBackoffJitter 2000.0 ms
        attachBackoffResetDelay 20000.0 ms
        linkRequestWait 2000.0 ms
        linkRequestWaitPerRouter 0.0 ms
        linkRequestMaximumDelay 1000.0 ms
        childRouterLinks 3
        additionalChildRouterLinks 32
        childLinkRequestMinimumDelay 1500.0 ms
        childLinkRequestMaximumDelay 3000.0 ms
        additionalChildLinkRequestMaximumDelay 10000.0 ms
        additionalChildLinkWait 300000.0 ms
        linkAcceptMaximumDelay 1000.0 ms
        multicastLinkRequestMaximumDelay 5000.0 ms
        mleMaximumTransmissions 3
        mleCriticalMaximumTransmissions 6
        keepAliveAttempts 4
        unicastRetransmissionDelay 1000.0 ms
        multicastRetransmissionDelay 5000.0 ms
        unsolicitedDataResponseMaximumDelay 500.0 ms
        staleChildRest 5000.0 ms
        serverDataRest 300000.0 ms
        discoveryResponseMaximumDelay 250.0 ms
        announceInterval 688000.0 ms
        announceProcessDelay 250.0 ms
        announceTimeout 1400.0 ms
        announceMinimumDelay 80.0 ms
        advertisementIntervalMinimum 1000.0 ms
        advertisementIntervalMinimumPerRouter 0.0 ms
        advertisementIntervalMaximumFloor 12000.0 ms
        advertisementIntervalMaximumCeiling 32000.0 ms
        advertisementIntervalPerNeighbor 4000.0 ms
        reedAdvertisementInterval 570000.0 ms
        reedAdvertisementJitter 60000.0 ms
        neighborAgeMaximum 100000.0 ms
        neighborAgeMaximumOnChild 150000.0 ms
        leaderToRouterTimeout 90000.0 ms
        networkIDTimeout 120000.0 ms
        routerIDSequencePeriod 10000.0 ms
        routerIDReuseDelay 100000.0 ms
        routerSelectionJitter 120000.0 ms
        routerSelectionJitterPerRival 0.0 ms
        formerAddressLifetime 8000.0 ms
        childTimeoutDefault 240000.0 ms
        childSupervisionInterval 129000.0 ms
        childSupervisionCheckTimeout 190000.0 ms
        parentSearchInterval 540000.0 ms
        parentSearchJitter 15000.0 ms
        parentSearchBackoff 36000000.0 ms
        parentSearchMargin Decibels(value: 35.0)
        coapAcknowledgementTimeout 2000.0 ms
        coapAcknowledgementRandomPermille 1500
        coapMaximumRetransmissions 4
        addressQueryTimeout 3000.0 ms
        addressQueryRepetitions 0
        addressQueryInitialRetryDelay 15000.0 ms
        addressQueryMaximumRetryDelay 120000.0 ms
        diagnosticResponseWait 5000.0 ms
        diagnosticAnswerMaximumDelay 0.0 ms
        pendingDatasetMinimumDelay 30000.0 ms
        pendingDatasetDefaultDelay 300000.0 ms
        datasetRegistrationDelay 5000.0 ms
        reassemblyTimeout 2000.0 ms
        mplDataMessageInterval 64.0 ms
        mplRouterTransmissions 2
        mplChildTransmissions 0
        mplSeedEntryLifetime 5000.0 ms
        """

    static let pymesh = """
        name pymesh
        maximumPSDU 127
        frameCheckSequenceLength 2
        acknowledgementDelay 5.0 ms
        acknowledgementWait 2000.0 ms
        measuresAcknowledgements false
        backoffUnit 5.64 ms
        minimumBackoffExponent 3
        quietBackoffExponent 3
        maximumBackoffExponent 4
        maximumBackoffs 8
        takesImplicitAcknowledgements false
        pacesFragments false
        maximumFrameRetries 3
        tunesChannels false
        scanDuration 1743.456 ms
        assessesChannel true
        indirectFrameLifetime 240000.0 ms
        dataPollTimeout 2000.0 ms
        pendingFrameSleepDelay 1000.0 ms
        attachDataPollPeriod 1000.0 ms
        minimumDataPollPeriod 1000.0 ms
        fastDataPollPeriod 1000.0 ms
        dataPollRetransmissionDelay 2000.0 ms
        maximumChildTransmissions 6
        attachStartJitter 50.0 ms
        parentRequestJitter 0.0 ms
        formationJitter 0.0 ms
        parentRequestsToRouters 1
        parentRequestsToRoutersAndREEDs 1
        laterParentRequestsToRouters 1
        laterParentRequestsToRoutersAndREEDs 1
        parentRequestWaitRouters 10000.0 ms
        parentRequestWaitRoutersAndREEDs 10000.0 ms
        parentResponseMaximumDelayRouters 500.0 ms
        parentResponseMaximumDelayAll 1000.0 ms
        asksHeardRouter false
        wantedParentResponses nil
        concurrentLinkRequests 63
        childIDRequestWait 10000.0 ms
        childIDRequestTransmissions 1
        candidateChildLifetime 25000.0 ms
        childUpdateRequestWait 10000.0 ms
        childUpdateRequestDelay 100.0 ms
        attachBackoffMinimum 251.0 ms
        attachBackoffMaximum 1200000.0 ms
        attachBackoffJitter 2000.0 ms
        attachBackoffResetDelay 20000.0 ms
        linkRequestWait 10000.0 ms
        linkRequestWaitPerRouter 0.0 ms
        linkRequestMaximumDelay 1000.0 ms
        childRouterLinks 0
        additionalChildRouterLinks 0
        childLinkRequestMinimumDelay 1500.0 ms
        childLinkRequestMaximumDelay 3000.0 ms
        additionalChildLinkRequestMaximumDelay 10000.0 ms
        additionalChildLinkWait 300000.0 ms
        linkAcceptMaximumDelay 1000.0 ms
        multicastLinkRequestMaximumDelay 5000.0 ms
        mleMaximumTransmissions 5
        mleCriticalMaximumTransmissions 6
        keepAliveAttempts 6
        unicastRetransmissionDelay 1000.0 ms
        multicastRetransmissionDelay 5000.0 ms
        unsolicitedDataResponseMaximumDelay 500.0 ms
        staleChildRest 5000.0 ms
        serverDataRest 300000.0 ms
        discoveryResponseMaximumDelay 1162.304 ms
        announceInterval 0.0 ms
        announceProcessDelay 2500.0 ms
        announceTimeout 5000.0 ms
        announceMinimumDelay 500.0 ms
        advertisementIntervalMinimum 1000.0 ms
        advertisementIntervalMinimumPerRouter 0.0 ms
        advertisementIntervalMaximumFloor 32000.0 ms
        advertisementIntervalMaximumCeiling 32000.0 ms
        advertisementIntervalPerNeighbor 4000.0 ms
        reedAdvertisementInterval 570000.0 ms
        reedAdvertisementJitter 60000.0 ms
        neighborAgeMaximum 100000.0 ms
        neighborAgeMaximumOnChild 150000.0 ms
        leaderToRouterTimeout 90000.0 ms
        networkIDTimeout 120000.0 ms
        routerIDSequencePeriod 10000.0 ms
        routerIDReuseDelay 100000.0 ms
        routerSelectionJitter 120000.0 ms
        routerSelectionJitterPerRival 0.0 ms
        formerAddressLifetime 8000.0 ms
        childTimeoutDefault 240000.0 ms
        childSupervisionInterval 129000.0 ms
        childSupervisionCheckTimeout 190000.0 ms
        parentSearchInterval 540000.0 ms
        parentSearchJitter 15000.0 ms
        parentSearchBackoff 36000000.0 ms
        parentSearchMargin Decibels(value: 10.0)
        coapAcknowledgementTimeout 2000.0 ms
        coapAcknowledgementRandomPermille 1500
        coapMaximumRetransmissions 4
        addressQueryTimeout 3000.0 ms
        addressQueryRepetitions 1
        addressQueryInitialRetryDelay 15000.0 ms
        addressQueryMaximumRetryDelay 28800000.0 ms
        diagnosticResponseWait 5000.0 ms
        diagnosticAnswerMaximumDelay 1162.304 ms
        pendingDatasetMinimumDelay 30000.0 ms
        pendingDatasetDefaultDelay 300000.0 ms
        datasetRegistrationDelay 5000.0 ms
        reassemblyTimeout 5000.0 ms
        mplDataMessageInterval 210.176 ms
        mplRouterTransmissions 2
        mplChildTransmissions 0
        mplSeedEntryLifetime 5000.0 ms
        """

    static let loraSF7BW250 = """
        name lora
        maximumPSDU 255
        frameCheckSequenceLength 0
        acknowledgementDelay 5.0 ms
        acknowledgementWait 61.768 ms
        measuresAcknowledgements true
        backoffUnit 6.28 ms
        minimumBackoffExponent 3
        quietBackoffExponent 1
        maximumBackoffExponent 5
        maximumBackoffs 8
        takesImplicitAcknowledgements false
        pacesFragments true
        maximumFrameRetries 4
        tunesChannels false
        scanDuration 2466.912 ms
        assessesChannel true
        indirectFrameLifetime 240000.0 ms
        dataPollTimeout 310.536 ms
        pendingFrameSleepDelay 931.608 ms
        attachDataPollPeriod 411.152 ms
        minimumDataPollPeriod 99.016 ms
        fastDataPollPeriod 411.152 ms
        dataPollRetransmissionDelay 1000.0 ms
        maximumChildTransmissions 4
        attachStartJitter 1494.344 ms
        parentRequestJitter 778.416 ms
        formationJitter 4313.296 ms
        parentRequestsToRouters 1
        parentRequestsToRoutersAndREEDs 2
        laterParentRequestsToRouters 1
        laterParentRequestsToRoutersAndREEDs 1
        parentRequestWaitRouters 1494.344 ms
        parentRequestWaitRoutersAndREEDs 2156.648 ms
        parentResponseMaximumDelayRouters 662.304 ms
        parentResponseMaximumDelayAll 1324.608 ms
        asksHeardRouter true
        wantedParentResponses Optional(4)
        concurrentLinkRequests 1
        childIDRequestWait 2466.912 ms
        childIDRequestTransmissions 3
        candidateChildLifetime 6780.208 ms
        childUpdateRequestWait 2466.912 ms
        childUpdateRequestDelay 100.0 ms
        attachBackoffMinimum 411.152 ms
        attachBackoffMaximum 1200000.0 ms
        attachBackoffJitter 2055.76 ms
        attachBackoffResetDelay 20557.6 ms
        linkRequestWait 2055.76 ms
        linkRequestWaitPerRouter 822.304 ms
        linkRequestMaximumDelay 1000.0 ms
        childRouterLinks 0
        additionalChildRouterLinks 0
        childLinkRequestMinimumDelay 1500.0 ms
        childLinkRequestMaximumDelay 3000.0 ms
        additionalChildLinkRequestMaximumDelay 10000.0 ms
        additionalChildLinkWait 300000.0 ms
        linkAcceptMaximumDelay 1000.0 ms
        multicastLinkRequestMaximumDelay 5000.0 ms
        mleMaximumTransmissions 3
        mleCriticalMaximumTransmissions 6
        keepAliveAttempts 4
        unicastRetransmissionDelay 1233.456 ms
        multicastRetransmissionDelay 5000.0 ms
        unsolicitedDataResponseMaximumDelay 500.0 ms
        staleChildRest 5000.0 ms
        serverDataRest 300000.0 ms
        discoveryResponseMaximumDelay 1644.608 ms
        announceInterval 0.0 ms
        announceProcessDelay 411.152 ms
        announceTimeout 1644.608 ms
        announceMinimumDelay 142.536 ms
        advertisementIntervalMinimum 1000.0 ms
        advertisementIntervalMinimumPerRouter 1000.0 ms
        advertisementIntervalMaximumFloor 12000.0 ms
        advertisementIntervalMaximumCeiling 32000.0 ms
        advertisementIntervalPerNeighbor 4000.0 ms
        reedAdvertisementInterval 570000.0 ms
        reedAdvertisementJitter 60000.0 ms
        neighborAgeMaximum 100000.0 ms
        neighborAgeMaximumOnChild 150000.0 ms
        leaderToRouterTimeout 90000.0 ms
        networkIDTimeout 120000.0 ms
        routerIDSequencePeriod 10000.0 ms
        routerIDReuseDelay 100000.0 ms
        routerSelectionJitter 4000.0 ms
        routerSelectionJitterPerRival 3289.216 ms
        formerAddressLifetime 8000.0 ms
        childTimeoutDefault 240000.0 ms
        childSupervisionInterval 129000.0 ms
        childSupervisionCheckTimeout 190000.0 ms
        parentSearchInterval 540000.0 ms
        parentSearchJitter 15000.0 ms
        parentSearchBackoff 36000000.0 ms
        parentSearchMargin Decibels(value: 10.0)
        coapAcknowledgementTimeout 2000.0 ms
        coapAcknowledgementRandomPermille 1500
        coapMaximumRetransmissions 4
        addressQueryTimeout 3326.016 ms
        addressQueryRepetitions 1
        addressQueryInitialRetryDelay 16630.08 ms
        addressQueryMaximumRetryDelay 133040.64 ms
        diagnosticResponseWait 11549.056 ms
        diagnosticAnswerMaximumDelay 3289.216 ms
        pendingDatasetMinimumDelay 30000.0 ms
        pendingDatasetDefaultDelay 300000.0 ms
        datasetRegistrationDelay 5000.0 ms
        reassemblyTimeout 5000.0 ms
        mplDataMessageInterval 420.352 ms
        mplRouterTransmissions 2
        mplChildTransmissions 0
        mplSeedEntryLifetime 6725.632 ms
        """
}
