public import EngineCore
public import LoRaChannel
public import ThreadWire

/// The air that the nodes of a virtual network share: who hears whom, when, and what is lost on the way.
///
/// A class, so that a network holds one reference and calls it without generics. Whoever drives it calls
/// `advance(to:)` at `nextDeadline` and then drains `pollOutput()`.
public protocol Medium: AnyObject {
    /// How long a node listens until it knows whether the channel is free; zero when it is never in use.
    var assessmentTime: Duration { get }
    /// When the next transmission ends; nil while the air is silent.
    var nextDeadline: Instant? { get }

    /// Tells a node's radio whose frames it is to take in. Radios that recognise no addresses hand every frame up.
    func setAddresses(_ addresses: RadioAddresses, of node: Int)
    /// Turns a node's receiver on or off.
    func setReceiver(isOn: Bool, of node: Int)
    /// Takes a node's power away: what it sends is cut off, and it hears nothing until its receiver is turned on.
    func cutPower(of node: Int)
    /// Changes one direction of a link.
    /// - Parameter loss: nil when `to` no longer hears `from`.
    func setLoss(_ loss: Decibels?, from: Int, to: Int)
    /// Begins a transmission.
    /// - Throws: When the node cannot transmit; nothing has changed then.
    func beginTransmission(_ bytes: [UInt8], by node: Int, now: Instant) throws(TransmissionError)
    /// Whether a node that listens finds the channel in use.
    func isBusy(at node: Int, now: Instant) -> Bool
    /// Ends the transmissions whose time has come.
    func advance(to now: Instant)
    /// The next thing to tell a node.
    func pollOutput() -> ChannelOutput?
}

/// An air whose links have a strength and lose frames.
public protocol ModelledMedium: Medium {
    /// The path loss of one direction of a link; nil when `to` does not hear `from` at all.
    func loss(from: Int, to: Int) -> Decibels?
    /// How strongly a node is received by another one; nil when it is not heard at all.
    func strength(from: Int, to: Int) -> DecibelMilliwatts?
    /// Lets frames of one direction of a link fail at random.
    /// - Parameter share: 0 to 1 of them.
    func setErasure(_ share: Double, from: Int, to: Int)
}

/// What a radio that recognises addresses compares a frame's destination with.
public struct RadioAddresses: Equatable, Sendable {
    public var panID: PANID
    public var shortAddress: ShortAddress
    /// Another short address that counts likewise; nil for none.
    public var formerShortAddress: ShortAddress?
    public var extendedAddress: ExtendedAddress

    public init(
        panID: PANID, shortAddress: ShortAddress, formerShortAddress: ShortAddress? = nil,
        extendedAddress: ExtendedAddress
    ) {
        self.panID = panID
        self.shortAddress = shortAddress
        self.formerShortAddress = formerShortAddress
        self.extendedAddress = extendedAddress
    }
}
