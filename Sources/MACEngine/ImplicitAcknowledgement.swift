import EngineCore
import LinkProfiles
import ThreadWire

// A next hop that is overheard passing a frame on has received it: its lost acknowledgement costs no repetition.
extension MACEngine {
    /// Looks at a frame for somebody else while one of this node's own waits to be sent again.
    /// - Deviation: docs/deviations.md#implicit-acknowledgement
    mutating func overhear(_ frame: MACFrame, _ received: ReceivedFrame, now: Instant) {
        guard profile.takesImplicitAcknowledgements, let transmission = unacknowledged,
            frame.header.frameType == .data, frame.header.security != nil,
            frame.header.source == transmission.request.destination,
            // The forwarded frame is as long as the one that was sent, but for a byte of the hops that are left.
            abs(frame.payload.count - transmission.request.payload.count) <= 1,
            let sender = extendedAddress(of: transmission.request.destination), filter.admits(sender)
        else { return }
        var bytes = received.bytes
        guard unsecure(&bytes, frame, sender: sender, now: now) != nil,
            Self.isForwarded(bytes[frame.payload], of: transmission.request.payload[...])
        else { return }
        implicitAcknowledgements &+= 1
        finish(
            transmission,
            .acknowledged(
                framePending: false, rssi: filter.rssi(for: sender) ?? received.rssi, snr: received.snr))
    }

    /// The frame that was sent at least once, whose acknowledgement has not come, and which is not being sent now. Only
    /// where waits are measured one that comes late still counts.
    var unacknowledged: Transmission? {
        switch transmitter {
        case .awaitingAcknowledgement(let transmission, _): transmission
        case .backingOff(let transmission, _), .waitingForRadio(let transmission):
            profile.measuresAcknowledgements && transmission.retries > 0 && transmission.isAcknowledgementRequested
                ? transmission : nil
        case .idle, .assessing, .transmitting: nil
        }
    }

    /// Whether two payloads with mesh headers are the same but for the hops that are left.
    /// - Source: RFC 4944 §5.2
    private static func isForwarded(_ one: ArraySlice<UInt8>, of other: ArraySlice<UInt8>) -> Bool {
        guard let first = one.first, let second = other.first, first >> 6 == 0b10, first & 0xf0 == second & 0xf0 else {
            return false
        }
        /// What stands behind the hops: four bits, or a byte of its own where these are all ones.
        func rest(_ payload: ArraySlice<UInt8>, _ first: UInt8) -> ArraySlice<UInt8> {
            payload.dropFirst(first & 0x0f == 0x0f ? 2 : 1)
        }
        return rest(one, first) == rest(other, second)
    }
}
