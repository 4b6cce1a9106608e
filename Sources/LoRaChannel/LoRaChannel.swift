public import EngineCore
import LoRaPHY

/// The air between radios: who hears whom, how loud, and what collides.
///
/// Sans-IO and seeded, so that the ether service runs it in real time and the simulator as fast as it can. Whoever
/// drives it calls `advance(to:)` no later than `nextDeadline` and then drains `pollOutput()`.
public struct LoRaChannel: Sendable {
    /// A node as a transmission finds it.
    private struct Node: Sendable {
        var setting: RadioSetting?
        var isTransmitting = false
        /// Who hears this node.
        var listeners: [ChannelLink] = []
        /// What is on the air here, oldest first, receivable or not.
        var signals: [Signal] = []
    }

    /// One transmission as one node hears it.
    private struct Signal: Sendable {
        /// The number of the transmission.
        let transmission: UInt64
        let sender: RadioSetting
        let rssi: DecibelMilliwatts
        let end: Instant
        /// When a receiver that heard nothing else has locked on to it.
        let lockedAt: Instant
        var fate: Fate
    }

    private enum Fate: Equatable {
        case arriving
        case lost(LossReason)
        /// Sent on another channel than the node listens to: nothing to receive and nothing to report.
        case elsewhere
    }

    /// A transmission on the air.
    private struct Transmission: Sendable {
        let number: UInt64
        let node: Int
        let setting: RadioSetting
        let bytes: [UInt8]
        let end: Instant
        /// The nodes that have a signal of it.
        let listeners: [Int]
    }

    public let parameters: ChannelParameters
    private var nodes: [Node]
    /// Latest end first, so that the next to end is the last.
    private var transmissions: [Transmission] = []
    private var transmissionCount: UInt64 = 0
    private var entropy: OpenEntropy
    private var outputs: [ChannelOutput] = []
    private var nextOutput = 0

    /// - Parameters:
    ///   - links: At most one for each direction between two nodes.
    ///   - seed: Decides which frames arrive on a soft edge, and which ones are erased.
    public init(
        nodeCount: Int, links: [ChannelLink], parameters: ChannelParameters = ChannelParameters(), seed: UInt64
    ) {
        self.parameters = parameters
        nodes = [Node](repeating: Node(), count: nodeCount)
        entropy = OpenEntropy(seed: seed)
        for link in links { nodes[link.from].listeners.append(link) }
    }

    public init(topology: Topology, parameters: ChannelParameters = ChannelParameters(), seed: UInt64) {
        self.init(
            nodeCount: topology.nodes.count, links: topology.channelLinks, parameters: parameters, seed: seed)
    }

    public var nodeCount: Int { nodes.count }

    /// Changes one direction of a link, for transmissions that begin from now on.
    /// - Parameters:
    ///   - loss: nil when `to` no longer hears `from`.
    ///   - erasure: how many of the frames fail at random, 0 to 1; nil for as many as before.
    public mutating func setLoss(_ loss: Decibels?, erasure: Double? = nil, from: Int, to: Int) {
        let before = nodes[from].listeners.first { $0.to == to }?.erasure
        nodes[from].listeners.removeAll { $0.to == to }
        if let loss {
            nodes[from].listeners.append(
                ChannelLink(from: from, to: to, loss: loss, erasure: erasure ?? before ?? 0))
        }
    }

    /// One direction of a link; nil when `to` does not hear `from`.
    public func link(from: Int, to: Int) -> ChannelLink? {
        nodes[from].listeners.first { $0.to == to }
    }

    /// Ends a node's transmission before its time, as the loss of its power does: nobody receives the frame, and the
    /// node is told nothing.
    public mutating func cutTransmission(of node: Int) {
        guard let index = transmissions.firstIndex(where: { $0.node == node }) else { return }
        let transmission = transmissions.remove(at: index)
        nodes[node].isTransmitting = false
        for listener in transmission.listeners {
            nodes[listener].signals.removeAll { $0.transmission == transmission.number }
            outputs.append(.lost(node: listener, sender: node, reason: .cutOff))
        }
    }

    /// Sets a node's radio; nil switches it off. What was arriving is lost unless the radio keeps listening to the
    /// same channel.
    public mutating func setRadio(_ setting: RadioSetting?, of node: Int) {
        let old = nodes[node].setting
        nodes[node].setting = setting
        if let old, let setting, setting.isReceiving, setting.sharesChannel(with: old) { return }
        loseArriving(at: node, .notReceiving)
    }

    /// Begins a transmission; the node hears nothing until it has ended.
    /// - Returns: When the frame's last symbol leaves the antenna.
    /// - Throws: When the node cannot transmit; nothing has changed then.
    public mutating func beginTransmission(
        _ bytes: [UInt8], by node: Int, now: Instant
    ) throws(TransmissionError) -> Instant {
        guard let setting = nodes[node].setting else { throw .notConfigured }
        guard !nodes[node].isTransmitting else { throw .alreadyTransmitting }
        guard bytes.count <= setting.phy.maximumPayload else {
            throw .tooLong(found: bytes.count, maximum: setting.phy.maximumPayload)
        }
        let end = now + setting.phy.timeOnAir(byteCount: bytes.count)
        transmissionCount += 1
        nodes[node].isTransmitting = true
        loseArriving(at: node, .transmitting)
        let listeners = nodes[node].listeners
        for link in listeners { hear(setting, over: link, now: now, until: end) }
        let transmission = Transmission(
            number: transmissionCount, node: node, setting: setting, bytes: bytes, end: end,
            listeners: listeners.map { $0.to })
        // Among equal ends the older comes first, that is, nearer to the array's end.
        let place = transmissions.firstIndex { $0.end <= end } ?? transmissions.endIndex
        transmissions.insert(transmission, at: place)
        return end
    }

    /// Whether channel activity detection, or a clear channel assessment, finds the node's channel in use: a frame on
    /// the air that the node could receive.
    /// - Parameter now: The end of the detection.
    public func isBusy(at node: Int, now: Instant) -> Bool {
        guard let setting = nodes[node].setting else { return false }
        let sensitivity = setting.phy.sensitivity(noiseFigure: parameters.noiseFigure)
        return nodes[node].signals.contains { signal in
            signal.end > now && signal.rssi >= sensitivity && signal.sender.sharesChannel(with: setting)
        }
    }

    /// The same, without a copy of the channel where it is a property of a class.
    public mutating func askIsBusy(at node: Int, now: Instant) -> Bool { isBusy(at: node, now: now) }

    /// Whether a transmission of the node is on the air.
    public func isTransmitting(_ node: Int) -> Bool { nodes[node].isTransmitting }

    /// When the next transmission ends; nil while the air is silent.
    public var nextDeadline: Instant? { transmissions.last?.end }

    /// The same, without a copy of the channel where it is a property of a class.
    public mutating func askNextDeadline() -> Instant? { transmissions.last?.end }

    /// Ends the transmissions whose time has come.
    public mutating func advance(to now: Instant) {
        while let transmission = transmissions.last, transmission.end <= now {
            transmissions.removeLast()
            finish(transmission)
        }
    }

    /// The next thing to tell a node.
    public mutating func pollOutput() -> ChannelOutput? {
        guard nextOutput < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutput = 0
            return nil
        }
        defer { nextOutput += 1 }
        return outputs[nextOutput]
    }

    /// Adds a transmission's signal to what a listener hears and settles which of them cannot survive the other.
    private mutating func hear(_ sender: RadioSetting, over link: ChannelLink, now: Instant, until end: Instant) {
        let rssi = sender.transmitPower - link.loss
        var fate = initialFate(of: sender, rssi: rssi, over: link)
        for index in nodes[link.to].signals.indices {
            let other = nodes[link.to].signals[index]
            guard other.end > now, other.sender.sharesChannel(with: sender) else { continue }
            // The newcomer has not been received alone for a symbol.
            if fate == .arriving, rssi - other.rssi < parameters.captureThreshold { fate = .lost(.collision) }
            if other.fate == .arriving, other.rssi - rssi < threshold(for: other, now: now) {
                nodes[link.to].signals[index].fate = .lost(.collision)
            }
        }
        nodes[link.to].signals.append(
            Signal(
                transmission: transmissionCount, sender: sender, rssi: rssi, end: end,
                lockedAt: now + sender.phy.preambleLockTime, fate: fate))
    }

    /// What becomes of a signal that nothing disturbs.
    private mutating func initialFate(
        of sender: RadioSetting, rssi: DecibelMilliwatts, over link: ChannelLink
    ) -> Fate {
        let node = link.to
        guard let setting = nodes[node].setting, setting.sharesChannel(with: sender) else { return .elsewhere }
        guard !nodes[node].isTransmitting else { return .lost(.transmitting) }
        guard setting.isReceiving else { return .lost(.notReceiving) }
        if link.erasure > 0, entropy.unit() < link.erasure { return .lost(.erasure) }
        let snr = rssi - sender.phy.noiseFloor(noiseFigure: parameters.noiseFigure)
        let margin = (snr - sender.phy.demodulationFloor).value
        let width = parameters.softEdge.value
        if width > 0, abs(margin) < width / 2 {
            return entropy.unit() < margin / width + 0.5 ? .arriving : .lost(.belowFloor)
        }
        return margin >= 0 ? .arriving : .lost(.belowFloor)
    }

    /// By how much a signal that was there first must be stronger than one that begins now.
    private func threshold(for signal: Signal, now: Instant) -> Decibels {
        switch signal.sender.phy {
        case .ieee802154: parameters.captureThreshold
        case .lora: now >= signal.lockedAt ? parameters.lockedCaptureThreshold : parameters.captureThreshold
        }
    }

    private mutating func loseArriving(at node: Int, _ reason: LossReason) {
        for index in nodes[node].signals.indices where nodes[node].signals[index].fate == .arriving {
            nodes[node].signals[index].fate = .lost(reason)
        }
    }

    private mutating func finish(_ transmission: Transmission) {
        nodes[transmission.node].isTransmitting = false
        outputs.append(.transmitDone(node: transmission.node))
        let noiseFloor = transmission.setting.phy.noiseFloor(noiseFigure: parameters.noiseFigure)
        for listener in transmission.listeners {
            guard
                let index = nodes[listener].signals.firstIndex(where: { $0.transmission == transmission.number })
            else { continue }
            let signal = nodes[listener].signals.remove(at: index)
            switch signal.fate {
            case .arriving:
                let frame = ReceivedFrame(
                    bytes: transmission.bytes, rssi: signal.rssi, snr: signal.rssi - noiseFloor)
                outputs.append(.received(node: listener, frame: frame))
            case .lost(let reason):
                outputs.append(.lost(node: listener, sender: transmission.node, reason: reason))
            case .elsewhere: continue
            }
        }
    }
}
