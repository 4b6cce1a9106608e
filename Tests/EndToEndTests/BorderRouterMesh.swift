import Foundation
import Testing

/// Two border routers and a node between them, in a line on OpenThread's virtual air, with networks of the kernel's
/// behind them:
///
///     inside ── left ~~~~ node ~~~~ right ── outside
///                 └──────────────────────────┘
///
/// `left`, `right` and the two hosts are network namespaces; the wavy lines are the mesh. `outside` has an address,
/// 2001:db8:99::1, that both border routers lead to.
final class BorderRouterMesh {
    static let meshPrefix = "fd12:3456:789a:1:"
    static let internet = "2001:db8:99::1"
    private static let names = ["left", "node", "right"]

    let workshop: Workshop
    let networks: Namespaces
    private(set) var daemons: [String: RunningProgram] = [:]
    /// Each node's address in the published prefix.
    private(set) var addresses: [String: String] = [:]

    init(_ workshop: Workshop, _ networks: Namespaces) async throws {
        self.workshop = workshop
        self.networks = networks
        try cable()
        let portBase = try FreePorts.base(count: 4)
        for (index, name) in Self.names.enumerated() { try await start(name, number: index + 1, portBase) }
        for name in Self.names { addresses[name] = try await address(of: name) }
    }

    private func cable() throws {
        for name in ["inside", "left", "right", "outside"] { try networks.make(name) }
        try networks.connect("inside", "fd01::2/64", "left", "fd01::1/64")
        try networks.connect("outside", "fd02::2/64", "right", "fd02::1/64")
        try networks.connect("outside", "fd03::2/64", "left", "fd03::1/64")
        try networks.run("inside", "ip route add default via fd01::1")
        try networks.run("outside", "ip address add \(Self.internet)/128 dev lo nodad")
        // Answers return by the way that requests came: the world outside has a routing of its own.
        try networks.run("outside", "ip route add \(Self.meshPrefix):/64 via fd02::1 metric 10")
        try networks.run("outside", "ip route add \(Self.meshPrefix):/64 via fd03::1 metric 20")
        try networks.run("outside", "ip route add fd01::/64 via fd02::1")
        try networks.run("left", "ip route add 2001:db8:99::/48 via fd03::2")
        try networks.run("right", "ip route add 2001:db8:99::/48 via fd02::2")
    }

    // MARK: Daemons

    /// Starts a daemon on the configuration of the example, but for this run's paths, port and namespaces.
    private func start(_ name: String, number: Int, _ portBase: UInt16) async throws {
        let example = name == "node" ? "node" : "border-router"
        let shipped = try String(
            contentsOfFile: Repository.path("Examples/border-router/\(example).yaml"), encoding: .utf8)
        let preference = name == "right" ? "high" : "medium"
        let route = name == "left" ? "fd01::/64" : "fd02::/64"
        let text = shipped.replacing("./var-\(example)/", with: "./\(name)-")
            .replacing("node-id: \(name == "node" ? 2 : 1),", with: "node-id: \(number),")
            .replacing("port-base: 9000", with: "port-base: \(portBase)")
            .replacing("autostart: true", with: "autostart: false, extended-address: \"020000000000000\(number)\"")
            .replacing("name: wpan0", with: "name: mesh0, namespace: \(networks.full(name))")
            .replacing(
                "1::/64\" }]", with: "1::/64\", preference: \(preference) }]\n  routes: [{ prefix: \"\(route)\" }]")
        let logged = text + "\nlog: { modules: { BorderRouter: debug } }\n"
        daemons[name] = try await workshop.startDaemon(workshop.write(logged, to: "\(name).yaml"))
        // The ends do not hear each other.
        if name != "node" {
            try await succeeds(name, "macfilter", "addr", "denylist")
            try await succeeds(name, "macfilter", "addr", "add", "020000000000000\(4 - number)")
        }
        try await succeeds(name, "ifconfig", "up")
        try await succeeds(name, "thread", "start")
        // Each becomes a router as soon as it may, which would else take up to two minutes.
        let isRouting = try await eventually(within: .seconds(20)) {
            let state = try await self.answer(name, "state")
            if state == "child" { _ = try await self.cli(name, "state", "router") }
            return state == "router" || state == "leader"
        }
        try #require(isRouting, "\(name): \(daemons[name]?.output ?? "")")
    }

    private func address(of name: String) async throws -> String {
        var found: String?
        let isThere = try await eventually(within: .seconds(20)) {
            let (_, output) = try await self.cli(name, "ipaddr")
            found = output.split(separator: "\n").map(String.init).first { $0.hasPrefix(Self.meshPrefix) }
            return found != nil
        }
        try #require(isThere, "\(name) has no address: \(daemons[name]?.output ?? "")")
        return found ?? ""
    }

    /// Ends a border router as a crash would.
    func kill(_ name: String) async throws {
        let daemon = try #require(daemons[name])
        daemon.kill()
        _ = try await daemon.status(within: .seconds(2))
    }

    // MARK: Commands

    func cli(_ name: String, _ words: String...) async throws -> (status: Int32?, output: String) {
        try await workshop.finish("heddle", ["cli", "--control", workshop.path("\(name)-control.sock")] + words)
    }

    private func succeeds(_ name: String, _ words: String...) async throws {
        let (status, output) = try await workshop.finish(
            "heddle", ["cli", "--control", workshop.path("\(name)-control.sock")] + words)
        try #require(status == 0, "\(name): \(words): \(output)")
    }

    /// The first line that a node answers to a command.
    func answer(_ name: String, _ words: String...) async throws -> String {
        let (_, output) = try await workshop.finish(
            "heddle", ["cli", "--control", workshop.path("\(name)-control.sock")] + words)
        return output.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// Whether the node between the border routers reaches an address.
    func nodeReaches(_ address: String) async throws -> Bool {
        try await cli("node", "ping", address, "8", "1", "1", "64", "1").output.contains(" 1 packets received")
    }
}
