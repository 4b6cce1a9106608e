import Yams

/// A mapping in a YAML file. It remembers which keys were asked for: all others are unknown and reported.
public final class YAMLMapping {
    /// Where the mapping stands, such as `radio.lora`; empty for the file's root.
    public let keyPath: String
    /// The line of the mapping's first key, counted from 1.
    public let line: Int?
    private let reader: YAMLReader
    private let members: [(key: String, line: Int?, value: YAMLValue)]
    private var asked: [String] = []

    init(_ node: Node.Mapping, keyPath: String, reader: YAMLReader) {
        self.keyPath = keyPath
        self.reader = reader
        line = node.mark?.line
        var members: [(key: String, line: Int?, value: YAMLValue)] = []
        for (key, value) in node {
            guard let name = key.scalar?.string else {
                reader.record(
                    ConfigurationError(
                        file: reader.file, keyPath: keyPath, line: key.mark?.line, found: "a key that is not text",
                        expected: "a name"))
                continue
            }
            let path = keyPath.isEmpty ? name : "\(keyPath).\(name)"
            members.append((name, key.mark?.line, YAMLValue(node: value, keyPath: path, reader: reader)))
        }
        self.members = members
        reader.opened(self)
    }

    /// The value of a key, or nil when the file does not have it or has nothing behind it.
    public func optional(_ key: String) -> YAMLValue? {
        if !asked.contains(key) { asked.append(key) }
        guard let member = members.first(where: { $0.key == key }), !member.value.isEmpty else { return nil }
        return member.value
    }

    /// The value of a key; its absence is recorded as an error.
    /// - Parameter expected: what may stand there, for the error.
    public func required(_ key: String, expected: String = "a value, which is required") -> YAMLValue? {
        if let value = optional(key) { return value }
        reader.record(
            ConfigurationError(
                file: reader.file, keyPath: keyPath.isEmpty ? key : "\(keyPath).\(key)",
                line: members.first { $0.key == key }?.line ?? line, found: "nothing", expected: expected))
        return nil
    }

    /// All keys with their values in the file's order, for mappings whose keys are free names.
    public func entries() -> [(key: String, value: YAMLValue)] {
        asked += members.map(\.key)
        return members.map { ($0.key, $0.value) }
    }

    func recordUnknownKeys() {
        for member in members where !asked.contains(member.key) {
            reader.record(
                ConfigurationError(
                    file: reader.file, keyPath: member.value.keyPath, line: member.line, found: "an unknown key",
                    expected: "one of " + asked.joined(separator: ", "),
                    hint: nearestName(to: member.key, among: asked)))
        }
    }
}
