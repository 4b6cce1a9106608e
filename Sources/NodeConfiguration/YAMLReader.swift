import Foundation
import Yams

/// Reads one YAML file and collects everything that is wrong with it.
///
///     let reader = try YAMLReader(file: "topology.yaml")
///     let root = reader.root
///     let seed = root.optional("seed")?.integer(in: 0...1_000_000) ?? 1
///     let nodes = root.required("nodes")?.sequence()?.compactMap { node in Node(node.mapping()) }
///     return try reader.finish(Topology(seed: seed, nodes: nodes))
///
/// A conversion that fails records a ``ConfigurationError`` and returns nil; reading goes on, so that one
/// run reports all problems. ``finish(_:)`` adds the keys nobody asked for and throws if anything was recorded.
public final class YAMLReader {
    /// The file's path as given.
    public let file: String
    /// The folder that relative paths in the file start from, absolute.
    public let folder: String
    /// What was found wrong so far.
    public private(set) var errors: [ConfigurationError] = []
    private var mappings: [YAMLMapping] = []
    private var rootMapping: YAMLMapping?

    /// The largest file that is read, in bytes: no configuration comes near, and a wrong path (a disk, a log) does.
    public static let maximumSize = 4 * 1024 * 1024

    /// Reads and parses a file.
    /// - Throws: the error of a file that cannot be read, is larger than ``maximumSize``, is not UTF-8 or not YAML,
    ///   has a mapping with the same key twice, or is not a mapping.
    public convenience init(file: String) throws(ConfigurationErrors) {
        func refused(_ found: String, _ expected: String) -> ConfigurationErrors {
            ConfigurationErrors([ConfigurationError(file: file, keyPath: "", found: found, expected: expected)])
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            data = try handle.read(upToCount: Self.maximumSize + 1) ?? Data()
        } catch {
            throw refused("an unreadable file (\(Self.cause(of: error)))", "a YAML file that this user may read")
        }
        guard data.count <= Self.maximumSize else {
            throw refused("more than \(Self.maximumSize) bytes", "a YAML file")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw refused("bytes that are not UTF-8", "a YAML file in UTF-8")
        }
        try self.init(text: text, file: file)
    }

    /// Parses a text.
    /// - Parameter file: the name that errors carry, and whose folder relative paths start from.
    /// - Throws: the error of a text that is not YAML, has a mapping with the same key twice, or is not a mapping.
    public init(text: String, file: String) throws(ConfigurationErrors) {
        self.file = file
        folder = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent().path
        let root: Node?
        do {
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch {
            throw ConfigurationErrors([Self.error(from: error, file: file)])
        }
        guard let root else {
            throw ConfigurationErrors([
                ConfigurationError(file: file, keyPath: "", found: "an empty file", expected: "a mapping")
            ])
        }
        rootMapping = YAMLValue(node: root, keyPath: "", reader: self).mapping()
        guard rootMapping != nil else { throw ConfigurationErrors(errors) }
    }

    /// The mapping that the file consists of.
    public var root: YAMLMapping {
        guard let rootMapping else { preconditionFailure("the initializer has thrown") }
        return rootMapping
    }

    /// The value read, when nothing was wrong.
    /// - Parameter value: nil only if an error was recorded.
    /// - Throws: all recorded errors and one for each key that no one asked for.
    public func finish<Value>(_ value: Value?) throws(ConfigurationErrors) -> Value {
        for mapping in mappings { mapping.recordUnknownKeys() }
        mappings = []
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        guard let value else { preconditionFailure("no value, but no error recorded either") }
        return value
    }

    func record(_ error: ConfigurationError) {
        errors.append(error)
    }

    func opened(_ mapping: YAMLMapping) {
        mappings.append(mapping)
    }

    private static func cause(of error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        return underlying.domain == NSPOSIXErrorDomain
            ? String(cString: strerror(Int32(underlying.code))) : error.localizedDescription
    }

    private static func error(from error: any Error, file: String) -> ConfigurationError {
        func syntax(_ line: Int?, _ problem: String) -> ConfigurationError {
            ConfigurationError(file: file, keyPath: "", line: line, found: problem, expected: "valid YAML")
        }
        guard let error = error as? YamlError else { return syntax(nil, "\(error)") }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            return syntax(mark.line, problem)
        case .composer(_, let problem, let mark, _):
            return problem.contains("another document")
                ? ConfigurationError(
                    file: file, keyPath: "", line: mark.line, found: "a second document", expected: "a single one")
                : syntax(mark.line, problem)
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem):
            return syntax(nil, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            return ConfigurationError(
                file: file, keyPath: keys.joined(separator: ", "), line: context.mark.line,
                found: "the key more than once in one mapping", expected: "each key once")
        case .no, .memory, .dataCouldNotBeDecoded:
            return syntax(nil, "\(error)")
        }
    }
}
