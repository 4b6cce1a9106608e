public import EngineCore
public import LinkProfiles
public import LoRaChannel
import LoRaPHY

/// The modelled air: airtime, path loss, capture and collisions, by the physical layer of a link profile.
public final class LoRaMedium: Medium {
    private var channel: LoRaChannel
    private let setting: RadioSetting
    public let assessmentTime: Duration

    /// - Parameters:
    ///   - transmitPower: of all nodes.
    ///   - seed: decides which frames arrive on a soft edge.
    public init(topology: Topology, profile: LinkProfile, transmitPower: DecibelMilliwatts, seed: UInt64) {
        channel = LoRaChannel(topology: topology, seed: seed)
        setting = RadioSetting(
            phy: profile.phy, frequency: Hertz(869_525_000), transmitPower: transmitPower, isReceiving: true)
        assessmentTime = profile.phy.channelAssessmentTime
        for index in topology.nodes.indices { channel.setRadio(setting, of: index) }
    }

    public var nextDeadline: Instant? { channel.nextDeadline }

    /// LoRa radios know nothing of addresses.
    public func setAddresses(_ addresses: RadioAddresses, of node: Int) {}

    public func setReceiver(isOn: Bool, of node: Int) {
        var changed = setting
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

    public func isBusy(at node: Int, now: Instant) -> Bool { channel.isBusy(at: node, now: now) }
    public func advance(to now: Instant) { channel.advance(to: now) }
    public func pollOutput() -> ChannelOutput? { channel.pollOutput() }

    // MARK: Beyond every medium

    /// Lets frames of one direction of a link fail at random.
    /// - Parameter share: 0 to 1 of them.
    public func setErasure(_ share: Double, from: Int, to: Int) {
        guard let link = channel.link(from: from, to: to) else { return }
        channel.setLoss(link.loss, erasure: share, from: from, to: to)
    }

    /// How strongly a node is received by another one; nil when it is not heard at all.
    public func strength(from: Int, to: Int) -> DecibelMilliwatts? {
        channel.link(from: from, to: to).map { setting.transmitPower - $0.loss }
    }
}
