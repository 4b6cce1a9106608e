/// Which client a command came from; never used again for another one.
public struct ClientID: Hashable, Sendable, CustomStringConvertible {
    public let number: UInt64

    public init(number: UInt64) {
        self.number = number
    }

    public var description: String { "client \(number)" }
}

/// What executes the commands of the control socket's clients.
public protocol ControlHandler: AnyObject, Sendable {
    /// Executes one command. Called on the server's event loop; the next command of the same client comes when this
    /// one has ended, while other clients' commands may come before.
    /// - Parameters:
    ///   - line: the command as it was typed, not empty, without control characters but tabs.
    ///   - output: takes what the command says; may be called at once or later, from any thread. Exactly one `.done`
    ///     or `.error` ends the command. Afterwards only `.asynchronous` has an effect, until the client closes.
    func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void)

    /// Carries out one call, a request of a program in JSON that is no command. Called as `execute` is.
    /// - Parameters:
    ///   - line: the whole request.
    ///   - output: takes one `.answer`, which ends the call; afterwards only `.notice` has an effect, until the client
    ///     closes.
    func call(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void)

    /// A client has gone; what still runs for it may end. Called on the server's event loop.
    func clientClosed(_ client: ClientID)
}
