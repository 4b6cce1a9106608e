public import EngineCore
public import LoRaChannel
public import LoRaPHY

/// The air of the public study whose city scenarios are imported: its rules, not those of `LoRaChannel`, so that what
/// is measured here can be laid beside its figures.
///
/// Every reception draws its own signal-to-noise ratio; listening before talking may miss a frame; and an interferer
/// that is gone early in the preamble does no harm. The study moves in steps of 1 ms, this air to the microsecond.
/// - Deviation: docs/deviations.md#city-scenarios
public final class CityMedium: ModelledMedium {
    /// One direction of a link.
    public struct Link: Equatable, Sendable {
        public var from: Int
        public var to: Int
        /// The mean signal-to-noise ratio.
        public var snr: Decibels
        /// The strength at that ratio.
        public var rssi: DecibelMilliwatts
        /// How far the ratio of a reception lies from the mean.
        public var deviation: Decibels
        /// How many of the frames that are strong enough fail all the same.
        /// - Range: 0 to 1
        public var erasure: Double

        public init(
            from: Int, to: Int, snr: Decibels, rssi: DecibelMilliwatts, deviation: Decibels = Decibels(0),
            erasure: Double = 0
        ) {
            self.from = from
            self.to = to
            self.snr = snr
            self.rssi = rssi
            self.deviation = deviation
            self.erasure = erasure
        }
    }

    private enum Fate: Equatable {
        case arriving
        case lost(LossReason)
    }

    /// A frame as one node hears it.
    private struct Signal {
        let transmission: UInt64
        let snr: Decibels
        let rssi: DecibelMilliwatts
        let start: Instant
        let end: Instant
        var fate: Fate
    }

    private struct Transmission {
        let number: UInt64
        let node: Int
        let bytes: [UInt8]
        let end: Instant
        /// Those that have a signal of it.
        var hearers: [Int]
    }

    private struct Node {
        var isReceiving = true
        var isTransmitting = false
        var listeners: [Link] = []
        var signals: [Signal] = []
    }

    /// By how much a frame must be stronger whose preamble was received alone.
    static let lockedThreshold = Decibels(3)
    static let threshold = Decibels(6)
    /// After so many symbols a receiver has locked on, and listening before talking notices a frame.
    static let lockSymbols = 6
    /// An interferer that ends within so many of a frame's symbols does no harm.
    static let graceSymbols = 10

    public let assessmentTime: Duration
    private let modulation: LoRaModulation
    private let transmitPower: DecibelMilliwatts
    private let lockTime: Duration
    private let graceTime: Duration
    private let preambleTime: Duration
    @exclusivity(unchecked) private var nodes: [Node]
    /// Latest end first.
    @exclusivity(unchecked) private var transmissions: [Transmission] = []
    @exclusivity(unchecked) private var count: UInt64 = 0
    @exclusivity(unchecked) private var entropy: OpenEntropy
    @exclusivity(unchecked) private var outputs: [ChannelOutput] = []
    @exclusivity(unchecked) private var nextOutput = 0

    /// - Parameters:
    ///   - modulation: of all nodes; the study's preamble has sixteen symbols.
    ///   - transmitPower: what a path loss that is set later is subtracted from.
    ///   - seed: of all draws.
    public init(
        nodeCount: Int, links: [Link], modulation: LoRaModulation,
        transmitPower: DecibelMilliwatts = DecibelMilliwatts(22), seed: UInt64
    ) {
        self.modulation = modulation
        self.transmitPower = transmitPower
        assessmentTime = modulation.channelActivityDetectionTime()
        lockTime = modulation.preambleTime(symbols: Self.lockSymbols)
        graceTime = modulation.preambleTime(symbols: Self.graceSymbols)
        preambleTime = modulation.preambleTime(symbols: Int(modulation.preambleLength))
        nodes = [Node](repeating: Node(), count: nodeCount)
        entropy = OpenEntropy(seed: seed)
        for link in links { nodes[link.from].listeners.append(link) }
    }

    public var nextDeadline: Instant? { transmissions.last?.end }

    /// LoRa radios know nothing of addresses.
    public func setAddresses(_ addresses: RadioAddresses, of node: Int) {}

    public func setReceiver(isOn: Bool, of node: Int) {
        nodes[node].isReceiving = isOn
        if !isOn { lose(.notReceiving, at: node) }
    }

    public func cutPower(of node: Int) {
        setReceiver(isOn: false, of: node)
        guard let index = transmissions.firstIndex(where: { $0.node == node }) else { return }
        let transmission = transmissions.remove(at: index)
        nodes[node].isTransmitting = false
        for hearer in transmission.hearers {
            nodes[hearer].signals.removeAll { $0.transmission == transmission.number }
            outputs.append(.lost(node: hearer, sender: node, reason: .cutOff))
        }
    }

    public func setLoss(_ loss: Decibels?, from: Int, to: Int) {
        let old = nodes[from].listeners.first { $0.to == to }
        nodes[from].listeners.removeAll { $0.to == to }
        guard let loss else { return }
        let rssi = transmitPower - loss
        nodes[from].listeners.append(
            Link(
                from: from, to: to, snr: rssi - modulation.noiseFloor(), rssi: rssi,
                deviation: old?.deviation ?? Decibels(0), erasure: old?.erasure ?? 0))
    }

    public func setErasure(_ share: Double, from: Int, to: Int) {
        guard let index = nodes[from].listeners.firstIndex(where: { $0.to == to }) else { return }
        nodes[from].listeners[index].erasure = share
    }

    public func loss(from: Int, to: Int) -> Decibels? {
        strength(from: from, to: to).map { transmitPower - $0 }
    }

    public func strength(from: Int, to: Int) -> DecibelMilliwatts? {
        nodes[from].listeners.first { $0.to == to }?.rssi
    }

    public func beginTransmission(_ bytes: [UInt8], by node: Int, now: Instant) throws(TransmissionError) {
        guard !nodes[node].isTransmitting else { throw .alreadyTransmitting }
        guard bytes.count <= LoRaModulation.maximumPayload else {
            throw .tooLong(found: bytes.count, maximum: LoRaModulation.maximumPayload)
        }
        let end = now + modulation.timeOnAir(byteCount: bytes.count)
        count += 1
        nodes[node].isTransmitting = true
        lose(.transmitting, at: node)
        var hearers: [Int] = []
        for link in nodes[node].listeners {
            if hear(link, now: now, until: end) {
                hearers.append(link.to)
            } else {
                outputs.append(.lost(node: link.to, sender: node, reason: .belowFloor))
            }
        }
        let transmission = Transmission(number: count, node: node, bytes: bytes, end: end, hearers: hearers)
        let place = transmissions.firstIndex { $0.end <= end } ?? transmissions.endIndex
        transmissions.insert(transmission, at: place)
    }

    public func isBusy(at node: Int, now: Instant) -> Bool {
        for signal in nodes[node].signals where now >= signal.start + lockTime && now < signal.end {
            if entropy.unit() >= Self.missProbability(snr: signal.snr) { return true }
        }
        return false
    }

    /// How likely it is that listening before talking misses a frame.
    static func missProbability(snr: Decibels) -> Double {
        if snr.value >= 0 { return 0.05 }
        return min(1, 0.05 + 0.95 * -snr.value / 15)
    }

    public func advance(to now: Instant) {
        while let transmission = transmissions.last, transmission.end <= now {
            transmissions.removeLast()
            finish(transmission)
        }
    }

    public func pollOutput() -> ChannelOutput? {
        guard nextOutput < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutput = 0
            return nil
        }
        defer { nextOutput += 1 }
        return outputs[nextOutput]
    }

    /// Lets a frame begin at a node, and settles which of what is on the air there cannot survive the other.
    /// - Returns: whether the node gets anything of it: below the floor there is not even energy.
    private func hear(_ link: Link, now: Instant, until end: Instant) -> Bool {
        let offset = link.deviation.value > 0 ? Decibels(link.deviation.value * entropy.normal()) : Decibels(0)
        let snr = link.snr + offset
        guard snr >= modulation.demodulationFloor else { return false }
        var fate = Fate.arriving
        if nodes[link.to].isTransmitting {
            fate = .lost(.transmitting)
        } else if !nodes[link.to].isReceiving {
            fate = .lost(.notReceiving)
        } else if link.erasure > 0, entropy.unit() < link.erasure {
            fate = .lost(.erasure)
        }
        for index in nodes[link.to].signals.indices {
            let other = nodes[link.to].signals[index]
            guard other.end > now else { continue }
            // The newcomer was never alone; what is there may have been.
            if fate == .arriving, snr - other.snr < Self.threshold,
                isHarmed(from: now, until: end, by: now..<other.end)
            {
                fate = .lost(.collision)
            }
            let needed = now >= other.start + lockTime ? Self.lockedThreshold : Self.threshold
            if other.fate == .arriving, other.snr - snr < needed,
                isHarmed(from: other.start, until: other.end, by: now..<min(end, other.end))
            {
                nodes[link.to].signals[index].fate = .lost(.collision)
            }
        }
        nodes[link.to].signals.append(
            Signal(transmission: count, snr: snr, rssi: link.rssi + offset, start: now, end: end, fate: fate))
        return true
    }

    /// Whether a frame suffers from an interferer of sufficient strength that lasts for `overlap`.
    private func isHarmed(from start: Instant, until end: Instant, by overlap: Range<Instant>) -> Bool {
        if overlap.upperBound <= start + graceTime { return false }
        let isForgiving = modulation.codingRate >= 7
        if isForgiving, overlap.lowerBound >= start + preambleTime,
            min(overlap.upperBound, end).since(overlap.lowerBound) <= modulation.symbolTime
        {
            return false
        }
        return true
    }

    private func lose(_ reason: LossReason, at node: Int) {
        for index in nodes[node].signals.indices where nodes[node].signals[index].fate == .arriving {
            nodes[node].signals[index].fate = .lost(reason)
        }
    }

    private func finish(_ transmission: Transmission) {
        nodes[transmission.node].isTransmitting = false
        outputs.append(.transmitDone(node: transmission.node))
        for hearer in transmission.hearers {
            guard let index = nodes[hearer].signals.firstIndex(where: { $0.transmission == transmission.number })
            else { continue }
            let signal = nodes[hearer].signals.remove(at: index)
            switch signal.fate {
            case .arriving:
                outputs.append(
                    .received(
                        node: hearer,
                        frame: ReceivedFrame(bytes: transmission.bytes, rssi: signal.rssi, snr: signal.snr)))
            case .lost(let reason):
                outputs.append(.lost(node: hearer, sender: transmission.node, reason: reason))
            }
        }
    }
}
