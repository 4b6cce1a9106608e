public import EngineCore
public import LoRaPHY
public import NIOCore

/// A radio that a node's runtime drives: as narrow as the engine needs it.
///
/// A radio lives on one event loop. Every method is called there and every event comes from there, never from within
/// the call that caused it. One frame is sent at a time: `transmit` is followed by exactly one `.transmitDone` before
/// the next `transmit`, and `assessChannel` by exactly one `.channelActivity`.
public protocol Radio: AnyObject, Sendable {
    var eventLoop: any EventLoop { get }

    /// Starts the radio; it says `.connected` when it can be used, now and after each loss.
    /// - Parameter onEvent: Called on the event loop until `close` has completed.
    func start(onEvent: @escaping @Sendable (RadioEvent) -> Void)

    /// Sets frequency, modulation and power; kept across a loss of the radio.
    func configure(_ configuration: RadioConfiguration)

    /// Changes the channel of IEEE 802.15.4; a radio of another kind keeps its frequency.
    /// - Range: 11 to 26
    func setChannel(_ channel: UInt8)

    /// Sends a frame.
    /// - Parameter bytes: The PSDU, with its frame check sequence where the link profile has one.
    func transmit(_ bytes: [UInt8])

    /// Listens once for activity on the channel.
    func assessChannel()

    /// Turns the receiver on or off for the time in which nothing is sent. It is on after the start.
    func setReceiver(isOn: Bool)

    /// Turns everything off that can be off until the receiver is turned on or a frame is sent.
    func sleep()

    /// Lets the radio go; no event follows the completion.
    func close() -> EventLoopFuture<Void>
}

/// What a radio is set to.
public struct RadioConfiguration: Equatable, Sendable {
    /// The kind of modulation with its parameters.
    public var phy: PhysicalLayer
    /// The centre of the channel.
    public var frequency: Hertz
    /// The transmit power at the antenna connector.
    public var power: DecibelMilliwatts
    /// What tells the frames of one kind of LoRa network from those of others.
    public var syncWord: UInt8
    /// The number that frames give the channel.
    /// - Range: 11 to 26 on IEEE 802.15.4; LoRa radios do not use it
    public var channel: UInt8
    /// How the law asks it to listen before each transmission, acknowledgements included; nil where it does not.
    public var listenBeforeTalk: SubBand.ListenBeforeTalk?

    /// Of private networks, MeshCore's among them.
    public static let privateSyncWord: UInt8 = 0x12
    /// Of LoRaWAN.
    public static let publicSyncWord: UInt8 = 0x34

    public init(
        phy: PhysicalLayer, frequency: Hertz, power: DecibelMilliwatts, syncWord: UInt8 = Self.privateSyncWord,
        channel: UInt8 = 11,
        listenBeforeTalk: SubBand.ListenBeforeTalk? = nil
    ) {
        self.phy = phy
        self.frequency = frequency
        self.power = power
        self.syncWord = syncWord
        self.channel = channel
        self.listenBeforeTalk = listenBeforeTalk
    }
}

/// What a radio tells its runtime.
public enum RadioEvent: Equatable, Sendable {
    case received(ReceivedFrame)
    /// The frame has left, or could not.
    case transmitDone(TransmitOutcome)
    /// What the channel assessment found.
    case channelActivity(isBusy: Bool)
    /// The radio can be used from now on.
    case connected
    /// The radio cannot be used for now; it comes back by itself.
    case disconnected(reason: String)
    /// A command failed, or the radio cannot be used until somebody changes something.
    case failed(RadioError)
}

/// What a radio could not do.
public struct RadioError: Error, Equatable, Sendable {
    /// What it was told to do.
    public var command: String
    /// What its chip said of itself, where there is one.
    public var chipStatus: UInt8?
    /// Why it failed, in words.
    public var cause: String

    public init(command: String, chipStatus: UInt8? = nil, cause: String) {
        self.command = command
        self.chipStatus = chipStatus
        self.cause = cause
    }
}

extension RadioError: CustomStringConvertible {
    public var description: String {
        let status = chipStatus.map { " (chip status 0x\(String($0, radix: 16)))" } ?? ""
        return "\(command) failed\(status): \(cause)"
    }
}
