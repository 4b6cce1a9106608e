import EngineCore
import IPEngine
import LinkProfiles
import LoRaChannel
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

/// Sleepy children in networks of real engines, on both kinds of radio.
@Suite("Sleepy children in a network")
struct SleepyNetworkTests {
    private static let sleepy = DeviceMode(
        isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
    private static let profiles = [LinkProfile.ieee802154, TestNetworks.lora]

    /// A network in which the nodes named `S…` sleep and poll every second or so.
    private func network(
        _ topology: Topology, profile: LinkProfile, seed: UInt64, pollPeriod: Duration = .seconds(2)
    ) throws -> VirtualNetwork {
        let network = TestNetworks.network(topology, profile: profile, seed: seed) { name, configuration in
            guard name.hasPrefix("S") else { return }
            configuration.thread.pollPeriod = pollPeriod
            configuration.thread.childTimeout = 60
        }
        let (sleepers, others) = (network.nodes.filter(isSleeper), network.nodes.filter { !isSleeper($0) })
        network.start(TestNetworks.dataset, nodes: others)
        _ = try #require(
            network.run(
                until: { _ in others.allSatisfy { $0.engine.thread.role.isAttached } }, within: .seconds(300)))
        for node in sleepers {
            #expect(network.with(node) { engine, now in engine.setMode(Self.sleepy, now: now) })
        }
        network.start(TestNetworks.dataset, nodes: sleepers)
        _ = try #require(network.run(until: { $0.isOnePartition }, within: .seconds(300)), "\(state(of: network))")
        return network
    }

    private func isSleeper(_ node: VirtualNetwork.Node) -> Bool { node.name.hasPrefix("S") }

    private func state(of network: VirtualNetwork) -> String {
        network.nodes.map { "\($0.name): \($0.engine.thread.role) \($0.engine.thread.rloc16)" }
            .joined(separator: ", ")
    }

    private static func star(_ names: [String], around center: String = "N0") -> Topology {
        made([center] + names, names.map { (center, $0) })
    }

    private static func made(_ nodes: [String], _ links: [(String, String)]) -> Topology {
        do {
            return try Topology(
                nodes: nodes, links: links.map { Topology.Link(from: $0.0, to: $0.1, loss: Decibels(60)) })
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func ping(
        _ source: VirtualNetwork.Node, _ target: IPv6Address, byteCount: Int = 8, in network: VirtualNetwork
    ) throws -> [UInt8]? {
        let payload = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
        for sequence in 1...4 as ClosedRange<UInt16> {
            let before = source.echoReplies.count
            try network.with(source) { engine, now in
                try engine.sendEcho(to: target, identifier: 5, sequence: sequence, payload: payload, now: now)
            }
            if network.run(until: { _ in source.echoReplies.count > before }, within: .seconds(20)) != nil {
                return source.echoReplies.last?.payload
            }
        }
        return nil
    }

    @Test("A sleepy child attaches, stays attached by its polls, and sends nothing else", arguments: profiles)
    func stays(profile: LinkProfile) throws {
        let network = try network(Self.star(["S1"]), profile: profile, seed: 1)
        let child = network["S1"]
        let attempts = child.engine.thread.counters.attachAttempts
        let before = child.engine.mac.counters
        network.run(for: .seconds(600))
        #expect(child.engine.thread.role == .child)
        #expect(child.engine.thread.counters.attachAttempts == attempts)
        #expect(network["N0"].engine.thread.children.valid.count == 1)
        let after = child.engine.mac.counters
        #expect(after.transmitDataPoll - before.transmitDataPoll >= 280)
        #expect(after.transmitData - before.transmitData <= 2, "the keep-alive is in the polls")
    }

    @Test(
        "Echoes of every size reach a sleepy child and come back, fragment by fragment",
        arguments: profiles, [8, 200, 1000])
    func echo(profile: LinkProfile, byteCount: Int) throws {
        let network = try network(Self.star(["S1", "N1"]), profile: profile, seed: 2)
        let address = try #require(network["S1"].engine.thread.meshLocalEID)
        let expected = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
        // From its parent, and from beyond.
        #expect(try ping(network["N0"], address, byteCount: byteCount, in: network) == expected)
        #expect(try ping(network["N1"], address, byteCount: byteCount, in: network) == expected)
        let other = try #require(network["N1"].engine.thread.meshLocalEID)
        #expect(try ping(network["S1"], other, byteCount: byteCount, in: network) == expected)
    }

    @Test("Two sleepy children reach each other")
    func betweenSleepers() throws {
        let network = try network(Self.star(["S1", "S2"]), profile: .ieee802154, seed: 3)
        let address = try #require(network["S2"].engine.thread.meshLocalEID)
        #expect(try ping(network["S1"], address, byteCount: 300, in: network) != nil)
    }

    @Test("A multicast to all nodes of the network reaches sleepy children, one to all nodes of the mesh does not")
    func multicast() throws {
        let network = try network(Self.star(["S1", "N1"]), profile: .ieee802154, seed: 4)
        let group = try #require(network["N1"].engine.thread.networkGroups.first)
        func answers(to destination: IPv6Address) throws -> Set<IPv6Address> {
            let source = network["N1"]
            let before = source.echoReplies.count
            try network.with(source) { engine, now in
                try engine.sendEcho(to: destination, identifier: 7, sequence: 1, payload: [1], now: now)
            }
            network.run(for: .seconds(20))
            return Set(source.echoReplies.dropFirst(before).map(\.source))
        }
        let sleeper = try #require(network["S1"].engine.thread.meshLocalEID)
        let router = try #require(network["N0"].engine.thread.meshLocalEID)
        // A multicast is sent once or twice, and the end of an attachment could drown it.
        network.run(for: .seconds(30))
        let all = try answers(to: group)
        #expect(all.isSuperset(of: [sleeper, router]))
        let mesh = try answers(to: .realmLocalAllNodes)
        #expect(mesh.contains(router) && !mesh.contains(sleeper))
    }

    @Test("A sleepy child gets what is sent to a group that it has registered, and its own multicasts reach others")
    func registeredGroup() throws {
        let network = try network(Self.star(["S1", "N1"]), profile: .ieee802154, seed: 5)
        let group = try #require(IPv6Address("ff03::abcd"))
        let sleeper = network["S1"]
        #expect(network.with(sleeper) { engine, now in engine.subscribe(group, now: now) })
        let parent = network["N0"]
        _ = try #require(
            network.run(
                until: { _ in parent.engine.thread.children.valid.contains { $0.addresses.contains(group) } },
                within: .seconds(20)))
        #expect(try ping(network["N1"], group, in: network) != nil)
        #expect(network["N1"].echoReplies.last?.source == sleeper.engine.thread.meshLocalEID)

        #expect(network.with(network["N1"]) { engine, now in engine.subscribe(group, now: now) })
        let before = sleeper.echoReplies.count
        try network.with(sleeper) { engine, now in
            try engine.sendEcho(to: group, identifier: 9, sequence: 1, payload: [1], now: now)
        }
        network.run(for: .seconds(10))
        let other = try #require(network["N1"].engine.thread.meshLocalEID)
        #expect(sleeper.echoReplies.dropFirst(before).map(\.source).contains(other))
    }

    @Test("When its parent is gone a sleepy child finds another")
    func parentGone() throws {
        let topology = Self.made(
            ["N0", "N1", "S1"], [("N0", "N1"), ("N0", "S1"), ("N1", "S1")])
        let network = try network(topology, profile: .ieee802154, seed: 6)
        _ = try #require(
            network.run(until: { _ in network["N1"].engine.thread.role.isRouting }, within: .seconds(300)))
        let child = network["S1"]
        let lost = try #require(
            network.nodes.first { $0.engine.thread.extendedAddress == child.engine.thread.parent?.extendedAddress })
        let other = lost.name == "N0" ? network["N1"] : network["N0"]
        network.setLoss(lost, child, nil)
        let time = network.run(
            until: { _ in child.engine.thread.parent?.extendedAddress == other.engine.thread.extendedAddress },
            within: .seconds(120))
        #expect(time != nil)
        let address = try #require(child.engine.thread.meshLocalEID)
        #expect(try ping(lost, address, in: network) != nil)
    }

    @Test("A sleepy child that hears nothing else is shown that its parent is there, and asks where it is not")
    func supervision() throws {
        let network = try network(Self.star(["S1"]), profile: .ieee802154, seed: 7)
        let child = network["S1"]
        network.with(child) { engine, now in engine.setSupervisionInterval(20, now: now) }
        network.with(child) { engine, now in engine.setSupervisionCheckTimeout(30, now: now) }
        network.run(for: .seconds(300))
        #expect(child.engine.thread.supervisionFailures == 0)
        #expect(network["N0"].engine.thread.children.valid.first?.supervisionInterval == 20)
        network.with(child) { engine, now in engine.setSupervisionInterval(0, now: now) }
        network.run(for: .seconds(300))
        #expect(child.engine.thread.supervisionFailures > 0)
        #expect(child.engine.thread.role == .child)
    }

    @Test("A child changes its mode while it is attached, and what waited for it comes at once")
    func wakesUp() throws {
        let network = try network(Self.star(["S1"]), profile: .ieee802154, seed: 8, pollPeriod: .seconds(50))
        let child = network["S1"]
        let address = try #require(child.engine.thread.meshLocalEID)
        try network.with(network["N0"]) { engine, now in
            try engine.sendEcho(to: address, identifier: 3, sequence: 1, payload: [1], now: now)
        }
        network.run(for: .seconds(5))
        #expect(network["N0"].echoReplies.isEmpty)
        let awake = DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true)
        #expect(network.with(child) { engine, now in engine.setMode(awake, now: now) })
        network.run(for: .seconds(5))
        #expect(network["N0"].echoReplies.count == 1)
        #expect(network["N0"].engine.thread.children.valid.first?.neighbor.mode == awake)
    }

    @Test("A child that has moved is gone from its former parent at once, and found where it is", arguments: profiles)
    func moves(profile: LinkProfile) throws {
        let topology = Self.made(["N0", "N1", "S1"], [("N0", "N1"), ("N0", "S1")])
        let network = try network(topology, profile: profile, seed: 5)
        let (former, later, child) = (network["N0"], network["N1"], network["S1"])
        _ = try #require(
            network.run(
                until: { _ in [former, later].allSatisfy { $0.engine.thread.role.isRouting } }, within: .seconds(300)))
        let address = try #require(child.engine.thread.meshLocalEID)
        #expect(try ping(former, address, in: network) != nil)
        network.setLoss(former, child, nil)
        network.setLoss(later, child, Decibels(60))
        let isMoved = network.run(
            until: { _ in later.engine.thread.children.valid.count == 1 }, within: .seconds(300))
        #expect(isMoved != nil)
        // Without its word the former parent would keep it for the child's timeout of a minute.
        network.run(for: .seconds(3))
        #expect(former.engine.thread.children.valid.isEmpty)
        #expect(try ping(former, address, in: network) != nil)
    }

    @Test(
        "A sleeping child that must attach anew, since it could route from now on, is answered at once",
        arguments: profiles)
    func wakesUpToRoute(profile: LinkProfile) throws {
        let network = try network(Self.star(["S1"]), profile: profile, seed: 9, pollPeriod: .seconds(50))
        let child = network["S1"]
        network.run(for: .seconds(5))
        let mode = DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: true, requestsFullNetworkData: false)
        let attempts = child.engine.thread.counters.attachAttempts
        #expect(network.with(child) { engine, now in engine.setMode(mode, now: now) })
        let time = network.run(
            until: { _ in network["N0"].engine.thread.children.valid.first?.neighbor.mode == mode },
            within: .seconds(20))
        #expect(time != nil)
        network.run(for: .seconds(1))
        #expect(child.engine.thread.counters.attachAttempts == attempts + 1)
        #expect(child.engine.thread.role.isAttached)
    }
}
