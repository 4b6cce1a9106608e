import NodeConfiguration
import ThreadWire

extension OperationalDataset {
    /// The dataset that a configuration describes, with the defaults of a new network for the rest.
    init(_ settings: DatasetSettings) {
        self.init()
        activeTimestamp = Timestamp(seconds: 1)
        channel = UInt16(settings.channel)
        extendedPANID = ExtendedPANID(rawValue: settings.extendedPANID)
        meshLocalPrefix = settings.meshLocalPrefix
        networkKey = settings.key
        networkName = NetworkName(settings.name)
        panID = settings.panID
        securityPolicy = .default
    }
}
