// The control socket's line protocol; docs/control-socket.md describes it for other programs.
//
// A request is one line of UTF-8: an OpenThread command. Every line of the server begins with a byte that tells
// what it is:
//
//     =text    a line of the answer to the oldest request that has none yet
//     .Done    the end of the answer: the command succeeded
//     .Error 7: InvalidArgs   the end of the answer: it failed
//     !text    something that happened meanwhile; it may come at any time, also between the lines of an answer
//
// A request that begins with `{` is JSON and has an answer of one line of JSON: a command, see JSONRequest, or a
// call, which the node's service reads.

/// The figures of the protocol.
public enum ControlLimits {
    /// The longest request in bytes, without its line end.
    public static let requestLength = 4096
    /// The longest path of a Unix domain socket in bytes.
    /// - Source: unix(7), `sun_path` of 108 bytes with its closing zero
    public static let pathLength = 107
}

/// What a command says while it runs and when it ends.
public enum ControlOutput: Equatable, Sendable {
    /// A line of its answer. Line ends within the text make several lines of it.
    case line(String)
    /// Something that happened, not part of an answer: a datagram received, a ping answered later.
    case asynchronous(String)
    /// The command succeeded. Nothing but `.asynchronous` may follow.
    case done
    /// The command failed, with OpenThread's number and name of the error. Nothing but `.asynchronous` may follow.
    case error(code: Int, name: String)
    /// The whole answer to a call, one line of JSON. Nothing but `.notice` may follow.
    case answer(String)
    /// Something that happened, for a program that makes calls: one line of JSON.
    case notice(String)
}

/// How a command ended.
public enum ControlStatus: Equatable, Sendable, CustomStringConvertible {
    case done
    /// With OpenThread's number and name of the error.
    case error(code: Int, name: String)

    /// As OpenThread prints it: `Done`, or `Error 7: InvalidArgs`.
    public var description: String {
        switch self {
        case .done: "Done"
        case .error(let code, let name): "Error \(code): \(name)"
        }
    }

    /// Reads what ``description`` writes.
    /// - Returns: nil when the text is neither.
    public init?(_ text: some StringProtocol) {
        if text == "Done" {
            self = .done
            return
        }
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "Error", parts[1].hasSuffix(":"), let code = Int(parts[1].dropLast())
        else { return nil }
        self = .error(code: code, name: String(parts[2]))
    }

    /// The request could not be read.
    /// - Source: OpenThread's error Parse, as observed
    static let parse = ControlStatus.error(code: 6, name: "Parse")
    /// The server has as many clients as it serves.
    /// - Source: OpenThread's error NoBufs, as observed
    static let noBuffers = ControlStatus.error(code: 3, name: "NoBufs")
}

/// One line from the server.
public enum ControlMessage: Equatable, Sendable {
    /// A line of the answer.
    case line(String)
    /// Something that happened meanwhile.
    case asynchronous(String)
    /// The end of the answer.
    case end(ControlStatus)

    /// The line without its line end.
    public var encoded: String {
        switch self {
        case .line(let text): "=\(text)"
        case .asynchronous(let text): "!\(text)"
        case .end(let status): ".\(status)"
        }
    }

    /// Reads what ``encoded`` writes.
    /// - Returns: nil when the line is none of this protocol.
    public init?(encoded line: String) {
        let text = String(line.dropFirst())
        switch line.first {
        case "=": self = .line(text)
        case "!": self = .asynchronous(text)
        case ".":
            guard let status = ControlStatus(text) else { return nil }
            self = .end(status)
        default: return nil
        }
    }
}

/// The lines that a text consists of, without carriage returns; an empty text is one empty line.
func lines(of text: String) -> [String] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        .map(String.init)
}
