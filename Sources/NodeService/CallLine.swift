import Foundation

/// A call as a line of JSON, for who sends it and awaits its answer.
public enum CallLine {
    public static func request(_ call: some MeshCall, id: Int) -> String { CallRequest.line(call, id: id) }

    /// The answer that a line holds.
    /// - Throws: the error that it carries instead; `DecodingError` when it is no answer to such a call.
    public static func answer<Call: MeshCall>(to call: Call.Type, in line: String) throws -> Call.Answer {
        try CallAnswer.value(Call.Answer.self, of: line)
    }
}

/// A line of the control socket as a program sees it that asks in JSON.
public enum ControlLine: Equatable, Sendable {
    /// The answer to a request of this program.
    case answer(id: Int)
    /// Something that happened.
    case notice(MeshNotice)
    /// Something that a command tells outside of its answer.
    case event
    /// A line of another kind: what the server says when it refuses a client.
    case refusal(String)

    private struct Head: Decodable {
        var id: Int?
        var notice: String?
        var event: String?
    }

    /// - Returns: nil when the line is none of the protocol.
    public init?(_ line: String) {
        switch line.first {
        case "!", ".": self = .refusal(String(line.dropFirst()))
        case "{":
            let data = Data(line.utf8)
            guard let head = try? JSONDecoder().decode(Head.self, from: data) else { return nil }
            if head.notice != nil {
                guard let notice = try? JSONDecoder().decode(MeshNotice.self, from: data) else { return nil }
                self = .notice(notice)
            } else if head.event != nil {
                self = .event
            } else if let id = head.id {
                self = .answer(id: id)
            } else {
                return nil
            }
        default: return nil
        }
    }
}

/// A command of the command line as a line of JSON.
public enum CommandLine {
    private struct Request: Encodable {
        var id: Int
        var command: String
    }

    private struct Answer: Decodable {
        struct Failure: Decodable {
            var code: Int
            var name: String
        }

        var lines: [String]
        var error: Failure?
    }

    public static func request(_ command: String, id: Int) -> String {
        WireJSON.text(Request(id: id, command: command))
    }

    /// The lines of a command's answer.
    /// - Throws: `MeshError.command` when it failed, `.notADaemon` when the line is no answer.
    public static func answer(in line: String, path: String) throws(MeshError) -> [String] {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)) else {
            throw .notADaemon(path: path)
        }
        if let error = answer.error { throw .command(code: error.code, name: error.name) }
        return answer.lines
    }
}
