/// What went through the link, counted as OpenThread counts it: a frame once, however often it was repeated, and
/// acknowledgements not at all.
/// - Source: OpenThread as observed: the answer to `counters mac`
public struct MACCounters: Equatable, Sendable {
    public internal(set) var transmitTotal: UInt64 = 0
    public internal(set) var transmitUnicast: UInt64 = 0
    public internal(set) var transmitBroadcast: UInt64 = 0
    public internal(set) var transmitAcknowledgementRequested: UInt64 = 0
    public internal(set) var transmitAcknowledged: UInt64 = 0
    public internal(set) var transmitNoAcknowledgementRequested: UInt64 = 0
    public internal(set) var transmitData: UInt64 = 0
    public internal(set) var transmitDataPoll: UInt64 = 0
    public internal(set) var transmitBeacon: UInt64 = 0
    public internal(set) var transmitBeaconRequest: UInt64 = 0
    public internal(set) var transmitOther: UInt64 = 0
    /// Repetitions, after a missing acknowledgement, a busy channel or a failure of the radio.
    public internal(set) var transmitRetry: UInt64 = 0
    /// Assessments that found the channel busy.
    public internal(set) var transmitErrorClearChannelAssessment: UInt64 = 0
    /// Frames that never found the channel free.
    public internal(set) var transmitErrorBusyChannel: UInt64 = 0
    /// Frames that the radio did not send.
    public internal(set) var transmitErrorAbort: UInt64 = 0
    public internal(set) var transmitDirectMaximumRetryExpiry: UInt64 = 0
    public internal(set) var transmitIndirectMaximumRetryExpiry: UInt64 = 0

    public internal(set) var receiveTotal: UInt64 = 0
    public internal(set) var receiveUnicast: UInt64 = 0
    public internal(set) var receiveBroadcast: UInt64 = 0
    public internal(set) var receiveData: UInt64 = 0
    public internal(set) var receiveDataPoll: UInt64 = 0
    public internal(set) var receiveBeacon: UInt64 = 0
    public internal(set) var receiveBeaconRequest: UInt64 = 0
    public internal(set) var receiveOther: UInt64 = 0
    public internal(set) var receiveAddressFiltered: UInt64 = 0
    public internal(set) var receiveDestinationAddressFiltered: UInt64 = 0
    public internal(set) var receiveDuplicated: UInt64 = 0
    /// Always zero: a radio of Heddle hands over frames only. The row is there for those who read OpenThread's.
    public internal(set) var receiveErrorNoFrame: UInt64 = 0
    public internal(set) var receiveErrorUnknownNeighbor: UInt64 = 0
    public internal(set) var receiveErrorInvalidSourceAddress: UInt64 = 0
    public internal(set) var receiveErrorSecurity: UInt64 = 0
    public internal(set) var receiveErrorFrameCheckSequence: UInt64 = 0
    public internal(set) var receiveErrorOther: UInt64 = 0

    public init() {}

    /// Every counter under OpenThread's name, in its order. The two totals are headings of what follows them.
    public var rows: [(name: String, count: UInt64)] {
        [
            ("TxTotal", transmitTotal), ("TxUnicast", transmitUnicast), ("TxBroadcast", transmitBroadcast),
            ("TxAckRequested", transmitAcknowledgementRequested), ("TxAcked", transmitAcknowledged),
            ("TxNoAckRequested", transmitNoAcknowledgementRequested), ("TxData", transmitData),
            ("TxDataPoll", transmitDataPoll), ("TxBeacon", transmitBeacon),
            ("TxBeaconRequest", transmitBeaconRequest), ("TxOther", transmitOther), ("TxRetry", transmitRetry),
            ("TxErrCca", transmitErrorClearChannelAssessment), ("TxErrBusyChannel", transmitErrorBusyChannel),
            ("TxErrAbort", transmitErrorAbort), ("TxDirectMaxRetryExpiry", transmitDirectMaximumRetryExpiry),
            ("TxIndirectMaxRetryExpiry", transmitIndirectMaximumRetryExpiry), ("RxTotal", receiveTotal),
            ("RxUnicast", receiveUnicast), ("RxBroadcast", receiveBroadcast), ("RxData", receiveData),
            ("RxDataPoll", receiveDataPoll), ("RxBeacon", receiveBeacon), ("RxBeaconRequest", receiveBeaconRequest),
            ("RxOther", receiveOther), ("RxAddressFiltered", receiveAddressFiltered),
            ("RxDestAddrFiltered", receiveDestinationAddressFiltered), ("RxDuplicated", receiveDuplicated),
            ("RxErrNoFrame", receiveErrorNoFrame), ("RxErrNoUnknownNeighbor", receiveErrorUnknownNeighbor),
            ("RxErrInvalidSrcAddr", receiveErrorInvalidSourceAddress), ("RxErrSec", receiveErrorSecurity),
            ("RxErrFcs", receiveErrorFrameCheckSequence), ("RxErrOther", receiveErrorOther),
        ]
    }
}
