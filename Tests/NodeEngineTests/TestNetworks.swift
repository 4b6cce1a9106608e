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
        OperationalDataset(
            activeTimestamp: Timestamp(seconds: 1, ticks: 0, isAuthoritative: false), channel: 15, panID: PANID(rawValue: 0x1234),
            extendedPANID: 0xdead_00be_ef00_cafe, networkName: "heddle",
            networkKey: networkKey, meshLocalPrefix: IPv6Prefix("fdde:ad00:beef::/64")!)
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
            secretEntropy: { seed in
                var writer = ByteWriter()
                for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                return SodiumEntropy(seed: writer.bytes)
            }, configure: configure)
    }

    /// Nodes in a line, each hearing its neighbors alone.
    static func line(_ count: Int, loss: Double = 90) -> Topology {
        let names = (0..<count).map { "N\($0)" }
        return Topology(
            nodes: names,
            links: (1..<count).map {
                TopologyLink(from: names[$0 - 1], to: names[$0], loss: Decibels(loss), isOneWay: false)
            })
    }

    /// Nodes in a square, each hearing those beside, above and below it.
    static func grid(_ width: Int, loss: Double = 90) -> Topology {
        let names = (0..<width * width).map { "N\($0)" }
        var links: [TopologyLink] = []
        for row in 0..<width {
            for column in 0..<width {
                let index = row * width + column
                if column + 1 < width {
                    links.append(
                        TopologyLink(from: names[index], to: names[index + 1], loss: Decibels(loss), isOneWay: false))
                }
                if row + 1 < width {
                    links.append(
                        TopologyLink(from: names[index], to: names[index + width], loss: Decibels(loss), isOneWay: false))
                }
            }
        }
        return Topology(nodes: names, links: links)
    }
}
