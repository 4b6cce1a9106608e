import Foundation

/// Three daemons in a line, A – B – C, on an ether that writes what it carries to a capture.
final class MeshOfDaemons {
    static let nodes = ["a", "b", "c"]
    /// The published key of the configurations in config/demo.
    static let networkKey = "0134C0DE1AB51234C0DE1AB5CA1A110F"

    let workshop: Workshop
    private(set) var ether: RunningProgram
    private(set) var daemons: [String: RunningProgram] = [:]
    /// One capture for each start of the ether.
    private(set) var captures: [String] = []
    private let port: String
    private let modulation: String

    /// - Parameter modulation: how the radios modulate, where not as in the demonstration.
    init(_ workshop: Workshop, modulation: String = "") async throws {
        self.workshop = workshop
        self.modulation = modulation
        let capture = workshop.path("0.pcap")
        let ether = try Self.startEther(workshop, port: "0", capture: capture)
        _ = try await eventually(within: .seconds(10)) { ether.output.contains("listening on ") }
        let line = ether.output.split(separator: "\n").first { $0.hasPrefix("listening on ") }
        guard let port = line?.split(separator: ":").last else { throw DaemonFailure(output: ether.output) }
        self.ether = ether
        self.port = String(port)
        captures = [capture]
        for node in Self.nodes { try await start(node) }
    }

    private static func startEther(_ workshop: Workshop, port: String, capture: String) throws -> RunningProgram {
        try workshop.start(
            "heddle",
            [
                "ether", "--topology", Repository.path("config/topology/line.yaml"), "--listen", "127.0.0.1:\(port)",
                "--capture", capture,
            ])
    }

    /// Starts the ether again on its port, with a new capture.
    func restartEther() async throws {
        let capture = workshop.path("\(captures.count).pcap")
        ether = try Self.startEther(workshop, port: port, capture: capture)
        captures.append(capture)
    }

    /// Starts a daemon, with the shipped configuration but for this run's paths and port.
    func start(_ node: String) async throws {
        let shipped = try String(contentsOfFile: Repository.path("config/demo/\(node).yaml"), encoding: .utf8)
        let text = shipped.replacing("./var/", with: "./").replacing("./run/", with: "./")
            .replacing("127.0.0.1:7000", with: "127.0.0.1:\(port)")
            .replacing("node: \(node.uppercased()) }", with: "node: \(node.uppercased()), lora: { \(modulation) } }")
        daemons[node] = try await workshop.startDaemon(workshop.write(text, to: "\(node).yaml"))
    }

    /// Starts a daemon as it was, without waiting for it.
    func restart(_ node: String) async throws {
        daemons[node] = try workshop.start("heddled", ["--config", workshop.path("\(node).yaml")])
    }

    /// Runs one command on a node.
    func cli(_ node: String, _ words: String...) async throws -> (status: Int32?, output: String) {
        try await workshop.finish("heddle", ["cli", "--control", workshop.path("\(node).sock")] + words)
    }

    /// The one line that a node answers to a command before `Done`.
    func answer(_ node: String, _ words: String...) async throws -> String {
        let (_, output) = try await workshop.finish(
            "heddle", ["cli", "--control", workshop.path("\(node).sock")] + words)
        return output.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// Each node's role and the partitions they are in, once: `leader router router in 1 partition`.
    func state() async throws -> String {
        var roles: [String] = []
        var partitions: Set<String> = []
        for node in Self.nodes {
            roles.append(try await answer(node, "state"))
            partitions.insert(try await answer(node, "leaderdata"))
        }
        return roles.sorted().joined(separator: " ") + " in \(partitions.count) partition"
    }

    /// Whether all are one network with routes.
    func isFormed() async throws -> Bool { try await state() == "leader router router in 1 partition" }

    /// Whether all are attached, and to one another.
    func isOnePartition() async throws -> Bool {
        let state = try await state()
        return !state.contains("detached") && !state.contains("disabled") && state.hasSuffix(" in 1 partition")
    }

    /// Whether A reaches C by way of B.
    func isConnected() async throws -> Bool {
        try await cli("a", "ping", answer("c", "ipaddr", "mleid")).output.contains(" 1 packets received")
    }

    /// All captures as one: who sends under a short address may have told its extended one before the ether died.
    func joinedCapture() throws -> String {
        var joined = Data()
        for capture in captures {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: capture))
            // Behind the first file's header, of 24 bytes, only records follow.
            joined += joined.isEmpty ? bytes : bytes.dropFirst(24)
        }
        try joined.write(to: URL(fileURLWithPath: workshop.path("joined.pcap")))
        return workshop.path("joined.pcap")
    }
}
