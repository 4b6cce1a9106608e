public import EngineCore
public import LoRaPHY

/// One direction of a link between two numbered nodes.
public struct ChannelLink: Equatable, Sendable {
    public var from: Int
    public var to: Int
    /// The path loss.
    /// - Units: dB
    public var loss: Decibels
    /// How many of the frames that are strong enough fail for no reason that the channel models.
    /// - Range: 0 to 1
    public var erasure: Double

    public init(from: Int, to: Int, loss: Decibels, erasure: Double = 0) {
        self.from = from
        self.to = to
        self.loss = loss
        self.erasure = erasure
    }
}

/// What the channel assumes of every receiver.
public struct ChannelParameters: Equatable, Sendable {
    /// How much noise a receiver adds to the thermal noise.
    public var noiseFigure = LoRaModulation.noiseFigure
    /// How much stronger than an interferer a frame must be that is disturbed before its receiver has locked on to it.
    public var captureThreshold = Decibels(6)
    /// How much stronger than an interferer a LoRa frame must be whose preamble was received alone.
    public var lockedCaptureThreshold = Decibels(3)
    /// The width of the region around the demodulation floor in which frames are received with a probability that
    /// rises from 0 to 1; zero for a hard edge.
    /// - Units: dB
    public var softEdge = Decibels(0)

    public init() {}
}

/// How a node's radio is set.
public struct RadioSetting: Equatable, Sendable {
    public var phy: PhysicalLayer
    /// The centre of the channel.
    public var frequency: Hertz
    public var transmitPower: DecibelMilliwatts
    /// Whether the receiver is on while nothing is transmitted.
    public var isReceiving: Bool

    public init(phy: PhysicalLayer, frequency: Hertz, transmitPower: DecibelMilliwatts, isReceiving: Bool = true) {
        self.phy = phy
        self.frequency = frequency
        self.transmitPower = transmitPower
        self.isReceiving = isReceiving
    }

    /// Whether a radio set like this can tell the other's frames from noise. Other spreading factors and frequencies
    /// are taken as perfectly apart.
    func sharesChannel(with other: RadioSetting) -> Bool {
        guard frequency == other.frequency else { return false }
        switch (phy, other.phy) {
        case (.ieee802154, .ieee802154): return true
        case (.lora(let mine), .lora(let theirs)):
            return mine.bandwidth == theirs.bandwidth && mine.spreadingFactor == theirs.spreadingFactor
        case (.ieee802154, .lora), (.lora, .ieee802154): return false
        }
    }
}

/// What the channel tells about a node.
public enum ChannelOutput: Equatable, Sendable {
    /// A frame has arrived whole.
    case received(node: Int, frame: ReceivedFrame)
    /// The node's own transmission has ended.
    case transmitDone(node: Int)
    /// A frame on the node's channel, within reach by its link, did not arrive.
    case lost(node: Int, sender: Int, reason: LossReason)
}

/// Why a frame did not arrive.
public enum LossReason: String, CaseIterable, Equatable, Sendable {
    /// Too weak for the modulation.
    case belowFloor
    /// Another frame on the same channel was too strong.
    case collision
    /// The receiver was sending.
    case transmitting
    /// The receiver was off, or was retuned while the frame arrived.
    case notReceiving
    /// At random, as the link is set to.
    case erasure
    /// The sender lost its power before the frame's end.
    case cutOff
}

/// Why a transmission did not begin.
public enum TransmissionError: Error, Equatable, Sendable {
    /// The node's radio has not been set.
    case notConfigured
    case alreadyTransmitting
    /// - Units: bytes
    case tooLong(found: Int, maximum: Int)
}

extension TransmissionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notConfigured: "the radio has not been configured"
        case .alreadyTransmitting: "the radio is transmitting already"
        case .tooLong(let found, let maximum): "the frame has \(found) bytes, at most \(maximum) can be sent"
        }
    }
}
