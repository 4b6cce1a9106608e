import CryptoProviders
import EngineCore
import LinkProfiles
import LoRaChannel
import LoRaPHY
import NodeEngine
import Simulator
import ThreadWire
import WireCore

/// The networks that the engine tests run in virtual time.
enum TestNetworks {
    static let networkKey = bytes(hexadecimal: "0134c0de1ab51234c0de1ab5ca1a110f")!

    static var dataset: OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.extendedPANID = ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe)
        dataset.networkName = NetworkName("heddle")
        dataset.networkKey = networkKey
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")
        return dataset
    }

    /// The profile of the demo: SF7, 250 kHz.
    static let lora = LinkProfile.lora(.sf7bw250)

    static func network(
        _ topology: Topology, profile: LinkProfile = lora, seed: UInt64, isCapturing: Bool = false,
        configure: (String, inout NodeEngine.Configuration) -> Void = { _, _ in }
    ) -> VirtualNetwork {
        VirtualNetwork(
            topology: topology, profile: profile, seed: seed, isCapturing: isCapturing,
            cryptography: MbedTLSCryptography(),
            secretEntropy: secretEntropy, configure: configure)
    }

    /// A grid on an air without airtime, loss and collisions, for what is about the protocol alone.
    static func idealGrid(_ count: Int, width: Int, seed: UInt64) -> VirtualNetwork {
        VirtualNetwork(
            names: (0..<count).map { "N\($0)" }, profile: .ieee802154, seed: seed,
            cryptography: MbedTLSCryptography(), secretEntropy: secretEntropy
        ) { _ in IdealMedium(nodeCount: count, reach: .grid(width: width)) }
    }

    private static func secretEntropy(seed: UInt64) -> any SecretEntropy {
        var writer = ByteWriter()
        for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
        return SodiumEntropy(seed: writer.bytes)
    }

    /// Nodes in a line, each hearing its neighbors alone.
    static func line(_ count: Int, loss: Double = 90) -> Topology {
        let names = (0..<count).map { "N\($0)" }
        return made(names, (1..<count).map { Topology.Link(from: names[$0 - 1], to: names[$0], loss: Decibels(loss)) })
    }

    /// A node in the middle and others around it that hear it alone.
    static func star(_ count: Int, loss: Double = 90) -> Topology {
        let names = ["N0"] + (1...count).map { "N\($0)" }
        return made(names, names.dropFirst().map { Topology.Link(from: "N0", to: $0, loss: Decibels(loss)) })
    }

    /// Nodes that all hear each other.
    static func room(_ count: Int, loss: Double = 90) -> Topology {
        let names = (0..<count).map { "N\($0)" }
        var links: [Topology.Link] = []
        for first in names.indices {
            for second in names.indices where second > first {
                links.append(Topology.Link(from: names[first], to: names[second], loss: Decibels(loss)))
            }
        }
        return made(names, links)
    }

    /// Any nodes, each link with its own path loss.
    static func topology(_ names: [String], _ links: [(from: String, to: String, loss: Double)]) -> Topology {
        made(names, links.map { Topology.Link(from: $0.from, to: $0.to, loss: Decibels($0.loss)) })
    }

    private static func made(_ names: [String], _ links: [Topology.Link]) -> Topology {
        do {
            return try Topology(nodes: names, links: links)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Nodes in a square, each hearing those beside, above and below it.
    static func grid(_ width: Int, loss: Double = 90) -> Topology {
        let names = (0..<width * width).map { "N\($0)" }
        var links: [Topology.Link] = []
        for row in 0..<width {
            for column in 0..<width {
                let index = row * width + column
                if column + 1 < width {
                    links.append(
                        Topology.Link(from: names[index], to: names[index + 1], loss: Decibels(loss)))
                }
                if row + 1 < width {
                    links.append(
                        Topology.Link(from: names[index], to: names[index + width], loss: Decibels(loss)))
                }
            }
        }
        return made(names, links)
    }
}
