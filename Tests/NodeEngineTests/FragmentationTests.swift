import EngineCore
import IPEngine
import LinkProfiles
import LoRaPHY
import Simulator
import Testing
import ThreadWire

/// Datagrams of several frames where frames get lost.
@Suite("The longest datagrams on LoRa")
struct FragmentationTests {
    private static let profile: LinkProfile = {
        do {
            return .lora(try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 7))
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// IPv6's and UDP's headers make it 1280 bytes.
    private static let payload = [UInt8](repeating: 0xa5, count: 1232)

    @Test("99 of 100 cross three hops although every twentieth frame is lost")
    func threeHops() throws {
        var (sent, arrived) = (0, 0)
        for seed: UInt64 in 1...4 {
            let network = TestNetworks.network(TestNetworks.line(4), profile: Self.profile, seed: seed)
            network.start(TestNetworks.dataset)
            try #require(network.run(until: \.isOnePartition, within: .seconds(1200)) != nil)
            network.run(for: .seconds(300))
            let (source, target) = (network.nodes[0], network.nodes[3])
            let address = try #require(target.engine.thread.meshLocalEID)
            func open(_ node: VirtualNetwork.Node) throws -> SocketID {
                try network.with(node) { engine, _ in
                    let socket = try engine.openSocket()
                    _ = try engine.bind(socket, port: 5000)
                    return socket
                }
            }
            let (from, to) = (try open(source), try open(target))
            network.setErasure(0.05)
            for _ in 0..<100 {
                network.with(source) { engine, now in
                    try? engine.send(from, to: SocketAddress(address, port: 5000), payload: Self.payload, now: now)
                }
                sent += 1
                network.run(for: .seconds(30))
                while let datagram = network.with(target, { engine, _ in try? engine.receive(to) }) ?? nil {
                    #expect(datagram.payload == Self.payload)
                    arrived += 1
                }
            }
        }
        print("1280 bytes over three hops at SF7/125, 5 % of the frames lost: \(arrived) of \(sent) arrived")
        #expect(arrived * 100 >= sent * 99)
    }
}
