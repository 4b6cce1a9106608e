public import EngineCore
import IPEngine
import MACEngine
import ThreadEngine
public import ThreadWire

// Network diagnostics: what this node tells others of itself, and what it asks them.
extension NodeEngine {
    /// Asks one node, or all of a group; answers come out as `.diagnostic` under the number returned.
    /// - Returns: nil when this node is not attached or has too many requests open.
    public func startDiagnosticGet(
        _ types: [DiagnosticTLVType], from destination: IPv6Address, now: Instant
    ) -> UInt32? {
        gatherDiagnosticFacts()
        defer { settle(now: now) }
        return thread.startDiagnosticGet(types, from: destination, now: now)
    }

    /// Asks for what may take several messages to tell.
    /// - Returns: as `startDiagnosticGet`.
    public func startDiagnosticQuery(
        _ types: [DiagnosticTLVType], to destination: IPv6Address, now: Instant
    ) -> UInt32? {
        gatherDiagnosticFacts()
        defer { settle(now: now) }
        return thread.startDiagnosticQuery(types, to: destination, now: now)
    }

    /// Asks who an anycast locator stands for.
    /// - Returns: as `startDiagnosticGet`; nil also when the address is no anycast locator.
    public func startLocating(_ anycast: IPv6Address, now: Instant) -> UInt32? {
        gatherDiagnosticFacts()
        defer { settle(now: now) }
        return thread.startLocating(anycast, now: now)
    }

    /// Lets a node count from zero again.
    /// - Returns: false when this node is not attached or has too many requests open.
    @discardableResult
    public func sendDiagnosticReset(_ types: [DiagnosticTLVType], to destination: IPv6Address, now: Instant) -> Bool {
        gatherDiagnosticFacts()
        defer { settle(now: now) }
        return thread.sendDiagnosticReset(types, to: destination, now: now)
    }

    /// Waits no longer for the answers to a request.
    public func closeDiagnostic(_ id: UInt32) { thread.closeDiagnostic(id) }

    /// Lets the Thread engine know what diagnostics tell of the other engines.
    func gatherDiagnosticFacts() {
        var queued: [RLOC16: UInt16] = [:]
        for child in thread.children.valid where !child.neighbor.mode.isReceiverOnWhenIdle {
            queued[child.neighbor.rloc16] = UInt16(clamping: queuedDatagramCount(for: child.neighbor))
        }
        thread.diagnosticFacts = DiagnosticFacts(
            macCounters: mac.counters.diagnosticCounters, addresses: ip.unicastAddresses.map { $0.address },
            queuedMessages: queued)
    }
}

extension MACCounters {
    /// The counters in the groups that diagnostics have.
    /// - Source: OpenThread as observed
    fileprivate var diagnosticCounters: DiagnosticMACCounters {
        func sum(_ counts: UInt64...) -> UInt32 { UInt32(truncatingIfNeeded: counts.reduce(0, &+)) }
        return DiagnosticMACCounters(
            inUnknownProtocols: sum(receiveOther),
            inErrors: sum(
                receiveErrorNoFrame, receiveErrorUnknownNeighbor, receiveErrorInvalidSourceAddress,
                receiveErrorSecurity, receiveErrorFrameCheckSequence, receiveErrorOther),
            outErrors: sum(transmitErrorClearChannelAssessment), inUnicast: sum(receiveUnicast),
            inBroadcast: sum(receiveBroadcast),
            inDiscards: sum(receiveAddressFiltered, receiveDestinationAddressFiltered, receiveDuplicated),
            outUnicast: sum(transmitUnicast), outBroadcast: sum(transmitBroadcast),
            outDiscards: sum(transmitErrorBusyChannel))
    }
}
