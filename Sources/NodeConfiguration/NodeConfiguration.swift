/// What a daemon is told by its file: where to keep state, where to listen, which radio to use, which network to join.
///
/// `config/heddled.yaml` shows every key with its unit, range and default.
public struct NodeConfiguration: Equatable, Sendable {
    /// The file it was read from, as given.
    public var file: String
    /// The SQLite file with all that must survive a restart; absolute.
    public var state: String
    /// The control socket's path; absolute.
    public var control: String
    public var log: LogSettings
    public var radio: RadioSettings
    public var network: NetworkSettings
    public var tun: TUNSettings
    /// How many UDP sockets each program that uses the node over the control socket may have open at once.
    /// - Range: 1 to 64
    /// - Default: 3, as Pymesh
    public var sockets: Int
    /// What should be mended but keeps nothing from working, each a sentence with the command to run.
    public var warnings: [String]

    /// Reads the daemon's file.
    /// - Throws: everything that is wrong with the file.
    public init(file: String) throws(ConfigurationErrors) {
        let reader = try YAMLReader(file: file)
        self = try reader.finish(Self(reader.root, file: file))
        warnings = FilePermissions.warnings(
            configuration: file, holdsKey: network.dataset != nil, state: state)
    }

    /// Reads the daemon's settings from a text.
    /// - Parameter file: the name that errors carry, and whose folder relative paths start from.
    /// - Throws: everything that is wrong with the text.
    public init(text: String, file: String) throws(ConfigurationErrors) {
        let reader = try YAMLReader(text: text, file: file)
        self = try reader.finish(Self(reader.root, file: file))
    }

    /// Nil only if an error was recorded.
    private init?(_ root: YAMLMapping, file: String) {
        let state = root.required("state", expected: "the path of the state file")?.path()
        let control = root.required("control", expected: "the path of the control socket")?.path()
        let log = LogSettings(root.optional("log")?.mapping())
        let radio = (root.required("radio", expected: "a mapping with the radio's settings")?.mapping())
            .flatMap(RadioSettings.init)
        let network = NetworkSettings(root.optional("network")?.mapping())
        let tun = TUNSettings(root.optional("tun")?.mapping())
        let sockets = root.optional("sockets")?.integer(in: 1...64) ?? 3
        guard let state, let control, let radio else { return nil }
        self.file = file
        self.state = state
        self.control = control
        self.log = log
        self.radio = radio
        self.network = network
        self.tun = tun
        self.sockets = sockets
        warnings = []
    }
}

/// How much the daemon writes to its log.
public struct LogSettings: Equatable, Sendable {
    /// From the most talkative to the most taciturn.
    public enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// What is logged where no module says otherwise.
    /// - Default: info
    public var level: Level
    /// Levels of single modules, by their names.
    public var modules: [String: Level]

    init(_ mapping: YAMLMapping?) {
        level = mapping?.optional("level")?.choice() ?? .info
        modules = [:]
        for (name, value) in mapping?.optional("modules")?.mapping()?.entries() ?? [] {
            modules[name] = value.choice()
        }
    }
}

/// The border router's interface on the host.
public struct TUNSettings: Equatable, Sendable {
    /// - Default: false
    public var enabled: Bool
    /// The interface's name.
    /// - Range: 1 to 15 bytes without spaces, slashes, colons and percent signs
    /// - Default: wpan0
    public var name: String

    init(_ mapping: YAMLMapping?) {
        enabled = mapping?.optional("enabled")?.boolean() ?? false
        name =
            mapping?.optional("name")?.parsed(
                expected: "an interface name of 1 to 15 bytes without spaces, slashes, colons and percent signs"
            ) { text in
                let bytes = Array(text.utf8)
                let allowed = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/:%".utf8.contains($0) }
                return (1...15).contains(bytes.count) && allowed && text != "." && text != ".." ? text : nil
            } ?? "wpan0"
    }
}
