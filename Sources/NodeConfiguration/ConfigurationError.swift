/// One thing in a configuration file that keeps it from being used.
public struct ConfigurationError: Error, Equatable, Sendable {
    /// The file, as its path was given.
    public let file: String
    /// Where in the file, such as `radio.lora.power` or `nodes[2].name`; empty for the file as a whole.
    public let keyPath: String
    /// The line, counted from 1, where it is known.
    public let line: Int?
    /// What stands there.
    public let found: String
    /// What may stand there, with unit and range.
    public let expected: String
    /// What was probably meant, such as a key of nearly the same spelling.
    public let hint: String?

    public init(
        file: String, keyPath: String, line: Int? = nil, found: String, expected: String, hint: String? = nil
    ) {
        self.file = file
        self.keyPath = keyPath
        self.line = line
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// One line, as compilers print them: `file:line: key: found …, expected …`.
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if !keyPath.isEmpty { text += ": \(keyPath)" }
        text += ": found \(found), expected \(expected)"
        if let hint { text += " (did you mean `\(hint)`?)" }
        return text
    }
}

/// All that is wrong with a configuration file, so that it can be mended at one go.
public struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// In the order of their lines; never empty.
    public let errors: [ConfigurationError]

    public init(_ errors: [ConfigurationError]) {
        precondition(!errors.isEmpty, "no error to report")
        self.errors = errors.enumerated().sorted { left, right in
            (left.element.line ?? 0, left.offset) < (right.element.line ?? 0, right.offset)
        }.map(\.element)
    }

    /// One line an error.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
