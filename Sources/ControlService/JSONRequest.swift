import Foundation

/// A request as JSON, `{"id": 1, "command": "state"}`, for programs that rather not read lines.
///
/// The answer is one line, `{"id":1,"lines":["leader"],"status":"Done"}`. A failed command adds
/// `"error":{"code":7,"name":"InvalidArgs"}`. From its first JSON request on, a client also gets what happens
/// meanwhile as JSON: `{"event":"…"}`.
struct JSONRequest: Decodable, Equatable {
    /// What the client tells its requests apart by; the answer has it again.
    enum Identifier: Codable, Equatable {
        case number(Int)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }
    }

    var id: Identifier?
    var command: String

    /// - Returns: nil when the line is no such request, or its command could not be a line either.
    init?(line: String) {
        guard let request = try? JSONDecoder().decode(JSONRequest.self, from: Data(line.utf8)),
            request.command.unicodeScalars.allSatisfy({ ($0.value >= 0x20 && $0.value != 0x7f) || $0 == "\t" })
        else { return nil }
        self = request
    }

    /// The answer as one line.
    static func answer(id: Identifier?, lines: [String], status: ControlStatus) -> String {
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

        var id: Identifier?
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
