import Foundation
import NodeService

/// A request as JSON, `{"id": 1, "command": "state"}`, for programs that rather not read lines.
///
/// The answer is one line, `{"id":1,"lines":["leader"],"status":"Done"}`. A failed command adds
/// `"error":{"code":7,"name":"InvalidArgs"}`. From its first JSON request on, a client also gets what happens
/// meanwhile as JSON: `{"event":"…"}`. With `call` in place of `command` it is a call: docs/control-socket.md.
struct JSONRequest: Decodable, Equatable {
    /// What is asked for.
    enum Kind: Equatable {
        case command(String)
        /// A call; its values are read by who carries it out.
        case call
        /// Neither, or a command that no line could be either.
        case invalid
    }

    /// What a request must be.
    static let rule = #"a JSON request has the form {"id": 1, "command": "state"}"#

    let id: RequestID?
    let kind: Kind

    private enum CodingKeys: String, CodingKey { case id, command, call }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(RequestID.self, forKey: .id)
        if container.contains(.call), !container.contains(.command) {
            kind = .call
        } else if let command = try? container.decode(String.self, forKey: .command),
            command.unicodeScalars.allSatisfy({ ($0.value >= 0x20 && $0.value != 0x7f) || $0 == "\t" })
        {
            kind = .command(command)
        } else {
            kind = .invalid
        }
    }

    /// - Returns: nil when the line is no JSON, or its id none.
    init?(line: String) {
        guard let request = try? JSONDecoder().decode(JSONRequest.self, from: Data(line.utf8)) else { return nil }
        self = request
    }

    /// The answer as one line.
    static func answer(id: RequestID?, lines: [String], status: ControlStatus) -> String {
        var failure: Answer.Failure?
        if case .error(let code, let name) = status { failure = Answer.Failure(code: code, name: name) }
        return encoded(Answer(id: id, lines: lines, status: status.description, error: failure))
    }

    /// Something that happened meanwhile, as one line.
    static func event(_ text: String) -> String {
        encoded(["event": text])
    }

    private struct Answer: Encodable {
        struct Failure: Encodable {
            var code: Int
            var name: String
        }

        var id: RequestID?
        var lines: [String]
        var status: String
        var error: Failure?
    }

    private static func encoded(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("texts and numbers can always be written as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
