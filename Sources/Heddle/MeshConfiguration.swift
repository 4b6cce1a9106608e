import EngineCore
public import LinkProfiles
public import LoRaPHY
import NodeService
public import ThreadWire

/// Which network a node joins or forms, over which kind of link, and where it keeps its state.
///
/// Nodes with the same key, channel, PAN id and mesh-local prefix are one network.
public struct MeshConfiguration: Equatable, Sendable {
    /// The secret that all nodes of a network share.
    /// - Range: at most 16 bytes; a shorter key is padded with zero bytes at its end
    public var key: [UInt8]
    /// The number that frames and messages give the channel.
    /// - Range: 11 to 26
    public var channel: UInt8
    /// The network's number on its channel.
    /// - Range: 0x0000 to 0xfffe
    public var panID: PANID
    /// The network's name, for people.
    /// - Range: 1 to 16 bytes of UTF-8
    public var name: String
    /// What the addresses within the mesh begin with.
    /// - Range: a prefix of 64 bits within fd00::/8
    public var meshLocalPrefix: IPv6Prefix
    /// The file with all that must survive a restart; nil for a node that forgets everything when it is closed.
    ///
    /// One node has a file for itself. A network that the file knows with this key keeps its other parameters.
    public var statePath: String?
    /// How frames are laid out and timed; the radio must be set to the same modulation.
    public var profile: LinkProfile
    /// How many sockets may be open at once. Pymesh has three.
    /// - Range: 1 to 64
    public var socketLimit: Int

    /// The usual values for everything but the key.
    public init(
        key: [UInt8], channel: UInt8 = 15, panID: PANID = PANID(rawValue: 0x1234), name: String = "heddle",
        meshLocalPrefix: IPv6Prefix = IPv6Prefix(IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64),
        statePath: String? = nil, profile: LinkProfile = .lora(.sf7bw250), socketLimit: Int = 3
    ) {
        self.key = key
        self.channel = channel
        self.panID = panID
        self.name = name
        self.meshLocalPrefix = meshLocalPrefix
        self.statePath = statePath
        self.profile = profile
        self.socketLimit = socketLimit
    }

    /// The dataset that the configuration describes.
    /// - Throws: the first thing that is wrong with it.
    func dataset() throws(MeshError) -> OperationalDataset {
        let networkKey = try MeshNetwork.padded(key)
        guard (11...26).contains(channel) else { throw .invalidChannel(channel) }
        guard panID != .broadcast else { throw .invalidPANID }
        guard let networkName = NetworkName(name) else { throw .invalidName(name) }
        guard meshLocalPrefix.length == 64, meshLocalPrefix.address[0] == 0xfd else {
            throw .invalidMeshLocalPrefix("\(meshLocalPrefix)")
        }
        guard (1...64).contains(socketLimit) else { throw .invalidSocketLimit(socketLimit) }
        var dataset = MeshNetwork.dataset(networkKey: networkKey)
        dataset.channel = UInt16(channel)
        dataset.meshLocalPrefix = meshLocalPrefix
        dataset.networkName = networkName
        dataset.panID = panID
        return dataset
    }
}
