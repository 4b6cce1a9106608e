public import EngineCore
public import LoRaChannel
import ThreadWire
import WireCore

/// An air without airtime, loss and collisions, for what is about the protocol alone: every frame arrives at every
/// listener in reach, a moment after it was sent, whatever else is sent meanwhile.
///
/// It makes the terms of OpenThread's in-process simulator: the channel is never busy, the strength of every frame is
/// the same, and a radio leaves out what is addressed to others.
public final class IdealMedium: Medium {
    /// Who hears whom, both ways.
    public enum Reach: Equatable, Sendable {
        /// Every node hears every other.
        case all
        /// Each hears those beside, above and below it; a grid as wide as there are nodes is a line.
        case grid(width: Int)
    }

    private struct Transmission {
        let node: Int
        let bytes: [UInt8]
        let end: Instant
    }

    private struct Radio {
        var isReceiving = true
        /// Nil until they are told: it takes everything in.
        var addresses: RadioAddresses?
        /// The sequence number of the last frame that it sent and that asked for an acknowledgement.
        var awaited: UInt8?

        /// Whether it hands a frame up. What it lets through the node checks again, and counts.
        /// - Source: IEEE 802.15.4-2006 §7.5.6.2, third level of filtering
        @inline(__always)
        func takes(_ addressee: Addressee) -> Bool {
            guard isReceiving else { return false }
            guard let addresses else { return true }
            switch addressee {
            case .everyone: return true
            case .acknowledgement(let sequenceNumber): return awaited == sequenceNumber
            case .short(let pan, let address):
                return (address == addresses.shortAddress || address == addresses.formerShortAddress)
                    && pan == addresses.panID
            case .extended(let pan, let address): return address == addresses.extendedAddress && pan == addresses.panID
            }
        }
    }

    /// Who is to take a frame in.
    private enum Addressee {
        /// Also what is no frame of IEEE 802.15.4, and frames to whichever network.
        case everyone
        case acknowledgement(of: UInt8)
        case short(PANID, ShortAddress)
        case extended(PANID, ExtendedAddress)

        init(_ header: MACHeader) {
            let pan = header.destinationPAN ?? .broadcast
            switch header.destination {
            case .none where header.frameType == .acknowledgement: self = .acknowledgement(of: header.sequenceNumber)
            case .short(let address) where address != .broadcast && pan != .broadcast: self = .short(pan, address)
            case .extended(let address) where pan != .broadcast: self = .extended(pan, address)
            case .none, .short, .extended: self = .everyone
            }
        }
    }

    private struct Arrival {
        let sender: Int
        let frame: ReceivedFrame
    }

    /// How long after its beginning a frame has arrived.
    public static let delay = Duration.microseconds(100)
    /// As OpenThread's in-process simulator says of every frame.
    public static let rssi = DecibelMilliwatts(-20)
    /// Above the noise of a usual receiver.
    public static let snr = Decibels(80)

    public let assessmentTime = Duration.zero
    // Nothing here calls back, so no two accesses can overlap, and none needs to be watched.
    @exclusivity(unchecked) private var listeners: [[UInt16]]
    @exclusivity(unchecked) private var radios: [Radio]
    /// All take equally long, so the first to begin is the first to end.
    @exclusivity(unchecked) private var transmissions: [Transmission] = []
    /// The first of them that is still on the air.
    @exclusivity(unchecked) private var first = 0
    /// The frame that is being handed out, and the next of its listeners.
    @exclusivity(unchecked) private var arriving: Arrival?
    @exclusivity(unchecked) private var nextListener = 0
    @exclusivity(unchecked) private var arrivingFor = Addressee.everyone
    @exclusivity(unchecked) private var clock = Instant.zero

    /// - Parameter nodeCount: at most 65,536.
    public init(nodeCount: Int, reach: Reach) {
        radios = [Radio](repeating: Radio(), count: nodeCount)
        listeners = (0..<nodeCount).map { node in
            switch reach {
            case .all: (0..<nodeCount).filter { $0 != node }.map { UInt16($0) }
            case .grid(let width): Self.gridNeighbors(of: node, width: width, count: nodeCount).map { UInt16($0) }
            }
        }
    }

    private static func gridNeighbors(of node: Int, width: Int, count: Int) -> [Int] {
        var neighbors: [Int] = []
        if node >= width { neighbors.append(node - width) }
        if node % width > 0 { neighbors.append(node - 1) }
        if node % width + 1 < width, node + 1 < count { neighbors.append(node + 1) }
        if node + width < count { neighbors.append(node + width) }
        return neighbors
    }

    public var nextDeadline: Instant? { first < transmissions.count ? transmissions[first].end : nil }

    public func setAddresses(_ addresses: RadioAddresses, of node: Int) { radios[node].addresses = addresses }

    public func setReceiver(isOn: Bool, of node: Int) { radios[node].isReceiving = isOn }

    public func cutPower(of node: Int) {
        radios[node].isReceiving = false
        radios[node].awaited = nil
        let cut = transmissions[first...].filter { $0.node != node }
        transmissions.replaceSubrange(first..., with: cut)
    }

    public func setLoss(_ loss: Decibels?, from: Int, to: Int) {
        listeners[from].removeAll { $0 == to }
        if loss != nil { listeners[from].append(UInt16(to)) }
    }

    public func beginTransmission(_ bytes: [UInt8], by node: Int, now: Instant) throws(TransmissionError) {
        transmissions.append(Transmission(node: node, bytes: bytes, end: now + Self.delay))
    }

    public func isBusy(at node: Int, now: Instant) -> Bool { false }

    public func advance(to now: Instant) { clock = now }

    public func pollOutput() -> ChannelOutput? {
        if let output = nextArrival() { return output }
        arriving = nil
        guard let deadline = nextDeadline, deadline <= clock else { return nil }
        let transmission = transmissions[first]
        first += 1
        // The places of those that ended are given back now and then, not each time.
        if first == transmissions.count || first >= 64 {
            transmissions.removeFirst(first)
            first = 0
        }
        arriving = Arrival(
            sender: transmission.node,
            frame: ReceivedFrame(bytes: transmission.bytes, rssi: Self.rssi, snr: Self.snr))
        nextListener = 0
        var reader = ByteReader(transmission.bytes)
        let header = try? MACHeader(parsing: &reader)
        arrivingFor = header.map(Addressee.init) ?? .everyone
        if let header, header.requestsAcknowledgement { radios[transmission.node].awaited = header.sequenceNumber }
        return .transmitDone(node: transmission.node)
    }

    private func nextArrival() -> ChannelOutput? {
        guard let arrival = arriving else { return nil }
        let hearers = listeners[arrival.sender]
        let addressee = arrivingFor
        while nextListener < hearers.count {
            let listener = Int(hearers[nextListener])
            nextListener += 1
            if radios[listener].takes(addressee) { return .received(node: listener, frame: arrival.frame) }
        }
        return nil
    }
}
