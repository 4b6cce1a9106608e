import WireCore

/// JSON that keeps the order of its keys, so that layers read as they stand in the frame.
/// - Source: RFC 8259
enum JSONText {
    case text(String)
    case number(UInt64)
    /// A number written already.
    case raw(String)
    case flag(Bool)
    case array([JSONText])
    case object([(key: String, value: JSONText)])

    init(_ layer: DissectedLayer) {
        var members: [(key: String, value: JSONText)] = [("name", .text(layer.name))]
        for field in layer.fields {
            let key = field.name.isEmpty ? "value" : field.name
            switch field.value {
            case .text(let text): members.append((key, .text(text)))
            case .number(let number): members.append((key, .number(number)))
            case .flag(let flag): members.append((key, .flag(flag)))
            }
        }
        if !layer.elements.isEmpty { members.append(("elements", .array(layer.elements.map(JSONText.init)))) }
        self = .object(members)
    }
}

extension JSONText: CustomStringConvertible {
    var description: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): "\(number)"
        case .raw(let text): text
        case .flag(let flag): flag ? "true" : "false"
        case .array(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.description }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1f}": result += "\\u" + hexadecimal(UInt64(scalar.value), digits: 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
