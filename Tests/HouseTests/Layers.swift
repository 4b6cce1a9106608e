/// The layers of the house, from the ground up. A target imports only from lower layers.
enum Layer: Int, Comparable, CaseIterable {
    case system
    case pure
    case engine
    case runtime
    case api
    case service
    case executable

    static func < (left: Layer, right: Layer) -> Bool { left.rawValue < right.rawValue }
}

/// Where every target stands, and which of its own layer it may import.
enum Layers {
    /// The layer of each folder in Sources.
    static let ofTarget: [String: Layer] = [
        "CSodium": .system, "CMbedTLS": .system, "CLinux": .system,
        "CAllocationCount": .system,

        "WireCore": .pure, "EngineCore": .pure, "PcapWire": .pure, "ThreadWire": .pure, "LinkSecurity": .pure,
        "MeshCoreWire": .pure,
        "LoRaPHY": .pure, "LoRaChannel": .pure, "LinkProfiles": .pure,

        "MACEngine": .engine, "LowPANEngine": .engine, "IPEngine": .engine, "ThreadEngine": .engine,
        "IngressFilter": .engine, "NodeEngine": .engine, "MeshCoreEngine": .engine,

        "CryptoProviders": .runtime, "LinuxDevices": .runtime, "RadioDrivers": .runtime, "NodeStore": .runtime,
        "NodeRuntime": .runtime,

        "ThreadCLI": .api, "NodeService": .api, "Heddle": .api,

        "NodeConfiguration": .service, "BorderRouter": .service, "ControlService": .service, "StatusService": .service,
        "RadioSetup": .service, "Simulator": .service, "Scenarios": .service, "EtherService": .service,
        "MeshCoreService": .service, "Dissector": .service,

        "heddled": .executable, "heddle": .executable, "HeddleBench": .executable,
    ]

    /// What a target may import from its own layer. Every pair is a choice, so each is written down.
    static let siblings: [String: Set<String>] = [
        "ThreadWire": ["WireCore"],
        "MeshCoreWire": ["WireCore"],
        "PcapWire": ["WireCore"],
        "LinkSecurity": ["WireCore", "EngineCore", "ThreadWire"],
        "LoRaPHY": ["WireCore", "EngineCore"],
        "LoRaChannel": ["EngineCore", "LoRaPHY"],
        "LinkProfiles": ["EngineCore", "LoRaPHY"],
        // The four engines know nothing of one another; NodeEngine alone passes their values on.
        "NodeEngine": ["MACEngine", "LowPANEngine", "IPEngine", "ThreadEngine"],
        // The wires to a chip are devices of the host.
        "RadioDrivers": ["LinuxDevices"],
        "NodeRuntime": ["CryptoProviders", "LinuxDevices", "RadioDrivers", "NodeStore"],
        "RadioSetup": ["NodeConfiguration"],
        // What a program asks of a node are calls and commands, wherever the node is.
        "NodeService": ["ThreadCLI"],
        "Heddle": ["NodeService", "ThreadCLI"],
        // The ether's topology files are read by the configuration's YAML reader.
        "EtherService": ["NodeConfiguration"],
        // So are scenario files; they run on the virtual network.
        "Scenarios": ["NodeConfiguration", "Simulator"],
    ]

    /// The targets of these layers, sorted.
    static func targets(in layers: Layer...) -> [String] {
        ofTarget.filter { layers.contains($0.value) }.map(\.key).sorted()
    }

    /// Why `target` may not import `module`, or nil when it may.
    static func objection(to module: String, in target: String) -> String? {
        guard let own = ofTarget[target] else {
            return "\(target) has no layer: give it one in Tests/HouseTests/Layers.swift"
        }
        guard let other = ofTarget[module] else { return nil }
        if other < own || siblings[target, default: []].contains(module) { return nil }
        return other == own
            ? "\(target) imports its sibling \(module)"
            : "\(target) (\(own)) imports \(module), which stands above it (\(other))"
    }
}
