public import EngineCore
import IPEngine
public import NodeEngine
public import ThreadWire

/// OpenThread's command line on a node: a line goes in, text comes out.
///
/// It has no clock and no terminal. Whoever drives it hands in lines and what the node told its driver, calls
/// `handleDeadline` at `nextDeadline`, and drains `pollOutput()`. Every line that goes in is answered by lines of text
/// and one `.end`.
///
/// Each session carries out one command at a time: a line that comes while a ping is waited for waits with it. Other
/// sessions go on. All sessions share one dataset buffer, since every run of a command line client is a session of its
/// own; a UDP socket belongs to its session.
public final class CommandInterpreter {
    /// One who types: a client of the control socket.
    public struct Session: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt64

        public init(rawValue: UInt64) { self.rawValue = rawValue }
    }

    /// What there is to print.
    public enum Output: Equatable, Sendable {
        /// A part of an answer.
        case line(Session, String)
        /// Something that arrived on its own: a datagram, or what a ping in the background has to tell.
        case asynchronous(Session, String)
        /// The command has ended.
        case end(Session, CommandResult)
        /// The program is to start anew, without all that it has stored where it was a factory reset.
        case restart(isFactoryReset: Bool)
    }

    /// What the command line tells about the program around it.
    public struct Configuration: Sendable {
        /// What `version` prints.
        public var version = "HEDDLE"
        /// What `version api` prints: the number of the OpenThread programming interface whose command line this is.
        public var apiVersion = 520
        /// What `eui64` prints: the address that the device was made with; nil where the node itself knows.
        public var eui64: ExtendedAddress?
        /// What `platform` prints.
        public var platform = "HEDDLE"
        /// What `instanceid` prints: another number each time that the program starts.
        public var instanceID: UInt32 = 0
        /// What `region` prints; nil where no law applies.
        /// - Range: two letters
        public var region: String?
        /// What `txpower` prints; nil where the radio does not tell.
        public var transmitPower: DecibelMilliwatts?
        /// What `autostart` prints: whether the protocol starts with the program.
        public var startsByItself = false
        /// Whether the program obeys `.restart`.
        public var canRestart = false
        /// What `log level` prints.
        /// - Range: 0 (none) to 5 (debug)
        public var logLevel: UInt8 = 3
        /// How long `ping` waits for its last answers; nil computes it from the time that frames spend on the air.
        public var pingTimeout: Duration?
        /// How many lines may wait behind a command that has not ended.
        /// - Range: 1 to 1000 lines
        public var waitingLineLimit = 32
        /// How many sessions may run commands at once.
        /// - Range: 1 to 10,000
        public var sessionLimit = 256

        public init() {}
    }

    /// What is kept of a session.
    struct SessionState {
        var ping: Ping?
        var diagnostic: DiagnosticTask?
        var socket: SocketID?
        /// Whether the link layer secures what the socket sends.
        var isLinkSecured = true
        /// Whether a command waits until the node has left its network.
        var isDetaching = false
        /// Whether a command has not ended yet.
        var isBusy = false
        /// Lines that wait for it.
        var waiting: [String] = []
    }

    public let configuration: Configuration
    var sessions: [Session: SessionState] = [:]
    /// Whose scan is going on.
    var scanningSession: Session?
    /// Who is told of every frame.
    var sniffingSession: Session?
    /// What the leader's weight was computed from last.
    var deviceProperties = DeviceProperties()
    /// What `dataset` edits until it is committed.
    var datasetBuffer = OperationalDataset()
    /// Identifier and sequence number of the next echo request.
    var nextEchoIdentifier: UInt16 = 1
    var nextEchoSequence: UInt16 = 1
    private var outputs: [Output] = []
    private var outputHead = 0

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    // MARK: Input

    /// Carries out a line, or lets it wait for the command before it.
    public func execute(_ line: String, session: Session, on node: NodeEngine, now: Instant) {
        guard let state = sessions[session] else {
            guard sessions.count < configuration.sessionLimit else { return emitEnd(session, .failed(.noBuffers)) }
            sessions[session] = SessionState()
            return run(line, session: session, on: node, now: now)
        }
        guard state.isBusy else { return run(line, session: session, on: node, now: now) }
        // Whoever waits for a ping must be able to end it.
        if (try? ArgumentSplitting.words(of: line)) == ["ping", "stop"] {
            finishPing(of: session, on: node, now: now)
            return run(line, session: session, on: node, now: now)
        }
        guard state.waiting.count < configuration.waitingLineLimit else {
            return emitEnd(session, .failed(.busy))
        }
        sessions[session]?.waiting.append(line)
    }

    /// Takes what the node told its driver: answers to pings, datagrams at sockets.
    public func handle(_ output: NodeEngine.Output, on node: NodeEngine, now: Instant) {
        switch output {
        case .echoReply(let reply): handleEchoReply(reply, on: node, now: now)
        case .readable(let socket): printDatagrams(of: socket, on: node)
        case .diagnostic(let report): handleDiagnostic(report, on: node, now: now)
        case .scan(let report): handleScan(report, on: node, now: now)
        case .sniffed(let frame): printSniffed(frame)
        case .event(.roleChanged(from: _, to: .disabled)): finishDetaching(on: node, now: now)
        case .transmit, .assessChannel, .setReceiver, .setChannel, .deliver, .store, .event, .identityChanged: break
        }
    }

    /// Sends the next echo requests and ends those pings that have waited long enough.
    public func handleDeadline(on node: NodeEngine, now: Instant) {
        for session in sessions.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let deadline = sessions[session]?.ping?.deadline, deadline <= now else { continue }
            continuePing(of: session, on: node, now: now)
        }
    }

    /// When to call `handleDeadline`, if nothing happens before; nil for never.
    public var nextDeadline: Instant? {
        sessions.values.reduce(nil) { earlier($0, $1.ping?.deadline) }
    }

    /// Forgets a session: its ping ends, its socket is closed, lines that waited are not carried out.
    public func sessionClosed(_ session: Session, on node: NodeEngine, now: Instant) {
        leave(session, on: node)
        sessions[session] = nil
        guard sniffingSession == session else { return }
        sniffingSession = nil
        _ = node.setPromiscuous(false, now: now)
    }

    /// Ends what goes on for a session.
    func leave(_ session: Session, on node: NodeEngine) {
        guard let state = sessions[session] else { return }
        if let socket = state.socket { node.close(socket) }
        // The scan itself goes on to its end, without anybody to tell.
        if scanningSession == session { scanningSession = nil }
        for id in state.diagnostic?.open ?? [] { node.closeDiagnostic(id) }
        sessions[session] = SessionState()
    }

    // MARK: Output

    /// The next thing to print, in order; nil when there is none.
    public func pollOutput() -> Output? {
        guard outputHead < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            outputHead = 0
            return nil
        }
        defer { outputHead += 1 }
        return outputs[outputHead]
    }

    /// Prints one line, as a part of the running command's answer or apart from it.
    func print(_ text: String, to session: Session, isAsynchronous: Bool = false) {
        let line = text.onOneLine
        outputs.append(isAsynchronous ? .asynchronous(session, line) : .line(session, line))
    }

    /// Lets the program start anew.
    func emitRestart(isFactoryReset: Bool) {
        outputs.append(.restart(isFactoryReset: isFactoryReset))
    }

    private func emitEnd(_ session: Session, _ result: CommandResult) {
        outputs.append(.end(session, result))
    }

    // MARK: Commands

    private func run(_ line: String, session: Session, on node: NodeEngine, now: Instant) {
        do throws(CommandError) {
            let words = try ArgumentSplitting.words(of: line)
            guard let name = words.first else { return emitEnd(session, .silent) }
            let command = try CommandTable.lookUp(name)
            try command.refuseSurplus(words)
            var invocation = Invocation(
                interpreter: self, node: node, session: session, now: now,
                arguments: Arguments(Array(words.dropFirst())))
            try command.run(&invocation)
            if invocation.isPending {
                sessions[session]?.isBusy = true
            } else {
                emitEnd(session, invocation.isSilent ? .silent : .done)
            }
        } catch {
            emitEnd(session, .failed(error))
        }
    }

    /// Ends the command that a session waited for and carries out what waited behind it.
    func end(_ session: Session, _ result: CommandResult, on node: NodeEngine, now: Instant) {
        sessions[session]?.isBusy = false
        emitEnd(session, result)
        while let state = sessions[session], !state.isBusy, let line = state.waiting.first {
            sessions[session]?.waiting.removeFirst()
            run(line, session: session, on: node, now: now)
        }
    }
}
