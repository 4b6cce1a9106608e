import Foundation
import Testing

extension EndToEndTests {
    /// The border router as the kernel and its tools see it.
    @Suite(.enabled(if: Namespaces.obstacle == nil, Comment(rawValue: Namespaces.obstacle ?? "")))
    struct BorderRouterTests {
        private typealias Mesh = BorderRouterMesh

        @Test(
            """
            Two border routers join a mesh to the kernel's networks: pings, TCP, UDP, errors, the filter, and one that \
            takes over from the other
            """)
        func story() async throws {
            try await Workshop.run { workshop in
                let mesh = try await Mesh(workshop, Namespaces())
                try await pingsBothWays(mesh)
                try await countsHops(mesh)
                try await tellsTheLargestSize(mesh)
                try await transfers(mesh, bytes: 100_000)
                try await countsDatagrams(mesh)
                try await filters(mesh)
                try await takesOver(mesh)
            }
        }

        // MARK: Reaching

        private func pingsBothWays(_ mesh: Mesh) async throws {
            let networks = mesh.networks
            for name in ["node", "right", "left"] {
                let address = try #require(mesh.addresses[name])
                let isReached = try await eventually(within: .seconds(20)) {
                    try networks.attempt("inside", "ping -c 1 -W 2 \(address)").status == 0
                }
                let (_, output) = try networks.attempt("inside", "ping -c 1 -W 2 \(address)")
                #expect(isReached, "inside to \(name): \(output)")
            }
            for address in ["fd01::2", "fd02::2", Mesh.internet] {
                let isReached = try await eventually(within: .seconds(20)) { try await mesh.nodeReaches(address) }
                #expect(isReached, "node to \(address)")
            }
            // Through the mesh, from one border router to the other.
            var last = ""
            let isReached = try await eventually(within: .seconds(10)) {
                let (status, output) = try networks.attempt("inside", "ping -c 1 -W 2 fd02::2")
                last = output
                return status == 0
            }
            #expect(isReached, "\(last)")
            let routes = try networks.run("left", "ip -6 route show dev mesh0")
            #expect(routes.contains("\(Mesh.meshPrefix):/64") && routes.contains("fd02::/64"), "\(routes)")
        }

        /// As traceroute does it: each router on the way answers when the hop limit ends there, and none is missing.
        private func countsHops(_ mesh: Mesh) async throws {
            let networks = mesh.networks
            let node = try #require(mesh.addresses["node"])
            // Frames that get lost on a loaded machine are sent again: what counts is who answers.
            func hop(_ limit: Int, to address: String) throws -> String {
                var output = ""
                for _ in 0..<8 {
                    let status: Int32
                    (status, output) = try networks.attempt("inside", "ping -n -c 1 -W 4 -t \(limit) \(address)")
                    if status == 0 { return "reached" }
                    if let found = output.firstMatch(of: /From ([0-9a-f:]+).*Time exceeded/) { return String(found.1) }
                }
                return output
            }
            #expect(try hop(1, to: node) == "fd01::1")
            #expect(try hop(2, to: node) == "reached")
            #expect(try hop(1, to: "fd02::2") == "fd01::1")
            // The second border router answers from its address in the mesh.
            let second = try hop(2, to: "fd02::2")
            #expect(second.hasPrefix(Mesh.meshPrefix) && second != node, "\(second)")
            #expect(try hop(3, to: "fd02::2") == "reached")
            guard Namespaces.path(of: "traceroute") != nil else {
                return print("traceroute is not installed: scripts/setup --tests installs it")
            }
            let trace = try networks.run("inside", "traceroute -6 -n -q 1 -N 1 -w 3 -m 6 -I fd02::2")
            let hops = trace.split(separator: "\n").dropFirst().map { line in
                line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            }
            try #require(hops.count == 3, "\(trace)")
            #expect(hops[0] == "fd01::1" && hops[1] == second && hops[2] == "fd02::2", "\(trace)")
        }

        private func tellsTheLargestSize(_ mesh: Mesh) async throws {
            let networks = mesh.networks
            let node = try #require(mesh.addresses["node"])
            // 1280 bytes with both headers: 40 of IPv6 and 8 of ICMPv6.
            let (fits, fitting) = try networks.attempt("inside", "ping -n -c 1 -W 3 -M do -s 1232 \(node)")
            #expect(fits == 0, "\(fitting)")
            let (status, output) = try networks.attempt("inside", "ping -n -c 1 -W 3 -M do -s 1233 \(node)")
            #expect(status != 0 && output.contains("From fd01::1") && output.contains("mtu=1280"), "\(output)")
        }

        // MARK: TCP and UDP

        private func transfers(_ mesh: Mesh, bytes count: Int) async throws {
            let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let start = ContinuousClock.now
            let networks = mesh.networks
            async let received = networks.within("outside") {
                let server = try KernelSocket(stream: true, limit: 60)
                defer { server.close() }
                try server.bind(port: 22)
                let connection = try server.accept()
                defer { connection.close() }
                var received: [UInt8] = []
                while received.count < count, let more = connection.receive() { received += more }
                try connection.send(Array("thanks".utf8))
                return received
            }
            let answer = try await networks.within("inside") {
                let client = try KernelSocket(stream: true, limit: 60)
                defer { client.close() }
                // The server may need a moment to listen: a refusal is an answer through the mesh as well.
                for attempt in 0... {
                    do {
                        try client.connect("fd02::2", port: 22)
                        break
                    } catch {
                        guard attempt < 20 else { throw error }
                        usleep(100_000)
                    }
                }
                try client.send(sent)
                return client.receive()
            }
            #expect(try await received == sent)
            #expect(answer == Array("thanks".utf8))
            print("TCP through the mesh: \(count) bytes in \(ContinuousClock.now - start)")
        }

        private func countsDatagrams(_ mesh: Mesh) async throws {
            let count = 200
            let networks = mesh.networks
            async let arrived = networks.within("outside") {
                let server = try KernelSocket(stream: false, limit: 3)
                defer { server.close() }
                try server.bind(port: 5683)
                var seen: Set<UInt8> = []
                while let datagram = server.receive() {
                    if datagram.count == 200 { seen.insert(datagram[0]) }
                    if seen.count == count { break }
                }
                return seen.count
            }
            try await networks.within("inside") {
                usleep(300_000)
                let client = try KernelSocket(stream: false, limit: 3)
                defer { client.close() }
                try client.connect("fd02::2", port: 5683)
                for number in 0..<count {
                    try client.send([UInt8](repeating: UInt8(number), count: 200))
                    usleep(10_000)
                }
            }
            let found = try await arrived
            print("UDP through the mesh: \(found) of \(count) datagrams of 200 bytes, 100 a second")
            #expect(found >= count * 9 / 10)
        }

        // MARK: The filter

        private func filters(_ mesh: Mesh) async throws {
            let networks = mesh.networks
            let node = try #require(mesh.addresses["node"])
            let border = try #require(mesh.daemons["left"])
            /// Does something that must not get into the mesh, for a reason that the log tells.
            func discarded(_ reason: String, _ body: () async throws -> Void) async throws {
                let line = "not let into the mesh: \(reason)"
                let before = border.lineCount(with: line)
                try await body()
                let isTold = try await eventually(within: .seconds(2)) { border.lineCount(with: line) > before }
                #expect(isTold, "\(reason)")
            }
            let meshLocal = try await mesh.answer("node", "ipaddr", "mleid")
            try networks.run("inside", "ip route add \(meshLocal)/128 via fd01::1")
            try await discarded("meshLocal") {
                let (status, _) = try networks.attempt("inside", "ping -c 1 -W 1 \(meshLocal)")
                #expect(status != 0)
            }
            // Who pretends to be of the mesh.
            try networks.run("inside", "ip address add \(Mesh.meshPrefix):99/128 dev lo nodad")
            try await discarded("spoofedSource") {
                let (status, _) = try networks.attempt("inside", "ping -c 1 -W 1 -I \(Mesh.meshPrefix):99 \(node)")
                #expect(status != 0)
            }
            #expect(try networks.attempt("inside", "ping -c 1 -W 2 -I fd01::2 \(node)").status == 0)
            for (reason, isStream, port) in [("tcpPort", true, 23), ("udpPort", false, 5684)]
                as [(String, Bool, UInt16)]
            {
                try await discarded(reason) {
                    try await networks.within("inside") {
                        let client = try KernelSocket(stream: isStream, limit: 1)
                        defer { client.close() }
                        // A connection attempt fails, which is what this is about.
                        try? client.connect(node, port: port)
                        if !isStream { try client.send([1, 2, 3]) }
                    }
                }
            }
        }

        // MARK: Failover

        private func takesOver(_ mesh: Mesh) async throws {
            let networks = mesh.networks
            func requests() throws -> (left: Int, right: Int) {
                (try networks.packetsReceived("outside", "left"), try networks.packetsReceived("outside", "right"))
            }
            let before = try requests()
            #expect(try await eventually(within: .seconds(10)) { try await mesh.nodeReaches(Mesh.internet) })
            let preferred = try requests()
            #expect(preferred.right > before.right && preferred.left == before.left, "the preferred one is used")

            try await mesh.kill("right")
            let start = ContinuousClock.now
            try networks.run("outside", "ip route delete \(Mesh.meshPrefix):/64 via fd02::1 metric 10")
            let isBack = try await eventually(within: .seconds(30)) { try await mesh.nodeReaches(Mesh.internet) }
            let (_, table) = try await mesh.cli("node", "router", "table")
            #expect(isBack, "\(table)")
            print("The other border router took over within \((ContinuousClock.now - start).components.seconds + 1) s")
            #expect(try requests().left > preferred.left)
            // The interface of the dead one is gone, with its routes.
            #expect(try networks.attempt("right", "ip link show mesh0").status != 0)
        }
    }
}
