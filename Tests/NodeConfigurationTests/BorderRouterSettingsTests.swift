import Foundation
import NodeConfiguration
import TestSupport
import Testing
import ThreadWire

@Suite struct BorderRouterSettingsTests {
    private static let minimal = """
        state: a
        control: b
        radio: { type: ether, address: "127.0.0.1:7000", node: A }
        network: { key: "00112233445566778899aabbccddeeff", mesh-local-prefix: "fd00:1:2:3::/64" }

        """

    private func settings(_ text: String) throws -> NodeConfiguration {
        try NodeConfiguration(text: Self.minimal + text, file: "a.yaml")
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try settings(text)
            return []
        } catch {
            return ((error as? ConfigurationErrors)?.errors ?? []).map(\.description)
        }
    }

    @Test("Every key is read into its typed value, and a border router always has its interface")
    func everyKey() throws {
        let configuration = try settings(
            """
            tun: { name: mesh0, namespace: lab }
            border-router:
              prefixes:
                - { prefix: "fd12:3456:789a:1::/64", preference: high, default-route: false, slaac: false }
                - prefix: "2001:db8:0:1::/64"
              routes: [{ prefix: "fd12:3456:789a::/48", preference: low }, { prefix: "::/0" }]
              accept-routes: false
              forwarding: false
              filter: { echo: false, udp: [5683, 6000-6010], tcp: [22], flows: 16 }
            """)
        #expect(configuration.tun.enabled && configuration.tun.namespace == "lab")
        let border = try #require(configuration.borderRouter)
        try #require(border.prefixes.count == 2 && border.routes.count == 2)
        #expect(border.prefixes[0].prefix == IPv6Prefix("fd12:3456:789a:1::/64"))
        #expect(border.prefixes[0].preference == .high)
        #expect(!border.prefixes[0].isDefaultRoute && !border.prefixes[0].isAutoconfigured)
        #expect(border.prefixes[1].prefix == IPv6Prefix("2001:db8:0:1::/64"))
        #expect(border.prefixes[1].preference == .medium)
        #expect(border.prefixes[1].isDefaultRoute && border.prefixes[1].isAutoconfigured)
        #expect(border.routes[0].prefix == IPv6Prefix("fd12:3456:789a::/48") && border.routes[0].preference == .low)
        #expect(border.routes[1].prefix == IPv6Prefix("::/0") && border.routes[1].preference == .medium)
        #expect(!border.acceptsRoutes && !border.forwarding)
        #expect(!border.filter.echo && border.filter.flows == 16)
        #expect(border.filter.udp == [5683...5683, 6000...6010] && border.filter.tcp == [22...22])
    }

    @Test("Without the key there is no border router and no interface; with it alone, everything has its default")
    func defaults() throws {
        let none = try settings("")
        #expect(none.borderRouter == nil && !none.tun.enabled && none.tun.namespace == nil)
        let border = try #require(try settings("border-router: { routes: [] }").borderRouter)
        #expect(border.prefixes.isEmpty && border.routes.isEmpty && border.forwarding && border.acceptsRoutes)
        #expect(border.filter.echo && border.filter.udp.isEmpty && border.filter.tcp.isEmpty)
        #expect(border.filter.flows == 1024)
    }

    @Test(
        "A prefix or a port that cannot be used is named, with what is allowed",
        arguments: [
            ("prefixes: [{ prefix: \"fd12::/48\" }]", "prefixes[0].prefix", "64 bits"),
            ("prefixes: [{ prefix: \"fd12::1/64\" }]", "prefixes[0].prefix", "64 bits"),
            ("prefixes: [{ prefix: \"fe80::/64\" }]", "prefixes[0].prefix", "2000::/3 or fc00::/7"),
            ("prefixes: [{ prefix: \"ff03::/64\" }]", "prefixes[0].prefix", "2000::/3 or fc00::/7"),
            ("prefixes: [{ prefix: \"::1/64\" }]", "prefixes[0].prefix", "2000::/3 or fc00::/7"),
            ("prefixes: [{ prefix: \"fd00:1:2:3::/64\" }]", "prefixes[0].prefix", "apart from the mesh-local one"),
            (
                "prefixes: [{ prefix: \"fd12::/64\" }, { prefix: \"fd12::/64\" }]", "prefixes[1].prefix",
                "in the list already"
            ),
            ("prefixes: [{ preference: low }]", "prefixes[0].prefix", "64 bits"),
            (
                "prefixes: [{ prefix: \"fd12::/64\", preference: urgent }]", "prefixes[0].preference",
                "high, medium, low"
            ),
            ("prefixes: fd12::/64", "prefixes", "a list"),
            ("routes: [{ prefix: \"ff00::/8\" }]", "routes[0].prefix", "not of multicast"),
            ("routes: [{ prefix: \"fd00:1:2:3:4::/80\" }]", "routes[0].prefix", "apart from the mesh-local one"),
            ("filter: { udp: [0] }", "filter.udp[0]", "1 to 65535"),
            ("filter: { udp: [65536] }", "filter.udp[0]", "1 to 65535"),
            ("filter: { tcp: [\"30-20\"] }", "filter.tcp[0]", "1 to 65535"),
            ("filter: { tcp: [\"1-2-3\"] }", "filter.tcp[0]", "1 to 65535"),
            ("filter: { tcp: [\"\"] }", "filter.tcp[0]", "1 to 65535"),
            ("filter: { flows: 3 }", "filter.flows", "16 to 65536"),
            ("prefix: x", "prefix", "did you mean `prefixes`?"),
        ])
    func refused(text: String, key: String, expected: String) {
        let problems = problems("border-router: { \(text) }")
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains("border-router.\(key): found") == true, "\(problems)")
        #expect(problems.first?.contains(expected) == true, "\(problems)")
    }

    @Test("A namespace is a name, not a path", arguments: ["a/b", "..", "a b"])
    func namespace(name: String) {
        let problems = problems("tun: { namespace: \"\(name)\" }")
        #expect(problems.count == 1 && problems[0].contains("tun.namespace: found"), "\(problems)")
    }

    @Test("The border router in the shipped configuration is ready to be used and has the defaults it tells")
    func shipped() throws {
        let file = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/heddled.yaml")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let rest = lines.drop { $0 != "#border-router:" }
        let block = (rest.prefix(1) + rest.dropFirst().prefix { $0.hasPrefix("#  ") }).map { $0.dropFirst() }
        try #require(block.count > 20)
        let border = try #require(try settings(block.joined(separator: "\n")).borderRouter)
        let defaults = try #require(
            try settings(
                """
                border-router:
                  prefixes: [{ prefix: "fd12:3456:789a:1::/64" }]
                  routes: [{ prefix: "fd12:3456:789a::/48" }]
                  filter: { udp: [5683, 6000-6010], tcp: [22] }
                """
            ).borderRouter)
        #expect(border == defaults)
    }
}
