import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire
import WireCore

@Suite("Datagrams that leave the mesh")
struct OutsideTests {
    private let outside = IPv6Address("2600::99")!
    private let offer = OnMeshPrefix(
        IPv6Prefix("2001:cafe:cafe:cafe::/64")!, flags: [.preferred, .slaac, .onMesh, .defaultRoute], isStable: true)

    /// A line of three with a host behind one that publishes a prefix with a default route.
    private func network(border: String, isRouting: Bool) throws -> VirtualNetwork {
        let network = TestNetworks.network(TestNetworks.line(3), profile: .ieee802154, seed: 31) {
            name, configuration in
            if name == border { configuration.thread.isRouterEligible = isRouting }
        }
        for name in ["N0", "N1", "N2"] {
            network.start(TestNetworks.dataset, nodes: [network[name]])
            let isAttached = network.run(
                until: { network in
                    let thread = network[name].engine.thread
                    return name == border && !isRouting ? thread.role == .child : thread.role.isRouting
                }, within: .seconds(400))
            _ = try #require(isAttached)
        }
        network.run(for: .seconds(30))
        try network.with(network[border]) { engine, now in
            engine.setHostReceives(true, now: now)
            try engine.addOnMeshPrefix(offer)
            engine.registerServerData(now: now)
        }
        _ = try #require(
            network.run(
                until: { $0.nodes.allSatisfy { address(of: $0) != nil } }, within: .seconds(30)))
        return network
    }

    private func address(of node: VirtualNetwork.Node) -> IPv6Address? {
        node.engine.thread.additionalAddresses.first { $0.origin == .autoconfigured }?.address
    }

    private func echo(_ datagram: [UInt8]) -> (header: IPv6Header, message: ICMPv6Message)? {
        var reader = ByteReader(datagram)
        guard let header = try? IPv6Header(parsing: &reader),
            let message = try? ICMPv6Message(
                parsing: &reader, source: header.source, destination: header.destination)
        else { return nil }
        return (header, message)
    }

    @Test(
        "They go to the host of the border router, whether it routes or is a child, and the answer finds its way back",
        arguments: [("N0", true), ("N2", true), ("N2", false)])
    func crossing(border: String, isRouting: Bool) throws {
        let network = try network(border: border, isRouting: isRouting)
        let sender = network[border == "N0" ? "N2" : "N0"]
        try network.with(sender) { engine, now in
            try engine.sendEcho(to: outside, identifier: 5, sequence: 1, payload: [1, 2, 3], now: now)
        }
        _ = try #require(
            network.run(until: { !$0[border].delivered.isEmpty }, within: .seconds(20)),
            "\(sender.engine.drops.nonzero)")
        let request = try #require(network[border].delivered.first)
        let (header, message) = try #require(echo(request))
        #expect(header.source == address(of: sender) && header.destination == outside)
        // Node and host are one router: the host counts its hop.
        #expect(header.hopLimit == 64)
        guard case .echoRequest(let content) = message else {
            Issue.record("\(message)")
            return
        }
        #expect(content.payload == [1, 2, 3])
        // The world answers through the host.
        var upper = ByteWriter()
        ICMPv6Message.echoReply(content).serialize(into: &upper, source: outside, destination: header.source)
        var answer = ByteWriter()
        IPv6Header(
            payloadLength: UInt16(upper.bytes.count), nextHeader: .icmpv6, hopLimit: 60, source: outside,
            destination: header.source
        ).serialize(into: &answer)
        answer.write(contentsOf: upper.bytes)
        network.with(network[border]) { engine, now in engine.handle(.hostDatagram(answer.bytes), now: now) }
        _ = try #require(network.run(until: { _ in !sender.echoReplies.isEmpty }, within: .seconds(20)))
        #expect(sender.echoReplies.first?.source == outside)
    }

    @Test("Without a border router the host is told that there is no route, and what came from it does not go back")
    func noRoute() throws {
        let network = try network(border: "N0", isRouting: true)
        let source = try #require(address(of: network["N0"]))
        let meshLocal = try #require(network["N1"].engine.thread.meshLocalEID)
        func send(_ name: String, from source: IPv6Address) {
            var upper = ByteWriter()
            ICMPv6Message.echoRequest(.init(identifier: 1, sequence: 1, payload: []))
                .serialize(into: &upper, source: source, destination: outside)
            var datagram = ByteWriter()
            IPv6Header(
                payloadLength: UInt16(upper.bytes.count), nextHeader: .icmpv6, hopLimit: 64, source: source,
                destination: outside
            ).serialize(into: &datagram)
            datagram.write(contentsOf: upper.bytes)
            network.with(network[name]) { engine, now in
                engine.setHostReceives(true, now: now)
                engine.handle(.hostDatagram(datagram.bytes), now: now)
            }
            network.run(for: .seconds(5))
        }
        for (name, source) in [("N0", source), ("N1", meshLocal)] {
            let before = network[name].engine.drops[.noRoute]
            send(name, from: source)
            let answer = try #require(network[name].delivered.last.flatMap { echo($0) }, "\(name)")
            guard case .destinationUnreachable(.noRoute, _) = answer.message else {
                Issue.record("\(name): \(answer.message)")
                continue
            }
            #expect(network[name].delivered.count == 1 && network[name].engine.drops[.noRoute] == before + 1)
        }
    }
}
