import IPEngine
import LowPANEngine
import ThreadEngine

/// How many messages wait where: OpenThread's `bufferinfo`. A buffer holds one message of any length.
public struct BufferUsage: Equatable, Sendable {
    /// One queue: its messages, and their bytes where they are kept as bytes.
    public struct Queue: Equatable, Sendable {
        public var messages: Int
        /// - Units: bytes
        public var bytes: Int

        public init(messages: Int = 0, bytes: Int = 0) {
            self.messages = messages
            self.bytes = bytes
        }
    }

    /// How many messages there is room for.
    public var total: Int
    /// The most that waited at once since the start or `resetMaximumBufferUse`.
    public var maximumUsed: Int
    /// On their way to the radio.
    public var sending: Queue
    /// Put together from fragments.
    public var reassembly: Queue
    /// Waiting for the place of their destination.
    public var unresolved: Queue
    /// Multicasts that are sent again.
    public var multicast: Queue
    /// MLE messages that wait for their random delay.
    public var linkEstablishment: Queue
    /// Management requests that wait for an answer.
    public var management: Queue

    public var used: Int {
        [sending, reassembly, unresolved, multicast, linkEstablishment, management].reduce(0) { $0 + $1.messages }
    }
    public var free: Int { max(0, total - used) }
}

extension NodeEngine {
    /// What waits in the queues now.
    public var bufferUsage: BufferUsage {
        func bytes(of transfer: Transfer) -> Int { transfer.payloads.reduce(0) { $0 + $1.count } }
        let reassembly = lowPAN.reassemblyLoad
        let multicast = ip.multicastLoad
        let waiting = thread.waitingMessages
        return BufferUsage(
            total: configuration.transferLimit + configuration.lowPAN.reassemblyLimit + configuration.unresolvedLimit
                + configuration.ip.multicastBufferLimit + configuration.thread.delayedMessageLimit
                + configuration.thread.pendingRequestLimit,
            maximumUsed: maximumBufferUse,
            sending: .init(messages: transfers.count, bytes: transfers.reduce(0) { $0 + bytes(of: $1) }),
            reassembly: .init(messages: reassembly.count, bytes: reassembly.byteCount),
            unresolved: .init(
                messages: unresolved.count, bytes: unresolved.reduce(0) { $0 + $1.datagram.bytes.count }),
            multicast: .init(messages: multicast.count, bytes: multicast.byteCount),
            linkEstablishment: .init(messages: waiting.delayed),
            management: .init(messages: waiting.requests.count, bytes: waiting.requests.byteCount))
    }

    /// Looks whether more waits than ever before.
    func noteBufferUse() {
        let waiting = asking(&thread) { $0.waitingMessageCount }
        let used =
            transfers.count + unresolved.count + asking(&lowPAN) { $0.reassemblyCount }
            + asking(&ip) { $0.multicastCount } + waiting
        if used > maximumBufferUse { maximumBufferUse = used }
    }

    /// Counts the most that waited at once anew.
    public func resetMaximumBufferUse() {
        maximumBufferUse = bufferUsage.used
    }
}
