import EngineCore

/// The MeshCore node inside: who it is, where apps find it, and on which links its packets travel.
public struct MeshCoreSettings: Equatable, Sendable {
    /// What kind of MeshCore node it is.
    public enum Role: String, CaseIterable, Sendable {
        /// The node of a person, with apps.
        case companion
        /// Forwards what it hears, and answers those who log in.
        case repeater
    }

    /// - Default: true
    public var isEnabled: Bool
    /// What adverts call the node until an app gives it another name.
    /// - Range: 1 to 31 bytes of UTF-8
    /// - Default: Heddle
    public var name: String
    /// - Default: companion
    public var role: Role
    /// Nil for a repeater.
    public var companion: MeshCoreCompanionSettings?
    /// Whether packets travel inside UDP over the IPv6 mesh.
    /// - Default: true
    public var mesh: Bool
    /// The radio on which MeshCore's own packets travel; nil for none.
    public var air: RadioSettings?
    /// The UDP port on the mesh at which applications reach MeshCore; nil for none.
    /// - Default: none; 61623 where the key has no port
    public var applicationPort: UInt16?
    /// What passes from one link to the other.
    public var bridge: MeshCoreBridgeSettings

    init(_ mapping: YAMLMapping) {
        isEnabled = mapping.optional("enabled")?.boolean() ?? true
        name = mapping.optional("name")?.string(bytes: 1...31) ?? "Heddle"
        role = mapping.optional("role")?.choice() ?? .companion
        let companion = mapping.optional("companion")
        if role == .repeater, let companion {
            _ = companion.refuse(expected: "no such key, for a repeater has no apps") as Int?
        }
        self.companion = role == .companion ? MeshCoreCompanionSettings(companion?.mapping()) : nil
        let links = mapping.optional("links")?.mapping()
        mesh = links?.optional("mesh")?.boolean() ?? true
        air = links?.optional("air").flatMap(Self.air)
        applicationPort = mapping.optional("applications").flatMap { value in
            value.isFalse
                ? nil : value.mapping().map { UInt16($0.optional("port")?.integer(in: 1024...63535) ?? 61623) }
        }
        bridge = MeshCoreBridgeSettings(mapping.optional("bridge")?.mapping())
    }

    /// The radio, or nil for `false`, and if an error was recorded.
    private static func air(_ value: YAMLValue) -> RadioSettings? {
        if value.isFalse { return nil }
        let expected = "a mapping with the radio's settings, as of the key radio above"
        guard let radio = value.mapping()?.required("radio", expected: expected)?.mapping(),
            var settings = RadioSettings(radio)
        else { return nil }
        if case .openThread = settings.device {
            return radio.required("type")?.refuse(expected: "a LoRa radio: ether, sx126x or udp")
        }
        guard radio.optional("lora") == nil else { return settings }
        // What MeshCore's firmware begins with.
        settings.lora.frequency = Hertz(869_618_000)
        settings.lora.bandwidth = Hertz(62_500)
        settings.lora.spreadingFactor = 8
        return settings
    }

    /// What should be mended but keeps nothing from working.
    var warnings: [String] {
        var warnings = air?.warnings(at: "meshcore.links.air.radio") ?? []
        if let listen = companion?.listen, !listen.isLoopback {
            warnings.append(
                "meshcore.companion.listen is \(listen): the companion protocol asks nobody who he is, so that "
                    + "everybody who reaches this port reads and writes as this node; use 127.0.0.1, or a firewall")
        }
        return warnings
    }
}

/// Where MeshCore's apps find the node.
public struct MeshCoreCompanionSettings: Equatable, Sendable {
    /// How several apps share the node.
    public enum Clients: String, CaseIterable, Sendable {
        /// Each has its own place in the messages.
        case shared
        /// A new one closes the connection of the one before, as the firmware does.
        case newestWins = "newest-wins"
    }

    /// - Default: 127.0.0.1:5000; nil for `false`
    public var listen: NetworkEndpoint?
    /// - Default: shared
    public var clients: Clients
    /// How many apps may be connected at once.
    /// - Range: 1 to 256
    /// - Default: 16
    public var clientLimit: Int

    init(_ mapping: YAMLMapping?) {
        let address = mapping?.optional("listen")
        let expected = "host:port, such as 127.0.0.1:5000 or [::1]:5000, or false"
        listen = NetworkEndpoint(host: "127.0.0.1", port: 5000)
        if let address {
            listen = address.isFalse ? nil : address.parsed(expected: expected) { NetworkEndpoint($0) }
        }
        clients = mapping?.optional("clients")?.choice() ?? .shared
        clientLimit = mapping?.optional("client-limit")?.integer(in: 1...256) ?? 16
    }
}

/// What passes from one link of a MeshCore node to others.
public struct MeshCoreBridgeSettings: Equatable, Sendable {
    /// The payload types that a file can name, with their numbers in packets.
    public enum PayloadType: String, CaseIterable, Sendable {
        case request, response, text, acknowledgement, advert
        case groupText = "group-text"
        case groupData = "group-data"
        case anonymousRequest = "anonymous-request"
        case path, trace, multipart, control
        case raw

        /// - Range: 0 to 15
        public var code: UInt8 {
            switch self {
            case .request: 0
            case .response: 1
            case .text: 2
            case .acknowledgement: 3
            case .advert: 4
            case .groupText: 5
            case .groupData: 6
            case .anonymousRequest: 7
            case .path: 8
            case .trace: 9
            case .multipart: 10
            case .control: 11
            case .raw: 15
            }
        }
    }

    /// A channel, by what its key is made from.
    public enum Channel: Equatable, Sendable {
        /// The channel that every node has.
        case everybody
        /// A channel whose name, with its `#`, is its key.
        case hashtag(String)
        /// - Range: 16 bytes
        case key([UInt8])
    }

    /// What passes on one link.
    public struct Rules: Equatable, Sendable {
        /// Whether what is heard on other links goes out on this one.
        /// - Default: true
        public var passesIn: Bool
        /// Whether what is heard on this link goes out on others.
        /// - Default: true
        public var passesOut: Bool
        /// Nil for all.
        public var types: [PayloadType]?
        /// The channels whose messages pass; nil for all.
        public var channels: [Channel]?
        /// How many packets go out on this link within a minute; nil for any number.
        /// - Range: 1 to 6000
        public var packetsPerMinute: Int?

        init(_ mapping: YAMLMapping?) {
            passesIn = mapping?.optional("in")?.boolean() ?? true
            passesOut = mapping?.optional("out")?.boolean() ?? true
            types = mapping?.optional("types")?.sequence()?.compactMap { $0.choice() }
            channels = mapping?.optional("channels")?.sequence()?.compactMap { value in
                value.parsed(expected: "public, a name with its #, or a key of 32 hexadecimal digits", Channel.init)
            }
            packetsPerMinute = mapping?.optional("packets-per-minute")?.integer(in: 1...6000)
        }
    }

    /// Whether anything passes.
    /// - Default: true
    public var isEnabled: Bool
    public var mesh: Rules
    public var air: Rules

    init(_ mapping: YAMLMapping?) {
        isEnabled = mapping?.optional("enabled")?.boolean() ?? true
        mesh = Rules(mapping?.optional("mesh")?.mapping())
        air = Rules(mapping?.optional("air")?.mapping())
    }
}

extension MeshCoreBridgeSettings.Channel {
    init?(_ text: String) {
        if text == "public" {
            self = .everybody
        } else if text.hasPrefix("#"), (2...32).contains(text.utf8.count) {
            self = .hashtag(text)
        } else {
            let digits = Array(text.utf8)
            guard digits.count == 32 else { return nil }
            let bytes = stride(from: 0, to: 32, by: 2).compactMap { index -> UInt8? in
                UInt8(String(decoding: digits[index..<index + 2], as: Unicode.UTF8.self), radix: 16)
            }
            guard bytes.count == 16, digits.allSatisfy({ $0 != 0x2b && $0 != 0x2d }) else { return nil }
            self = .key(bytes)
        }
    }
}
