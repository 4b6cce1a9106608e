public import EngineCore
public import LinkProfiles
public import LoRaChannel
import LoRaPHY

/// The modelled air: airtime, path loss, capture and collisions, by the physical layer of a link profile.
public final class LoRaMedium: ModelledMedium {
    // Nothing here calls back, so no two accesses can overlap, and none needs to be watched.
    @exclusivity(unchecked) private var channel: LoRaChannel
    private let settings: [RadioSetting]
    public let assessmentTime: Duration

    /// - Parameters:
    ///   - transmitPower: of all nodes.
    ///   - seed: decides which frames arrive on a soft edge.
    public convenience init(
        topology: Topology, profile: LinkProfile, transmitPower: DecibelMilliwatts, seed: UInt64
    ) {
        self.init(
            links: topology.channelLinks, profile: profile,
            transmitPowers: [DecibelMilliwatts](repeating: transmitPower, count: topology.nodes.count), seed: seed)
    }

    /// - Parameters:
    ///   - transmitPowers: of each node.
    ///   - parameters: what the channel assumes of every receiver.
    ///   - seed: decides which frames arrive on a soft edge.
    public init(
        links: [ChannelLink], profile: LinkProfile, transmitPowers: [DecibelMilliwatts],
        parameters: ChannelParameters = ChannelParameters(), seed: UInt64
    ) {
        channel = LoRaChannel(nodeCount: transmitPowers.count, links: links, parameters: parameters, seed: seed)
        settings = transmitPowers.map { power in
            RadioSetting(phy: profile.phy, frequency: Hertz(869_525_000), transmitPower: power, isReceiving: true)
        }
        assessmentTime = profile.phy.channelAssessmentTime
        for index in settings.indices { channel.setRadio(settings[index], of: index) }
    }

    public var nextDeadline: Instant? { channel.askNextDeadline() }

    /// LoRa radios know nothing of addresses.
    public func setAddresses(_ addresses: RadioAddresses, of node: Int) {}

    public func setReceiver(isOn: Bool, of node: Int) {
        var changed = settings[node]
        changed.isReceiving = isOn
        channel.setRadio(changed, of: node)
    }

    public func cutPower(of node: Int) {
        channel.cutTransmission(of: node)
        channel.setRadio(nil, of: node)
    }

    public func setLoss(_ loss: Decibels?, from: Int, to: Int) { channel.setLoss(loss, from: from, to: to) }

    public func beginTransmission(_ bytes: [UInt8], by node: Int, now: Instant) throws(TransmissionError) {
        _ = try channel.beginTransmission(bytes, by: node, now: now)
    }

    public func isBusy(at node: Int, now: Instant) -> Bool { channel.askIsBusy(at: node, now: now) }
    public func advance(to now: Instant) { channel.advance(to: now) }
    public func pollOutput() -> ChannelOutput? { channel.pollOutput() }

    // MARK: Beyond every medium

    public func setErasure(_ share: Double, from: Int, to: Int) {
        guard let link = channel.link(from: from, to: to) else { return }
        channel.setLoss(link.loss, erasure: share, from: from, to: to)
    }

    public func loss(from: Int, to: Int) -> Decibels? { channel.link(from: from, to: to)?.loss }

    public func strength(from: Int, to: Int) -> DecibelMilliwatts? {
        channel.link(from: from, to: to).map { settings[from].transmitPower - $0.loss }
    }
}
