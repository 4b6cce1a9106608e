public import EngineCore
public import LoRaChannel

/// An air without airtime, loss and collisions, for what is about the protocol alone: every frame arrives at every
/// listener in reach, a moment after it was sent, whatever else is sent meanwhile.
///
/// It makes the terms of OpenThread's in-process simulator: the channel is never busy, and the strength of every
/// frame is the same.
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

    /// How long after its beginning a frame has arrived.
    public static let delay = Duration.microseconds(100)
    /// As OpenThread's in-process simulator says of every frame.
    public static let rssi = DecibelMilliwatts(-20)
    /// Above the noise of a usual receiver.
    public static let snr = Decibels(80)

    public let assessmentTime = Duration.zero
    private var listeners: [[UInt16]]
    private var isReceiving: [Bool]
    /// All take equally long, so the first to begin is the first to end.
    private var transmissions: [Transmission] = []
    /// The first of them that is still on the air.
    private var first = 0
    /// The frame that is being handed out, and the next of its listeners.
    private var arriving: (transmission: Transmission, frame: ReceivedFrame, next: Int)?
    private var clock = Instant.zero

    /// - Parameter nodeCount: at most 65,536.
    public init(nodeCount: Int, reach: Reach) {
        isReceiving = [Bool](repeating: true, count: nodeCount)
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

    public func setReceiver(isOn: Bool, of node: Int) { isReceiving[node] = isOn }

    public func cutPower(of node: Int) {
        isReceiving[node] = false
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
        let frame = ReceivedFrame(bytes: transmission.bytes, rssi: Self.rssi, snr: Self.snr)
        arriving = (transmission, frame, 0)
        return .transmitDone(node: transmission.node)
    }

    private func nextArrival() -> ChannelOutput? {
        guard let current = arriving else { return nil }
        let listeners = listeners[current.transmission.node]
        var next = current.next
        while next < listeners.count {
            let listener = Int(listeners[next])
            next += 1
            guard isReceiving[listener] else { continue }
            arriving?.next = next
            return .received(node: listener, frame: current.frame)
        }
        return nil
    }
}
