import EngineCore
import NodeEngine
import Simulator
import ThreadWire
import WireCore

/// A radio that answers at once and a peer that acknowledges every frame, so that only the node's own work is left.
struct InstantRadio {
    let engine: NodeEngine
    private(set) var now: Instant
    /// How many frames the node has sent: those that ask for an acknowledgement, and the acknowledgements it owed.
    private(set) var unicastCount = 0
    /// The last of them.
    private(set) var lastTransmitted: [UInt8] = []
    /// The acknowledgement of each sequence number, made ahead of the measurement.
    private let acknowledgements: [ReceivedFrame]

    init(engine: NodeEngine, now: Instant) {
        self.engine = engine
        self.now = now
        acknowledgements = (UInt8.min...UInt8.max).map { sequenceNumber in
            var writer = ByteWriter(capacity: 5)
            MACHeader(frameType: .acknowledgement, frameVersion: .ieee2006, sequenceNumber: sequenceNumber)
                .serialize(into: &writer)
            writer.write(repeating: 0, count: FrameCheckSequence.byteCount)
            var bytes = writer.bytes
            FrameCheckSequence.write(into: &bytes)
            return ReceivedFrame(bytes: bytes, rssi: IdealMedium.rssi, snr: IdealMedium.snr)
        }
    }

    /// Does all that the node asks for.
    mutating func drain() {
        while let output = engine.pollOutput() {
            switch output {
            case .transmit(let bytes):
                engine.handle(.transmitDone(.sent), now: now)
                // The low bits of the frame control tell the type, 2 for an acknowledgement; bit 5 asks for one. The
                // sequence number is the third byte.
                let isAcknowledgement = bytes[0] & 7 == 2
                let requestsAcknowledgement = bytes[0] & 0x20 != 0
                guard isAcknowledgement || requestsAcknowledgement else { continue }
                unicastCount += 1
                lastTransmitted = bytes
                if requestsAcknowledgement {
                    engine.handle(.received(acknowledgements[Int(bytes[2])]), now: now)
                }
            case .assessChannel: engine.handle(.channelActivity(isBusy: false), now: now)
            case .store(let record): engine.handle(.stored(record), now: now)
            case .setReceiver, .setChannel, .deliver, .readable, .echoReply, .event, .identityChanged, .diagnostic,
                .scan, .sniffed:
                break
            }
        }
    }

    /// Lets the time pass until the node has sent a frame to its peer.
    mutating func waitForUnicast() {
        let before = unicastCount
        drain()
        while unicastCount == before, let deadline = engine.nextDeadline {
            now = max(now, deadline)
            engine.handleDeadline(now: now)
            drain()
        }
    }
}
