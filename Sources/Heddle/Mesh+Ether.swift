import EngineCore
import LinkProfiles
public import Logging
import NIOCore
import NIOPosix
import RadioDrivers

// A node on the virtual ether.
extension Mesh {
    /// Starts a node in an ether that `heddle ether` runs on this host.
    ///
    /// The ether need not be there yet: the node looks for it each second.
    /// - Parameters:
    ///   - host: the ether's IP address: a name is not looked up.
    ///   - node: the node's name in the ether's topology, 1 to 64 bytes of UTF-8.
    ///   - logger: nil logs nothing.
    /// - Throws: `MeshError.invalidEtherAddress`, and what `open(_:radio:logger:)` throws.
    public static func open(
        _ configuration: MeshConfiguration, etherAt host: String = "127.0.0.1", port: UInt16, node: String,
        logger: Logger? = nil
    ) async throws -> Mesh {
        let address: SocketAddress
        do {
            address = try SocketAddress(ipAddress: host, port: Int(port))
        } catch {
            throw MeshError.invalidEtherAddress("\(host), port \(port)")
        }
        // The frequency is heddled's default: nodes of a library and of a daemon in one ether are to hear each other.
        let setting = RadioConfiguration(
            phy: configuration.profile.phy, frequency: Hertz(869_525_000), power: DecibelMilliwatts(14),
            channel: configuration.channel)
        let radio = EtherRadio(
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), address: address, node: node,
            configuration: setting, hasFrameCheckSequence: configuration.profile.frameCheckSequenceLength > 0)
        return try await open(configuration, radio: radio, logger: logger)
    }
}
