import Foundation

// Calls as lines of JSON; docs/control-socket.md describes them for other programs.
//
//     {"id":1,"call":"bind","socket":3,"port":1234}
//     {"id":1,"result":1234}
//     {"id":1,"error":{"type":"BindError","name":"portInUse","values":["1234"],"text":"Port 1234 is …"}}
//     {"notice":"readable","socket":3}

/// What a program tells its requests apart by; the answer has it again.
public enum RequestID: Codable, Equatable, Sendable {
    case number(Int)
    case text(String)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

/// What a program sends.
enum CallRequest {
    private struct Head: Decodable {
        var id: RequestID?
        var call: String
    }

    private struct Line<Call: MeshCall>: Encodable {
        var id: Int
        var call: Call

        private enum CodingKeys: String, CodingKey { case id, call }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            try container.encode(Call.name, forKey: .call)
            try call.encode(to: encoder)
        }
    }

    static func line(_ call: some MeshCall, id: Int) -> String {
        WireJSON.text(Line(id: id, call: call))
    }

    /// Reads what ``line(_:id:)`` writes.
    /// - Throws: `MeshError.invalidCall` with what is wrong.
    static func parse(_ line: String) -> (id: RequestID?, call: Result<any MeshCall, MeshError>) {
        let data = Data(line.utf8)
        guard let head = try? JSONDecoder().decode(Head.self, from: data) else {
            return (nil, .failure(.invalidCall("a call has the form {\"id\": 1, \"call\": \"state\"}")))
        }
        guard let type = MeshCalls.byName[head.call] else {
            return (head.id, .failure(.invalidCall("there is no call \(head.call)")))
        }
        do {
            return (head.id, .success(try JSONDecoder().decode(type, from: data)))
        } catch {
            return (head.id, .failure(.invalidCall(WireJSON.sentence(error))))
        }
    }
}

/// What a program gets.
enum CallAnswer {
    private struct Success<Value: Codable>: Codable {
        var id: RequestID?
        var result: Value
    }

    private struct Failure: Codable {
        var id: RequestID?
        var error: CodedError
    }

    static func line(_ value: some Codable, id: RequestID?) -> String {
        WireJSON.text(Success(id: id, result: value))
    }

    static func line(_ error: any Error, id: RequestID?) -> String {
        WireJSON.text(Failure(id: id, error: CodedError(error)))
    }

    /// The value of an answer.
    /// - Throws: the error that it carries instead; `DecodingError` when it is none.
    static func value<Value: Codable>(_ type: Value.Type, of line: String) throws -> Value {
        let data = Data(line.utf8)
        if let failure = try? JSONDecoder().decode(Failure.self, from: data) { throw failure.error.error }
        return try JSONDecoder().decode(Success<Value>.self, from: data).result
    }
}

enum WireJSON {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSON has no number for infinity, which no measured value is; a text keeps the rest of the answer.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("texts, numbers and lists of them can always be written as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// What a decoder found wrong, without its type names.
    static func sentence(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "it" : path
        }
        return switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context): "\(path(context)) has the wrong type"
        case DecodingError.valueNotFound(_, let context): "\(path(context)) is null"
        // The request could be read as JSON before: what Foundation calls invalid is a number that does not fit.
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
            "a number is out of its range"
        case DecodingError.dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
        default: "\(error)"
        }
    }
}
