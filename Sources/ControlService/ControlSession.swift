import Logging
import NIOCore
import NodeService

/// One client's connection: reads requests, has them executed one after the other, writes what they say.
///
/// Nothing a client does can take more than bounded memory: of unfinished lines one is kept, reading stops while
/// many requests wait, and a client that does not take its output is cut off.
final class ControlSession: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Ends of commands come from any thread and belong to one command each: a number tells a late one apart.
    private enum State {
        case idle
        case executing(number: UInt64)
        case closed
    }

    /// What the running command's answer is to look like.
    private enum AnswerForm {
        case lines
        case json(id: RequestID?, lines: [String], bytes: Int)
    }

    private let client: ClientID
    private let handler: any ControlHandler
    private let configuration: ControlServer.Configuration
    private let logger: Logger

    private var reader = ControlRequestReader()
    private var waiting = CircularBuffer<ControlRequestReader.Request>()
    private var state = State.idle
    private var form = AnswerForm.lines
    private var wantsJSON = false
    private var commandCount: UInt64 = 0
    private var isPumping = false
    private var isReadHeldBack = false
    private var allowance: RequestAllowance
    /// Whether the client has used up its allowance.
    private var isResting = false
    private var hasEnded = false
    private var unsentBytes = 0
    private var halfLineTimeout: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(
        client: ClientID, handler: any ControlHandler, configuration: ControlServer.Configuration, logger: Logger
    ) {
        self.client = client
        self.handler = handler
        self.configuration = configuration
        self.logger = logger
        allowance = RequestAllowance(
            perSecond: configuration.requestsPerSecond, burst: configuration.requestBurst)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        waiting.append(contentsOf: reader.receive(buffer.readableBytesView))
        halfLineTimeout?.cancel()
        halfLineTimeout = nil
        if reader.isWithinLine {
            halfLineTimeout = context.eventLoop.assumeIsolated().scheduleTask(in: configuration.halfLineTimeout) {
                self.logger.debug("\(self.client) began a line and did not end it")
                self.context?.close(promise: nil)
            }
        }
        pump()
    }

    /// Passes reads on only while few requests wait, so that the kernel makes the client wait.
    func read(context: ChannelHandlerContext) {
        if waiting.count < configuration.waitingRequests {
            context.read()
        } else {
            isReadHeldBack = true
        }
    }

    /// A client that only half-closes still gets its answers, then the connection ends.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            hasEnded = true
            halfLineTimeout?.cancel()
            pump()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        halfLineTimeout?.cancel()
        halfLineTimeout = nil
        state = .closed
        waiting.removeAll()
        handler.clientClosed(client)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("\(client): \(error)")
        context.close(promise: nil)
    }

    // MARK: Commands

    /// Starts waiting requests until one does not end at once. A loop, since a recursion would be as deep as the
    /// client has sent lines; in portions, since other clients and the node itself run on this event loop too.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        var portion = configuration.waitingRequests
        while case .idle = state, !waiting.isEmpty, portion > 0 {
            guard takesAnother() else { break }
            portion -= 1
            start(waiting.removeFirst())
        }
        isPumping = false
        if case .idle = state, !waiting.isEmpty, !isResting {
            context?.eventLoop.assumeIsolated().execute { self.pump() }
            return
        }
        if isReadHeldBack, waiting.count < configuration.waitingRequests {
            isReadHeldBack = false
            context?.read()
        }
        if hasEnded, waiting.isEmpty, case .idle = state {
            // Behind the last answer, which may still be on its way.
            write([], thenClose: true)
        }
    }

    /// Whether another request may be carried out now. A client that asks faster than it may is let wait, and what it
    /// sends meanwhile stays with the kernel.
    private func takesAnother() -> Bool {
        guard !isResting, let eventLoop = context?.eventLoop else { return false }
        if allowance.takeOne(now: eventLoop.now) { return true }
        isResting = true
        eventLoop.assumeIsolated().scheduleTask(deadline: allowance.nextDeadline) {
            self.isResting = false
            self.pump()
        }
        return false
    }

    private func start(_ request: ControlRequestReader.Request) {
        commandCount += 1
        state = .executing(number: commandCount)
        form = .lines
        switch request {
        case .refused(let reason):
            refuse(reason)
        case .line(let text) where text.first == "{":
            wantsJSON = true
            guard let request = JSONRequest(line: text) else {
                form = .json(id: nil, lines: [], bytes: 0)
                return refuse(JSONRequest.rule)
            }
            form = .json(id: request.id, lines: [], bytes: 0)
            switch request.kind {
            case .call: call(text)
            case .invalid: refuse(JSONRequest.rule)
            case .command(let command) where command.contains(where: { $0 != " " && $0 != "\t" }): execute(command)
            case .command: end(.done)
            }
        case .line(let text):
            execute(text)
        }
    }

    private func execute(_ line: String) {
        guard let output = outputOfThisRequest() else { return }
        handler.execute(line: line, client: client, output: output)
    }

    private func call(_ line: String) {
        guard let output = outputOfThisRequest() else { return }
        handler.call(line: line, client: client, output: output)
    }

    private func outputOfThisRequest() -> (@Sendable (ControlOutput) -> Void)? {
        guard let eventLoop = context?.eventLoop else { return nil }
        let number = commandCount
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        return { output in
            if eventLoop.inEventLoop {
                session.value.take(output, of: number)
            } else {
                eventLoop.execute { session.value.take(output, of: number) }
            }
        }
    }

    private func refuse(_ reason: String) {
        append(reason)
        end(.parse)
    }

    private func take(_ output: ControlOutput, of number: UInt64) {
        if case .asynchronous(let text) = output {
            for line in lines(of: text) {
                write(wantsJSON ? JSONRequest.event(line) : ControlMessage.asynchronous(line).encoded)
            }
            return
        }
        if case .notice(let line) = output { return write(line) }
        guard case .executing(number) = state else {
            if case .closed = state { return }
            logger.warning("a command of \(client) went on after its end", metadata: ["output": "\(output)"])
            return
        }
        switch output {
        case .line(let text): for line in lines(of: text) { append(line) }
        case .asynchronous, .notice: break
        case .answer(let line):
            write(line)
            becomeIdle()
        case .done: end(.done)
        case .error(let code, let name): end(.error(code: code, name: name))
        }
    }

    /// Adds a line to the running command's answer.
    private func append(_ line: String) {
        switch form {
        case .lines:
            write(ControlMessage.line(line).encoded)
        case .json(let id, var lines, let bytes):
            guard bytes + line.utf8.count <= configuration.unsentBytes else {
                cutOff("its answer is longer than \(configuration.unsentBytes) bytes")
                return
            }
            // The list moves from the case to the new one: appending to a copy would cost its length each time.
            form = .lines
            lines.append(line)
            form = .json(id: id, lines: lines, bytes: bytes + line.utf8.count)
        }
    }

    private func end(_ status: ControlStatus) {
        switch form {
        case .lines: write(ControlMessage.end(status).encoded)
        case .json(let id, let lines, _): write(JSONRequest.answer(id: id, lines: lines, status: status))
        }
        becomeIdle()
    }

    private func becomeIdle() {
        form = .lines
        if case .executing = state { state = .idle }
        pump()
    }

    // MARK: Output

    private func write(_ line: String) {
        write(Array(line.utf8) + [UInt8(ascii: "\n")], thenClose: false)
    }

    private func write(_ bytes: [UInt8], thenClose: Bool) {
        if case .closed = state { return }
        unsentBytes += bytes.count
        guard unsentBytes <= configuration.unsentBytes else {
            cutOff("it does not take its output")
            return
        }
        flush(bytes) {
            self.unsentBytes -= bytes.count
            if thenClose { self.context?.close(promise: nil) }
        }
    }

    private func flush(_ bytes: [UInt8], then action: @escaping () -> Void) {
        guard let context else { return }
        let buffer = context.channel.allocator.buffer(bytes: bytes)
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in action() }
    }

    /// Ends the connection. A client that begins to read again in time learns why, behind what it did not take.
    private func cutOff(_ reason: String) {
        logger.notice("cutting off \(client): \(reason)")
        state = .closed
        waiting.removeAll()
        let line =
            wantsJSON ? CallServer.closingNotice(reason) : ControlMessage.asynchronous("closing: \(reason)").encoded
        flush(Array(line.utf8) + [UInt8(ascii: "\n")]) { self.context?.close(promise: nil) }
        context?.eventLoop.assumeIsolated().scheduleTask(in: configuration.closingTime) {
            self.context?.close(promise: nil)
        }
    }
}
