/// What a daemon is told by its file: where to keep state, where to listen, which radio to use, which network to join.
///
/// `config/heddled.yaml` shows every key with its unit, range and default.
public struct NodeConfiguration: Equatable, Sendable {
    /// The file it was read from, as given.
    public var file: String
    /// The SQLite file with all that must survive a restart; absolute.
    public var state: String
    /// What is done when that file is damaged.
    /// - Default: start-as-new
    public var onDamagedState: DamagePolicy
    /// The control socket's path; absolute.
    public var control: String
    public var log: LogSettings
    public var radio: RadioSettings
    public var network: NetworkSettings
    public var tun: TUNSettings
    public var device: DeviceSettings
    /// Nil when the node joins the mesh to no other network.
    public var borderRouter: BorderRouterSettings?
    /// Nil when the node is no MeshCore node.
    public var meshCore: MeshCoreSettings?
    /// Where metrics are served over HTTP; nil when nowhere.
    public var metrics: NetworkEndpoint?
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
        warnings += FilePermissions.warnings(
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
        let onDamagedState: DamagePolicy? = root.optional("on-damaged-state")?.choice()
        let control = root.required("control", expected: "the path of the control socket")?.path()
        let log = LogSettings(root.optional("log")?.mapping())
        let radio = (root.required("radio", expected: "a mapping with the radio's settings")?.mapping())
            .flatMap(RadioSettings.init)
        let network = NetworkSettings(root.optional("network")?.mapping())
        let tun = TUNSettings(root.optional("tun")?.mapping())
        let device = DeviceSettings(root.optional("device")?.mapping())
        let meshLocal = network.dataset?.meshLocalPrefix
        let borderRouter = root.optional("border-router")?.mapping()
            .map { BorderRouterSettings($0, meshLocal: meshLocal) }
        let meshCore = root.optional("meshcore")?.mapping().map(MeshCoreSettings.init)
        let metrics = root.optional("metrics")?.mapping().flatMap { NetworkEndpoint(metrics: $0) }
        let sockets = root.optional("sockets")?.integer(in: 1...64) ?? 3
        guard let state, let control, let radio else { return nil }
        self.file = file
        self.state = state
        self.onDamagedState = onDamagedState ?? .startAsNew
        self.control = control
        self.log = log
        self.radio = radio
        self.network = network
        self.tun = tun
        self.device = device
        self.borderRouter = borderRouter
        self.meshCore = meshCore?.isEnabled == true ? meshCore : nil
        self.metrics = metrics
        // There is no border router without an interface.
        if borderRouter != nil { self.tun.enabled = true }
        self.sockets = sockets
        warnings = radio.warnings(at: "radio") + (self.meshCore?.warnings ?? [])
    }
}

/// What a daemon does that finds its state damaged.
public enum DamagePolicy: String, CaseIterable, Sendable {
    /// Keeps the file under another name and starts as a node that nobody has met.
    case startAsNew = "start-as-new"
    /// Leaves everything as it is and does not start.
    case refuse
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
    /// - Default: false; a border router always has it
    public var enabled: Bool
    /// The interface's name.
    /// - Range: 1 to 15 bytes without spaces, slashes, colons and percent signs
    /// - Default: wpan0
    public var name: String
    /// The network namespace that the interface is made in; nil for the daemon's own.
    /// - Range: a name that `ip netns` takes
    public var namespace: String?

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
        namespace = mapping?.optional("namespace")?.parsed(
            expected: "the name of a network namespace, as `ip netns` lists it"
        ) { text in
            let allowed = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
            return (1...255).contains(text.utf8.count) && allowed && text != "." && text != ".." ? text : nil
        }
    }
}

extension NetworkEndpoint {
    /// Where metrics are served. Nil only if an error was recorded.
    init?(metrics mapping: YAMLMapping) {
        let port = mapping.required("port", expected: "a TCP port, 1 to 65535")?.integer(in: 1...65535)
        let host = mapping.optional("address")?.string(bytes: 1...255) ?? "127.0.0.1"
        guard let port else { return nil }
        self.init(host: host, port: UInt16(port))
    }
}
