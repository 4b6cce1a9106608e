import EngineCore
import ThreadWire
import WireCore

@testable import ThreadEngine

// Network diagnostics in a recording: their messages number their elements apart from all others.
extension Understudy {
    static func isDiagnostic(path: String) -> Bool {
        [
            TMFPath.diagnosticGet, TMFPath.diagnosticQuery, TMFPath.diagnosticReset, TMFPath.diagnosticAnswer,
        ].contains(path)
    }

    /// The operator of the recorded node asked for diagnostics: so does this engine's.
    mutating func askAsRecorded(_ recorded: RecordedMessage) {
        guard case .management(let message) = recorded.content, message.code.isRequest,
            let types = (try? [DiagnosticTLV](reading: message.payload))?.types
        else { return }
        switch message.uriPath {
        case TMFPath.diagnosticGet:
            act { _ = $0.startDiagnosticGet(types, from: recorded.destination, now: $1) }
        case TMFPath.diagnosticQuery:
            act { _ = $0.startDiagnosticQuery(types, to: recorded.destination, now: $1) }
        case TMFPath.diagnosticReset:
            act { _ = $0.sendDiagnosticReset(types, to: recorded.destination, now: $1) }
        default: break
        }
    }

    mutating func compareDiagnostics(_ own: [UInt8], _ expected: [UInt8], _ recorded: RecordedMessage) {
        let mine: [DiagnosticTLV]
        let theirs: [DiagnosticTLV]
        do {
            mine = try [DiagnosticTLV](reading: own)
            theirs = try [DiagnosticTLV](reading: expected)
        } catch {
            return differ(recorded, "cannot be read: \(error) \(expected)")
        }
        guard mine.map(\.type) == theirs.map(\.type) else {
            return differ(
                recorded, "has TLVs \(mine.map { "\($0.type)" }) instead of \(theirs.map { "\($0.type)" })")
        }
        for (one, other) in zip(mine, theirs) where !isSameDiagnostic(one, other) {
            differ(recorded, "says \(one) instead of \(other)")
        }
    }

    /// Whether two elements say the same, but for what is counted, measured, random or the name of a product.
    private func isSameDiagnostic(_ own: DiagnosticTLV, _ expected: DiagnosticTLV) -> Bool {
        switch (own, expected) {
        case (.macCounters, .macCounters), (.mleCounters, .mleCounters), (.queryID, .queryID),
            (.vendorName, .vendorName), (.vendorModel, .vendorModel), (.stackVersion, .stackVersion),
            (.vendorSoftwareVersion, .vendorSoftwareVersion), (.eui64, .eui64),
            (.vendorApplicationURL, .vendorApplicationURL):
            return true
        // In another order.
        case (.ipv6Addresses(let one), .ipv6Addresses(let other)):
            return one.sorted { $0.description < $1.description } == other.sorted { $0.description < $1.description }
        case (.leaderData(let one), .leaderData(let other)): return isEqual(MLETLV.leaderData(one), .leaderData(other))
        case (.route64(let one), .route64(let other)): return isEqual(MLETLV.route64(one), .route64(other))
        case (.connectivity(let one), .connectivity(let other)):
            return isEqual(MLETLV.connectivity(one), .connectivity(other))
        case (.networkData(let one), .networkData(let other)):
            return isEqual(MLETLV.networkData(one), .networkData(other))
        case (.child(.some(var one)), .child(.some(let other))):
            guard abs(Int(one.connectionTime) - Int(other.connectionTime)) <= 1 else { return false }
            one.age = other.age
            one.connectionTime = other.connectionTime
            one.link = Self.withoutMeasurements(one.link, other.link)
            one.queuedMessageCount = other.queuedMessageCount
            return one == other
        case (.routerNeighbor(.some(var one)), .routerNeighbor(.some(let other))):
            guard abs(Int(one.connectionTime) - Int(other.connectionTime)) <= 1 else { return false }
            one.connectionTime = other.connectionTime
            one.link = Self.withoutMeasurements(one.link, other.link)
            return one == other
        default: return own == expected
        }
    }

    /// A link with the other's strengths of signal and errors.
    private static func withoutMeasurements(_ own: DiagnosticLink, _ expected: DiagnosticLink) -> DiagnosticLink {
        DiagnosticLink(
            margin: own.margin, averageRSSI: expected.averageRSSI, lastRSSI: expected.lastRSSI,
            frameErrorRate: expected.frameErrorRate, messageErrorRate: expected.messageErrorRate)
    }
}
