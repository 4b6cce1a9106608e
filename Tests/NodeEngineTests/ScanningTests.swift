import EngineCore
import LinkProfiles
import LoRaChannel
import MACEngine
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@Suite("Scanning among nodes")
struct ScanningTests {
    /// A leader, and a node beside it that has no network.
    private func formed(profile: LinkProfile = .ieee802154) throws -> (VirtualNetwork, Reports) {
        let network = TestNetworks.network(TestNetworks.line(3, loss: 60), profile: profile, seed: 4)
        let reports = Reports()
        for node in network.nodes {
            node.observer = { output, _ in
                if case .scan(let report) = output { reports.all[node.name, default: []].append(report) }
            }
        }
        network.start(TestNetworks.dataset, nodes: [network["N1"], network["N2"]])
        try #require(
            network.run(
                until: {
                    let (first, second) = ($0["N1"].engine.thread, $0["N2"].engine.thread)
                    return first.role.isRouting && second.role.isRouting && first.partitionID == second.partitionID
                },
                within: .seconds(300)) != nil)
        network.with(network["N0"]) { node, now in node.setInterface(isUp: true, now: now) }
        return (network, reports)
    }

    private final class Reports {
        var all: [String: [ScanReport]] = [:]
    }

    @Test(
        "A node without a network hears beacons of those beside it",
        arguments: [LinkProfile.ieee802154, TestNetworks.lora])
    func beacons(profile: LinkProfile) throws {
        let (network, reports) = try formed(profile: profile)
        #expect(network.with(network["N0"]) { $0.startScan(channels: [11, 15], now: $1) })
        #expect(!network.with(network["N0"]) { $0.startScan(now: $1) })
        network.run(for: .seconds(30))
        let found = reports.all["N0"] ?? []
        let beacons = found.compactMap { if case .beacon(let beacon) = $0 { beacon } else { nil } }
        // The simulated radio has one channel, so the neighbor is heard on each that is visited.
        #expect(!beacons.isEmpty)
        for beacon in beacons {
            #expect(beacon.panID == PANID(rawValue: 0x1234))
            #expect(beacon.extendedAddress == network["N1"].engine.thread.extendedAddress)
        }
        #expect(found.last == .ended && found.count { $0 == .ended } == 1)
    }

    @Test("A node without a network discovers it by name", arguments: [LinkProfile.ieee802154, TestNetworks.lora])
    func discovery(profile: LinkProfile) throws {
        let (network, reports) = try formed(profile: profile)
        #expect(network.with(network["N0"]) { $0.startDiscovery(now: $1) })
        #expect(network["N0"].engine.mac.panID != .broadcast)
        network.run(for: .seconds(60))
        let found = reports.all["N0"] ?? []
        let networks = found.compactMap { if case .network(let network, _) = $0 { network } else { nil } }
        #expect(!networks.isEmpty)
        for found in networks {
            #expect(found.identity.name == NetworkName("heddle"))
            #expect(found.identity.extendedPANID == ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe))
            #expect(found.panID == PANID(rawValue: 0x1234))
        }
        #expect(found.last == .ended)
        // The borrowed PAN id is given back.
        #expect(network["N0"].engine.mac.panID == .broadcast)
        #expect(network["N0"].engine.thread.role == .disabled)
    }

    @Test("A router that scans stays a router, and its datagrams arrive afterwards")
    func runningNode() throws {
        let (network, reports) = try formed()
        let role = network["N1"].engine.thread.role
        let target = try #require(network["N2"].engine.thread.rlocAddress)
        #expect(network.with(network["N1"]) { $0.startScan(now: $1) })
        try network.with(network["N1"]) { node, now in
            try node.sendEcho(to: target, identifier: 1, sequence: 1, payload: [1, 2, 3], now: now)
        }
        network.run(for: .seconds(2))
        #expect(network["N1"].engine.isScanning && network["N1"].echoReplies.isEmpty)
        network.run(for: .seconds(20))
        #expect(!network["N1"].engine.isScanning)
        #expect(reports.all["N1"]?.last == .ended)
        #expect(network["N1"].engine.thread.role == role)
        #expect(network["N1"].engine.mac.currentChannel == 15)
        #expect(network["N1"].echoReplies.count == 1)
    }

    @Test("Discovery on a running node leaves its PAN alone")
    func runningDiscovery() throws {
        let (network, reports) = try formed()
        #expect(network.with(network["N1"]) { $0.startDiscovery(channels: [15], now: $1) })
        network.run(for: .seconds(5))
        #expect(network["N1"].engine.mac.panID == PANID(rawValue: 0x1234))
        #expect(reports.all["N1"]?.count { if case .network = $0 { true } else { false } } == 1)
    }

    @Test("A flood of beacon requests brings one beacon at a time")
    func flood() throws {
        let (network, _) = try formed()
        let before = network["N1"].engine.mac.counters.transmitBeacon
        var request: [UInt8] = [0x03, 0x08, 0, 0xff, 0xff, 0xff, 0xff, 0x07, 0, 0]
        for index in 0..<100 {
            request[2] = UInt8(index)
            FrameCheckSequence.write(into: &request)
            network.with(network["N1"]) { node, now in
                node.handle(
                    .received(ReceivedFrame(bytes: request, rssi: DecibelMilliwatts(-50), snr: Decibels(10))), now: now)
            }
        }
        network.run(for: .seconds(1))
        #expect(network["N1"].engine.mac.counters.transmitBeacon == before + 1)
    }
}
