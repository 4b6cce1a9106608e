public import EngineCore
import LinkProfiles
public import ThreadWire
import WireCore

/// What is to be looked for, and where.
public struct ScanRequest: Equatable, Sendable {
    /// What is sent on each channel, so that others answer.
    public enum Probe: Equatable, Sendable {
        /// A beacon request; beacons answer it.
        case beaconRequest
        /// An unsecured frame with this payload to everybody in every network.
        case broadcast([UInt8])
    }

    /// In the order in which they are visited.
    public var channels: [UInt8]
    /// How long to listen on each.
    public var duration: Duration
    public var probe: Probe

    public init(channels: [UInt8], duration: Duration, probe: Probe) {
        self.channels = channels
        self.duration = duration
        self.probe = probe
    }
}

/// A beacon that was heard during a scan.
public struct BeaconReport: Equatable, Sendable {
    public var panID: PANID
    public var extendedAddress: ExtendedAddress
    public var channel: UInt8
    public var rssi: DecibelMilliwatts
    /// What stands in the beacon behind its header; empty from OpenThread of today.
    public var payload: [UInt8]
}

/// A scan under way.
struct Scan: Equatable, Sendable {
    var channels: ArraySlice<UInt8>
    let duration: Duration
    let probe: ScanRequest.Probe
}

/// How far a scan has come.
///
///     idle ──start──▶ waiting ──radio free──▶ probing ──probe sent or lost──▶ listening
///       ▲               │   ▲                                                     │
///       └─ no channel ──┘   └────────────────────── time over ────────────────────┘
enum ScanState: Equatable, Sendable {
    case idle
    /// The frame under way and the acknowledgements that this node owes go first.
    case waiting(Scan)
    /// The probe waits for the channel or is being sent.
    case probing(Scan)
    case listening(Scan, until: Instant)

    /// What happens to a scan.
    enum Event: Equatable, Sendable {
        case start(Scan)
        /// The transmitter has nothing to do and owes nothing.
        case radioFree
        /// The probe was sent or given up.
        case probeDone(now: Instant)
        case deadline(now: Instant)
        case cancel
    }

    /// What is to be done about it.
    enum Action: Equatable, Sendable {
        case none
        /// A scan goes on already.
        case refuse
        /// Tune to a channel and send the probe.
        case probe(channel: UInt8, ScanRequest.Probe)
        /// Return to the own channel and tell that the scan is over.
        case finish
        /// Return to the own channel.
        case abandon
    }

    consuming func handle(_ event: Event) -> (state: ScanState, action: Action) {
        switch (self, event) {
        case (.idle, .start(let scan)):
            return scan.channels.isEmpty ? (.idle, .finish) : (.waiting(scan), .none)
        case (.idle, .radioFree), (.idle, .probeDone), (.idle, .deadline), (.idle, .cancel): return (.idle, .none)
        case (let state, .start): return (state, .refuse)
        case (.waiting(let scan), .radioFree): return Self.next(scan)
        case (.waiting, .cancel): return (.idle, .abandon)
        case (.waiting(let scan), .probeDone), (.waiting(let scan), .deadline): return (.waiting(scan), .none)
        case (.probing(let scan), .probeDone(let now)): return (.listening(scan, until: now + scan.duration), .none)
        case (.probing, .cancel): return (.idle, .abandon)
        case (.probing(let scan), .radioFree), (.probing(let scan), .deadline): return (.probing(scan), .none)
        case (.listening(let scan, let until), .deadline(let now)):
            return until <= now ? (.waiting(scan), .none) : (.listening(scan, until: until), .none)
        case (.listening, .cancel): return (.idle, .abandon)
        case (.listening(let scan, let until), .radioFree), (.listening(let scan, let until), .probeDone):
            return (.listening(scan, until: until), .none)
        }
    }

    private static func next(_ scan: Scan) -> (state: ScanState, action: Action) {
        var scan = scan
        guard let channel = scan.channels.popFirst() else { return (.idle, .finish) }
        return (.probing(scan), .probe(channel: channel, scan.probe))
    }

    var isActive: Bool { if case .idle = self { false } else { true } }

    var deadline: Instant? { if case .listening(_, let until) = self { until } else { nil } }
}

// Visiting other channels, to look for networks there.
//
// Nothing else is sent meanwhile, and what comes on another channel is no frame of this node's network.
// - Source: OpenThread as observed: recording scan
extension MACEngine {
    /// The handle of a scan's own frames; their confirmation does not leave the engine.
    static let scanHandle = UInt32.max

    public var isScanning: Bool { scan.isActive }

    /// The channel that the radio is tuned to.
    public var currentChannel: UInt8 { awayChannel ?? channel }

    /// Whether the radio is on the network's own channel and will not leave it by itself.
    public var isAtHome: Bool { !scan.isActive && awayChannel == nil }

    /// Begins a scan. Beacons come out as `.beacon`, and `.scanFinished` at the end.
    /// - Returns: false while another one goes on.
    public mutating func startScan(_ request: ScanRequest, now: Instant) -> Bool {
        clock = now
        guard !scan.isActive else { return false }
        handleScan(
            .start(Scan(channels: request.channels[...], duration: request.duration, probe: request.probe)), now: now)
        proceed(now: now)
        return true
    }

    mutating func handleScan(_ event: ScanState.Event, now: Instant) {
        let (state, action) = scan.handle(event)
        scan = state
        switch action {
        case .none, .refuse: break
        case .probe(let channel, let probe):
            tune(to: channel)
            begin(scanProbe(probe), now: now)
        case .finish:
            tune(to: channel)
            emit(.scanFinished)
        case .abandon: tune(to: channel)
        }
    }

    /// Lets the radio change its channel, if it is on another.
    mutating func tune(to target: UInt8) {
        guard target != currentChannel else { return }
        awayChannel = target == channel ? nil : target
        emit(.setChannel(target))
    }

    private func scanProbe(_ probe: ScanRequest.Probe) -> Transmission {
        let isBeaconRequest = probe == .beaconRequest
        var payload = [MACCommandIdentifier.beaconRequest.rawValue]
        if case .broadcast(let bytes) = probe { payload = bytes }
        return Transmission(
            request: MACRequest(
                handle: Self.scanHandle, destination: .broadcast, source: isBeaconRequest ? .none : .extended,
                frameType: isBeaconRequest ? .macCommand : .data, payload: payload, security: .none,
                requestsAcknowledgement: false, priority: .control, destinationPAN: .broadcast), expiresAt: nil)
    }

    /// Takes a beacon during a scan, whoever sent it.
    /// - Returns: whether the frame was one for the scan, or none for this node as long as it is elsewhere.
    mutating func handleDuringScan(_ frame: MACFrame, _ received: ReceivedFrame) -> Bool {
        let header = frame.header
        if scan.isActive, header.frameType == .beacon {
            counters.receiveBeacon &+= 1
            guard case .extended(let sender) = header.source, let pan = header.sourcePAN, header.security == nil
            else {
                drops.count(.unsupportedFrame)
                return true
            }
            emit(
                .beacon(
                    BeaconReport(
                        panID: pan, extendedAddress: sender, channel: currentChannel,
                        rssi: filter.rssi(for: sender) ?? received.rssi,
                        payload: Array(received.bytes[frame.payload]))))
            return true
        }
        // Elsewhere only answers to a broadcast probe are of use, which come unsecured.
        guard awayChannel != nil, header.frameType != .data || header.security != nil else { return false }
        counters.receiveDestinationAddressFiltered &+= 1
        drops.count(.notForThisNode)
        return true
    }
}
