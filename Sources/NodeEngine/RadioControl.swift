public import EngineCore
import IPEngine
import LinkProfiles
import MACEngine

/// A frame that was heard or sent while everything is told.
public struct SniffedFrame: Equatable, Sendable {
    public var bytes: [UInt8]
    public var isSent: Bool
}

// What an operator may do with the radio.
extension NodeEngine {
    /// How often a frame that was not acknowledged is sent again.
    /// - Range: 0 to 255
    public var frameRetries: UInt8 {
        get { mac.maximumFrameRetries }
        set { mac.maximumFrameRetries = newValue }
    }

    /// How often a frame for a sleepy child is sent again before it waits for the child's next poll.
    /// - Range: 0 to 255
    public var indirectFrameRetries: UInt8 {
        get { mac.maximumIndirectFrameRetries }
        set { mac.maximumIndirectFrameRetries = newValue }
    }

    /// Whether every frame that the radio hears or sends comes out as `.sniffed`.
    public var isPromiscuous: Bool { mac.isPromiscuous }

    /// Tells of every frame, or no longer.
    /// - Returns: false while the interface is up.
    /// - Source: OpenThread as observed: recording cliref, `promiscuous`
    public func setPromiscuous(_ isPromiscuous: Bool, now: Instant) -> Bool {
        guard !isInterfaceUp else { return false }
        mac.isPromiscuous = isPromiscuous
        settle(now: now)
        return true
    }

    /// Sends on the radio, unless the filter keeps it from the air: then the frame counts as sent and is lost.
    func transmit(_ frame: [UInt8], now: Instant) {
        if isPromiscuous { emit(.sniffed(SniffedFrame(bytes: frame, isSent: true))) }
        guard !isRadioFiltered else { return mac.handle(transmitDone: .sent, now: now) }
        radioTimes.noteFrame(profile.airtime(of: frame.count))
        emit(.transmit(frame))
    }

    /// Takes what the radio heard, unless the filter is on.
    func receive(_ frame: ReceivedFrame, now: Instant) {
        if isPromiscuous { emit(.sniffed(SniffedFrame(bytes: frame.bytes, isSent: false))) }
        guard !isRadioFiltered else { return }
        mac.handle(received: frame, now: now)
    }

    /// Switches the receiver.
    func setReceiver(isOn: Bool, now: Instant) {
        isReceiverOn = isOn
        noteRadioState(now: now)
        emit(.setReceiver(isOn: isOn))
    }

    func noteRadioState(now: Instant) {
        radioTimes.enter(!isInterfaceUp ? .disabled : isReceiverOn ? .receiving : .sleeping, now: now)
    }

    /// Counts the radio's times from zero again.
    public func resetRadioTimes(now: Instant) { radioTimes.reset(now: now) }

    // MARK: Ports without link security

    /// How many ports may be heard without link security.
    static let unsecuredPortLimit = 8

    /// At which UDP ports datagrams from link-local neighbors are taken without link security, MLE's aside.
    public var unsecuredPorts: [UInt16] { ip.unsecuredPorts.filter { $0 != IPEngine.mlePort } }

    /// Takes datagrams at a port without link security.
    /// - Returns: false when there are as many such ports as there may be.
    public func addUnsecuredPort(_ port: UInt16) -> Bool {
        guard !ip.unsecuredPorts.contains(port) else { return true }
        guard unsecuredPorts.count < Self.unsecuredPortLimit else { return false }
        ip.unsecuredPorts.append(port)
        return true
    }

    /// Takes no datagrams at a port without link security any more.
    /// - Returns: false when it did not before.
    public func removeUnsecuredPort(_ port: UInt16) -> Bool {
        guard unsecuredPorts.contains(port) else { return false }
        ip.unsecuredPorts.removeAll { $0 == port }
        return true
    }
}
