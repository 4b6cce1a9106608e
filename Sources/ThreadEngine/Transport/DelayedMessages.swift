import EngineCore
import ThreadWire

/// A message that waits for its random delay, so that neighbors do not all answer at once.
struct DelayedMessage: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case parentResponse(to: ExtendedAddress, response: [UInt8])
        case linkRequest(to: RouterID)
        case linkAccept(to: ExtendedAddress, response: [UInt8], requested: [MLETLVType], margin: UInt8)
        case dataResponse
        case advertisement(to: ExtendedAddress)
        case discoveryResponse(to: IPv6Address, pan: PANID)
        case diagnosticAnswer([[UInt8]], to: IPv6Address)
    }

    var deadline: Instant
    var content: Content
}

extension ThreadEngine {
    /// Sends a message after a random delay. A message of the same content that waits already is enough.
    mutating func schedule(_ content: DelayedMessage.Content, within delay: Duration, now: Instant) {
        guard !delayed.contains(where: { $0.content == content }) else { return }
        guard delayed.count < configuration.delayedMessageLimit else { return drop(.queueFull) }
        delayed.append(DelayedMessage(deadline: now + entropy.open.duration(in: .zero...delay), content: content))
    }

    mutating func sendDelayed(now: Instant) {
        var isDue = false
        for index in delayed.indices where delayed[index].deadline <= now { isDue = true }
        guard isDue else { return }
        let due = delayed.filter { $0.deadline <= now }
        delayed.removeAll { $0.deadline <= now }
        for message in due {
            switch message.content {
            case .parentResponse(let child, let response): sendParentResponse(to: child, response: response, now: now)
            case .linkRequest(let id): sendLinkRequest(to: id, now: now)
            case .linkAccept(let neighbor, let response, let requested, let margin):
                sendLinkAccept(to: neighbor, response: response, requested: requested, margin: margin, now: now)
            case .dataResponse: sendMulticastDataResponse()
            case .advertisement(let neighbor):
                sendAdvertisement(to: IPv6Address(linkLocal: neighbor.interfaceIdentifier))
            case .discoveryResponse(let destination, let pan): sendDiscoveryResponse(to: destination, pan: pan)
            case .diagnosticAnswer(let parts, let destination):
                sendDiagnosticAnswer(parts[...], to: destination, now: now)
            }
        }
    }

    /// Forgets link requests to a router that wait.
    mutating func cancelLinkRequest(to id: RouterID) {
        delayed.removeAll { $0.content == .linkRequest(to: id) }
    }
}
