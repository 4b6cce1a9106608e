import NIOCore

/// Somebody who waits for one value from the event loop, and may give up.
///
/// Unchecked, because its state is confined to the event loop.
final class Waiter<Value: Sendable>: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let promise: EventLoopPromise<Value>
    /// Whether the wait is over; one that is takes nothing more.
    private(set) var isFinished = false

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        promise = eventLoop.makePromise()
    }

    /// Ends the wait, once.
    func finish(_ result: Result<Value, any Error>) {
        eventLoop.preconditionInEventLoop()
        guard !isFinished else { return }
        isFinished = true
        promise.completeWith(result)
    }

    /// The value.
    /// - Throws: what the wait ended with; `CancellationError` when the task was cancelled.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            eventLoop.execute { self.finish(.failure(CancellationError())) }
        }
    }
}
