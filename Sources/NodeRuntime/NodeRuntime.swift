public import EngineCore
public import Logging
public import NIOCore
public import NodeEngine
public import NodeStore
public import RadioDrivers
import ThreadEngine
import WireCore

/// Drives one node engine on one radio in real time: the only clock and the only timer.
///
/// It lives on one event loop: the radio, the control socket and the TUN interface call in on the same loop, so that
/// nothing of a node is ever touched from two threads and no call waits for another thread. Every method checks that;
/// see docs/decisions/0002-one-event-loop.md.
public final class NodeRuntime: @unchecked Sendable {
    /// What others on the event loop want to know of a node's outputs.
    public typealias Observer = (NodeEngine.Output, NodeEngine, Instant) -> Void

    /// Where everything of this node happens.
    public let eventLoop: any EventLoop
    private let node: NodeEngine
    private let radio: any Radio
    private let store: (any RecordStore)?
    private let logger: Logger
    private let started: NIODeadline
    private var timer: Scheduled<Void>?
    private var timerDeadline: Instant?
    private var observers: [Observer] = []
    /// What is to be written, the oldest first.
    private var unsaved: [StoredRecord] = []
    /// The disk may keep the event loop longer than a sender waits for its acknowledgement: what is due at once goes
    /// first.
    private static let saveDelay = TimeAmount.milliseconds(1)
    /// The records that could not be written when they were last to be.
    private var unwritten: Set<StoredRecord.Name> = []
    /// Whether every record could be written when it was last to be.
    public var isStateWritten: Bool { unwritten.isEmpty }
    /// What the node's radio did so far.
    public private(set) var statistics = Statistics()

    /// What a node's radio did.
    public struct Statistics: Sendable {
        public internal(set) var framesSent: UInt64 = 0
        public internal(set) var framesReceived: UInt64 = 0
        public internal(set) var airtime = Duration.zero
    }

    /// - Parameters:
    ///   - node: is the runtime's alone from now on.
    ///   - store: nil for a node that forgets everything when it stops.
    public init(
        node: sending NodeEngine, radio: any Radio, store: (any RecordStore)?, logger: Logger
    ) {
        self.node = node
        self.radio = radio
        self.store = store
        self.logger = logger
        eventLoop = radio.eventLoop
        started = .now()
    }

    /// The time on the engine's clock.
    public var now: Instant {
        Instant(microseconds: UInt64((NIODeadline.now() - started).nanoseconds / 1000))
    }

    // MARK: Life

    /// Restores what was stored and connects the radio.
    public func start() throws {
        eventLoop.preconditionInEventLoop()
        if let store {
            var records: [StoredRecord] = []
            for name in StoredRecord.Name.allCases {
                if let value = try store.load(name.rawValue) { records.append(StoredRecord(name: name, value: value)) }
            }
            node.restore(records, now: now)
        }
        radio.start { [weak self] event in
            self?.handle(event)
        }
        drain()
    }

    /// Stops the protocol and the radio.
    public func stop() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        node.stopThread(now: now)
        drain()
        saveAll()
        timer?.cancel()
        timer = nil
        return radio.close()
    }

    /// Forgets networks, settings and children in the store, for the next start. What keeps frame counters from being
    /// used twice stays.
    /// - Parameter interfaceIdentifier: of the node's next mesh-local address.
    public func forgetNetwork(interfaceIdentifier: UInt64) throws {
        eventLoop.preconditionInEventLoop()
        guard let store else { return }
        for name in StoredRecord.Name.allCases where name != .networkState { try store.save(name.rawValue, []) }
        guard let bytes = try store.load(StoredRecord.Name.networkState.rawValue) else { return }
        var reader = ByteReader(bytes)
        let state = try StoredNetworkState(parsing: &reader).forgettingNetwork(interfaceIdentifier: interfaceIdentifier)
        try store.save(state.record.name.rawValue, state.record.value)
    }

    /// Does something with the node, then carries out what it asks for.
    public func withNode<Result>(_ body: (NodeEngine, Instant) throws -> Result) rethrows -> Result {
        eventLoop.preconditionInEventLoop()
        defer { drain() }
        return try body(node, now)
    }

    /// Lets somebody on the event loop see every output after it was carried out.
    public func observe(_ observer: @escaping Observer) {
        eventLoop.preconditionInEventLoop()
        observers.append(observer)
    }

    /// Hands a datagram of the host to the node.
    public func sendFromHost(_ datagram: [UInt8]) {
        eventLoop.preconditionInEventLoop()
        node.handle(.hostDatagram(datagram), now: now)
        drain()
    }

    /// Does something with the node from any thread.
    public func perform<Result: Sendable>(
        _ body: @escaping @Sendable (NodeEngine, Instant) throws -> Result
    ) async throws -> Result {
        try await eventLoop.submit { try self.withNode(body) }.get()
    }

    // MARK: Radio

    private func handle(_ event: RadioEvent) {
        switch event {
        case .received(let frame):
            statistics.framesReceived += 1
            node.handle(.received(frame), now: now)
        case .transmitDone(let outcome): node.handle(.transmitDone(outcome), now: now)
        case .channelActivity(let isBusy): node.handle(.channelActivity(isBusy: isBusy), now: now)
        case .connected: logger.info("the radio is connected")
        case .disconnected(let reason): logger.warning("the radio is gone, trying again: \(reason)")
        case .failed(let error): logger.error("radio: \(error)")
        }
        drain()
    }

    // MARK: Outputs

    private func drain() {
        while let output = node.pollOutput() {
            carryOut(output)
            for observer in observers { observer(output, node, now) }
        }
        reschedule()
    }

    private func carryOut(_ output: NodeEngine.Output) {
        switch output {
        case .transmit(let frame):
            statistics.framesSent += 1
            statistics.airtime += node.profile.airtime(of: frame.count)
            radio.transmit(frame)
        case .assessChannel: radio.assessChannel()
        case .setReceiver(let isOn): radio.setReceiver(isOn: isOn)
        case .setChannel(let channel): radio.setChannel(channel)
        case .store(let record): store(record)
        case .event(let event): logger.info("\(LogText(event))")
        case .deliver, .readable, .echoReply, .identityChanged, .diagnostic, .scan, .sniffed: break
        }
    }

    private func store(_ record: StoredRecord) {
        guard store != nil else { return node.handle(.stored(record), now: now) }
        unsaved.append(record)
        guard unsaved.count == 1 else { return }
        eventLoop.scheduleTask(in: Self.saveDelay) { [weak self] in self?.saveAll() }
    }

    private func saveAll() {
        while !unsaved.isEmpty {
            let records = unsaved
            unsaved = []
            for record in records { save(record) }
            drain()
        }
    }

    /// Writes a record and tells the node whether it is on the disk.
    private func save(_ record: StoredRecord) {
        guard let store else { return }
        do {
            try store.save(record.name.rawValue, record.value)
            if unwritten.remove(record.name) != nil, unwritten.isEmpty {
                logger.notice("the state is written again")
            }
            node.handle(.stored(record), now: now)
        } catch {
            // Without a durable reservation no frame is sent that a restart could repeat.
            node.handle(.notStored(record), now: now)
            // Each of the next frames asks again: once said is enough.
            if unwritten.isEmpty {
                logger.error(
                    "\(error); the node goes on, and falls silent when the frame counters that it has are used up")
            }
            unwritten.insert(record.name)
        }
    }

    // MARK: Time

    private func reschedule() {
        let deadline = node.nextDeadline
        guard deadline != timerDeadline else { return }
        timer?.cancel()
        timer = nil
        timerDeadline = deadline
        guard let deadline else { return }
        let at = started + .microseconds(Int64(clamping: deadline.microseconds))
        timer = eventLoop.scheduleTask(deadline: at) { [weak self] in
            self?.handleDeadline()
        }
    }

    private func handleDeadline() {
        timer = nil
        timerDeadline = nil
        node.handleDeadline(now: now)
        drain()
    }
}
