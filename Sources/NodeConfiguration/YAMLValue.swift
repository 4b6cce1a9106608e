import Foundation
import Yams

/// A value in a YAML file. Each conversion returns nil and records an error when something else stands there.
public struct YAMLValue {
    /// Where the value stands, such as `radio.lora.power` or `nodes[2]`.
    public let keyPath: String
    private let node: Node
    private let reader: YAMLReader

    init(node: Node, keyPath: String, reader: YAMLReader) {
        self.node = node
        self.keyPath = keyPath
        self.reader = reader
    }

    /// The line where the value begins, counted from 1.
    public var line: Int? { node.mark?.line }

    /// Whether nothing is written behind the key, or `~` or `null`.
    var isEmpty: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    /// Whether `false` stands there, for settings that are a mapping or nothing.
    var isFalse: Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return scalar.string == "false"
    }

    public func mapping() -> YAMLMapping? {
        guard case .mapping(let mapping) = node else { return refuse(expected: "a mapping") }
        return YAMLMapping(mapping, keyPath: keyPath, reader: reader)
    }

    public func sequence() -> [YAMLValue]? {
        guard case .sequence(let sequence) = node else { return refuse(expected: "a list") }
        return sequence.enumerated().map { index, node in
            YAMLValue(node: node, keyPath: "\(keyPath)[\(index)]", reader: reader)
        }
    }

    /// Any single value as it is written.
    /// - Parameter bytes: how many bytes of UTF-8 the text may have.
    public func string(bytes: ClosedRange<Int> = 1...4096) -> String? {
        parsed(expected: "a text of \(bytes.lowerBound) to \(bytes.upperBound) bytes") { text in
            bytes.contains(text.utf8.count) ? text : nil
        }
    }

    /// A whole number, decimal or hexadecimal after `0x`, not in quotation marks.
    /// - Parameter unit: for the error, such as `Hz`.
    public func integer(in range: ClosedRange<Int>, unit: String? = nil) -> Int? {
        let name = unit.map { " \($0)" } ?? ""
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)\(name)"
        guard let text = plainText else { return refuse(expected: expected) }
        guard let value = Self.integer(text), range.contains(value) else { return refuse(expected: expected) }
        return value
    }

    /// A number with or without a decimal part, not in quotation marks.
    /// - Parameter unit: for the error, such as `km`.
    public func number(in range: ClosedRange<Double>, unit: String? = nil) -> Double? {
        let name = unit.map { " \($0)" } ?? ""
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)\(name)"
        guard let text = plainText else { return refuse(expected: expected) }
        // `Double` also reads `nan`, `inf` and hexadecimal fractions; the range excludes only some of them.
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text),
            range.contains(value)
        else { return refuse(expected: expected) }
        return value
    }

    /// `true` or `false`.
    public func boolean() -> Bool? {
        switch plainText {
        case "true": true
        case "false": false
        default: refuse(expected: "true or false")
        }
    }

    /// One of a set of names.
    public func choice<Value>(of type: Value.Type = Value.self) -> Value?
    where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue)
        let expected = names.count == 1 ? names[0] : "one of " + names.joined(separator: ", ")
        guard let text = node.scalar?.string else { return refuse(expected: expected) }
        return Value(rawValue: text) ?? refuse(expected: expected, hint: nearestName(to: text, among: names))
    }

    /// A path; a relative one starts from the folder of the file.
    /// - Returns: the absolute path, without `.` and `..`.
    public func path() -> String? {
        guard let text = string() else { return nil }
        let base = URL(fileURLWithPath: reader.folder, isDirectory: true)
        return URL(fileURLWithPath: text, relativeTo: base).standardizedFileURL.path
    }

    /// Any single value that a closure can read.
    /// - Parameters:
    ///   - expected: what may stand there, for the error.
    ///   - secret: whether the value must not appear in the error.
    ///   - parse: returns nil for a text that is no such value.
    public func parsed<Value>(expected: String, secret: Bool = false, _ parse: (String) -> Value?) -> Value? {
        guard let text = node.scalar?.string else { return refuse(expected: expected) }
        if let value = parse(text) { return value }
        return refuse(found: secret ? "a text of \(text.utf8.count) bytes" : nil, expected: expected)
    }

    /// Records that the value, though of the right type, cannot be used.
    /// - Returns: nil, so that it can end a conversion.
    public func refuse<Value>(found: String? = nil, expected: String, hint: String? = nil) -> Value? {
        reader.record(
            ConfigurationError(
                file: reader.file, keyPath: keyPath, line: line, found: found ?? description, expected: expected,
                hint: hint))
        return nil
    }

    /// The text of a value without quotation marks.
    private var plainText: String? {
        guard let scalar = node.scalar, scalar.style == .plain else { return nil }
        return scalar.string
    }

    private var description: String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .alias: return "an alias"
        case .scalar(let scalar):
            if isEmpty { return "nothing" }
            let line = String(String.UnicodeScalarView(scalar.string.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
            let shown = line.count > 60 ? line.prefix(60) + "…" : line[...]
            return scalar.style == .plain ? "`\(shown)`" : "the text \"\(shown)\""
        }
    }

    private static func integer(_ text: String) -> Int? {
        guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return Int(text) }
        let digits = text.dropFirst(2)
        return digits.allSatisfy(\.isHexDigit) ? Int(digits, radix: 16) : nil
    }
}
