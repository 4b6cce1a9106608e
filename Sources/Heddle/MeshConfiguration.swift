import EngineCore
public import LinkProfiles
public import LoRaPHY
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

    /// The usual values for everything but the key.
    public init(
        key: [UInt8], channel: UInt8 = 15, panID: PANID = PANID(rawValue: 0x1234), name: String = "heddle",
        meshLocalPrefix: IPv6Prefix = IPv6Prefix(IPv6Address(high: 0xfdde_ad00_beef_0000, low: 0), length: 64),
        statePath: String? = nil, profile: LinkProfile = .lora(.sf7bw250)
    ) {
        self.key = key
        self.channel = channel
        self.panID = panID
        self.name = name
        self.meshLocalPrefix = meshLocalPrefix
        self.statePath = statePath
        self.profile = profile
    }

    private static let keyLength = 16

    /// The dataset that the configuration describes.
    /// - Throws: the first thing that is wrong with it.
    func dataset() throws(MeshError) -> OperationalDataset {
        guard key.count <= Self.keyLength else { throw .keyTooLong(byteCount: key.count) }
        guard (11...26).contains(channel) else { throw .invalidChannel(channel) }
        guard panID != .broadcast else { throw .invalidPANID }
        guard let networkName = NetworkName(name) else { throw .invalidName(name) }
        guard meshLocalPrefix.length == 64, meshLocalPrefix.address[0] == 0xfd else {
            throw .invalidMeshLocalPrefix("\(meshLocalPrefix)")
        }
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = UInt16(channel)
        // The default of heddled, so that both make the same network of the same parameters.
        dataset.extendedPANID = ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe)
        dataset.meshLocalPrefix = meshLocalPrefix
        dataset.networkKey = key + [UInt8](repeating: 0, count: Self.keyLength - key.count)
        dataset.networkName = networkName
        dataset.panID = panID
        dataset.securityPolicy = .default
        return dataset
    }
}
