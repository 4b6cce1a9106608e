import CryptoProviders
import EngineCore
import LinkProfiles
import Simulator
import ThreadWire
import WireCore

/// The networks that are measured: Thread on IEEE 802.15.4, on an air that costs nothing.
enum MeasuredNetwork {
    static let networkKey = [UInt8](repeating: 0x42, count: 16)

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

    static func make(nodeCount: Int, reach: IdealMedium.Reach, seed: UInt64) -> VirtualNetwork {
        VirtualNetwork(
            names: (0..<nodeCount).map { "N\($0)" }, profile: .ieee802154, seed: seed,
            cryptography: MbedTLSCryptography(),
            secretEntropy: { seed in
                var writer = ByteWriter()
                for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                return SodiumEntropy(seed: writer.bytes)
            },
            configure: { _, configuration in
                // As many as OpenThread's in-process simulator allows, so that 500 nodes find a parent.
                configuration.thread.childLimit = 128
                configuration.mac.peerLimit = 256
                // All of them ask at once.
                configuration.thread.delayedMessageLimit = 256
            }
        ) { _ in IdealMedium(nodeCount: nodeCount, reach: reach) }
    }
}
