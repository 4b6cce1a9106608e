import ControlService
import NIOConcurrencyHelpers

/// Executes a handful of commands that stand for kinds of commands, and remembers what it was called with.
final class ScriptedHandler: ControlHandler {
    struct Record: Sendable {
        var lines: [String] = []
        var calls: [String] = []
        var closed: [ClientID] = []
        var running: [@Sendable (ControlOutput) -> Void] = []
    }

    private let record = NIOLockedValueBox(Record())

    var lines: [String] { record.withLockedValue { $0.lines } }
    var closed: [ClientID] { record.withLockedValue { $0.closed } }
    /// The calls, in their order.
    var calls: [String] { record.withLockedValue { $0.calls } }
    /// The outputs of `wait` commands, in their order.
    var running: [@Sendable (ControlOutput) -> Void] { record.withLockedValue { $0.running } }

    func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        record.withLockedValue { $0.lines.append(line) }
        let words = line.split(separator: " ")
        switch words.first {
        case "state":
            output(.line("disabled"))
            output(.done)
        case "two":
            output(.line("one\r\ntwo"))
            output(.done)
        case "client":
            output(.line(client.description))
            output(.done)
        case "big":
            for _ in 0..<(words.last.flatMap { Int($0) } ?? 1) { output(.line(String(repeating: "x", count: 1023))) }
            output(.done)
        case "event":
            output(.asynchronous("before"))
            output(.line("answer"))
            output(.done)
            output(.asynchronous("after"))
            output(.line("too late"))
            output(.done)
        case "wait":
            record.withLockedValue { $0.running.append(output) }
        default:
            output(.error(code: 35, name: "InvalidCommand"))
        }
    }

    /// Answers with the call's own line; one with "wait" in it is not answered.
    func call(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        record.withLockedValue { $0.calls.append(line) }
        if line.contains("wait") { return record.withLockedValue { $0.running.append(output) } }
        if line.contains("notice") { output(.notice(#"{"notice":"before"}"#)) }
        output(.answer(line))
        output(.answer(line))
        if line.contains("notice") { output(.notice(#"{"notice":"after"}"#)) }
    }

    func clientClosed(_ client: ClientID) {
        record.withLockedValue { $0.closed.append(client) }
    }
}
