import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// Diagnostic requests that a session's command waits for.
struct DiagnosticTask {
    /// What is made of the answers.
    enum Purpose: Equatable {
        /// All elements are printed.
        case elements
        /// Each router of the partition is asked for its links; those in `waiting` when others have answered.
        case topology([DiagnosticTLVType], waiting: [RouterID])
        /// The lists of one router, element by element up to the empty one.
        case list
        /// The node that an anycast locator stands for.
        case location
    }

    var purpose: Purpose
    /// The numbers of the requests whose answers are waited for.
    var open: [UInt32] = []
    /// Whether an answer that was wanted did not come.
    var isIncomplete = false
    /// The part of a list that must come next.
    var nextPart = 0
}

// Diagnostic requests of all sessions.
extension CommandInterpreter {
    /// How many routers are asked at once: fewer than the node may have requests open, so that other sessions find
    /// room as well.
    private static let routersAskedAtOnce = 4

    /// Begins to ask the routers of the partition.
    /// - Returns: false when there is none to ask, or the node has too many requests open.
    func startTopology(_ types: [DiagnosticTLVType], session: Session, on node: NodeEngine, now: Instant) -> Bool {
        // This node itself answers first, as in OpenThread.
        let own = node.thread.role.isRouting ? [node.thread.rloc16.routerID] : []
        let routers = own + node.thread.routers.routers.map(\.id).filter { !own.contains($0) }
        sessions[session]?.diagnostic = DiagnosticTask(purpose: .topology(types, waiting: routers))
        askNextRouters(for: session, on: node, now: now)
        guard sessions[session]?.diagnostic?.open.isEmpty == true else { return true }
        sessions[session]?.diagnostic = nil
        return false
    }

    private func askNextRouters(for session: Session, on node: NodeEngine, now: Instant) {
        guard var task = sessions[session]?.diagnostic, case .topology(let types, var waiting) = task.purpose else {
            return
        }
        while task.open.count < Self.routersAskedAtOnce, let next = waiting.first,
            let destination = node.thread.locatorAddress(next.rloc16)
        {
            guard let id = node.startDiagnosticGet(types, from: destination, now: now) else {
                // There will be room when an answer has come; without one to wait for there is no hope.
                if task.open.isEmpty {
                    task.isIncomplete = true
                    waiting.removeAll()
                }
                break
            }
            waiting.removeFirst()
            task.open.append(id)
        }
        task.purpose = .topology(types, waiting: waiting)
        sessions[session]?.diagnostic = task
    }

    /// Takes what a request brought.
    func handleDiagnostic(_ report: DiagnosticReport, on node: NodeEngine, now: Instant) {
        guard
            let session = sessions.first(where: { $0.value.diagnostic?.open.contains(report.id) == true })?.key,
            let task = sessions[session]?.diagnostic
        else { return }
        switch report.content {
        case .answer(let payload, from: let source):
            switch task.purpose {
            case .elements: printElements(payload, from: source, to: session)
            case .topology: printRouter(payload, to: session, on: node)
            case .location: printLocation(payload, to: session, on: node)
            case .list: printList(payload, of: report.id, to: session, on: node, now: now)
            }
        case .ended(let isComplete):
            sessions[session]?.diagnostic?.open.removeAll { $0 == report.id }
            if !isComplete { sessions[session]?.diagnostic?.isIncomplete = true }
            askNextRouters(for: session, on: node, now: now)
            guard let task = sessions[session]?.diagnostic, task.open.isEmpty else { return }
            finishDiagnostic(of: session, on: node, now: now)
        }
    }

    private func finishDiagnostic(of session: Session, on node: NodeEngine, now: Instant) {
        guard let task = sessions[session]?.diagnostic else { return }
        sessions[session]?.diagnostic = nil
        for id in task.open { node.closeDiagnostic(id) }
        // `networkdiagnostic` prints what came and is content, as in OpenThread.
        let isFailed = task.isIncomplete && task.purpose != .elements
        end(session, isFailed ? .failed(.responseTimeout) : .done, on: node, now: now)
    }

    // MARK: Printing

    private func printElements(_ payload: [UInt8], from source: IPv6Address, to session: Session) {
        print("DIAG_GET.rsp/ans from \(source): \(hexadecimal(payload))", to: session)
        var reader = ByteReader(payload)
        // What cannot be read ends the list; what stands before it is of use.
        while !reader.isAtEnd, let tlv = try? DiagnosticTLV(parsing: &reader) {
            for line in tlv.lines { print(line, to: session) }
        }
    }

    private func printLocation(_ payload: [UInt8], to session: Session, on node: NodeEngine) {
        guard let answer = try? TMFMessage(payload), let identifier = answer.meshLocalEID, let rloc16 = answer.rloc16,
            let prefix = node.thread.network?.meshLocalPrefix
        else {
            sessions[session]?.diagnostic?.isIncomplete = true
            return
        }
        print("\(IPv6Address(prefix: prefix, interfaceIdentifier: identifier)) \(rloc16.prefixed)", to: session)
    }

    private func printRouter(_ payload: [UInt8], to session: Session, on node: NodeEngine) {
        var reader = ByteReader(payload)
        guard let tlvs = try? [DiagnosticTLV](parsing: &reader),
            let description = RouterDescription(tlvs, seenFrom: node.thread)
        else {
            sessions[session]?.diagnostic?.isIncomplete = true
            return
        }
        for line in description.lines { print(line, to: session) }
    }

    private func printList(
        _ payload: [UInt8], of id: UInt32, to session: Session, on node: NodeEngine, now: Instant
    ) {
        var reader = ByteReader(payload)
        guard let task = sessions[session]?.diagnostic, let tlvs = try? [DiagnosticTLV](parsing: &reader),
            tlvs.contains(where: { if case .answer(let part) = $0 { part.index == task.nextPart } else { false } })
        else {
            sessions[session]?.diagnostic?.isIncomplete = true
            return finishDiagnostic(of: session, on: node, now: now)
        }
        sessions[session]?.diagnostic?.nextPart += 1
        for tlv in tlvs {
            switch tlv {
            case .child(let child?): for line in child.lines { print(line, to: session) }
            case .routerNeighbor(let neighbor?): for line in neighbor.lines { print(line, to: session) }
            case .childIPv6Addresses(let child?):
                print("child-rloc16: \(child.rloc16.prefixed)", to: session)
                for address in child.addresses { print("    \(address)", to: session) }
            case .child(nil), .routerNeighbor(nil), .childIPv6Addresses(nil):
                return finishDiagnostic(of: session, on: node, now: now)
            default: break
            }
        }
    }
}

/// What `meshdiag topology` prints of one router.
private struct RouterDescription {
    let lines: [String]

    /// - Returns: nil when the answer lacks what must be in it.
    init?(_ tlvs: [DiagnosticTLV], seenFrom thread: ThreadEngine) {
        var rloc16: RLOC16?
        var extendedAddress: ExtendedAddress?
        var route: Route64?
        var version: UInt16?
        var addresses: [IPv6Address]?
        var children: [DiagnosticChildTableEntry]?
        for tlv in tlvs {
            switch tlv {
            case .address16(let value): rloc16 = value
            case .extendedAddress(let value): extendedAddress = value
            case .route64(let value): route = value
            case .version(let value): version = value
            case .ipv6Addresses(let value): addresses = value
            case .childTable(let value): children = value
            default: break
            }
        }
        guard let rloc16, let extendedAddress, let route else { return nil }
        let borderRouters = thread.borderRouters
        let id = rloc16.routerID
        var lines = [
            "id:\(zeroPadded(Int64(id.rawValue), digits: 2)) rloc16:\(rloc16.prefixed) ext-addr:\(extendedAddress)"
                + (version.map { " ver:\($0)" } ?? "") + (rloc16 == thread.rloc16 ? " - me" : "")
                + (thread.role == .child && rloc16 == thread.parent?.rloc16 ? " - parent" : "")
                + (id == thread.leaderData?.leaderRouterID ? " - leader" : "")
                + (borderRouters.contains(rloc16) ? " - br" : "")
        ]
        for quality: UInt8 in [3, 2, 1] {
            let ids = zip(route.routerIDMask, route.entries).filter { $0.1.linkQualityIn == quality }
                .map { zeroPadded(Int64($0.0.rawValue), digits: 2) + " " }
            if !ids.isEmpty { lines.append("    \(quality)-links:{ \(ids.joined())}") }
        }
        if let addresses { lines += ["    ip6-addrs:"] + addresses.map { "        \($0)" } }
        if let children {
            lines.append(children.isEmpty ? "    children: none" : "    children:")
            for child in children {
                let place = RLOC16(routerID: id, childID: child.childID)
                lines.append(
                    "        rloc16:\(place.prefixed) lq:\(child.linkQuality), mode:\(child.mode)"
                        + (place == thread.rloc16 ? " - me" : "") + (borderRouters.contains(place) ? " - br" : ""))
            }
        }
        self.lines = lines
    }
}

extension ThreadEngine {
    /// The nodes through which other networks are reached.
    fileprivate var borderRouters: Set<RLOC16> {
        var found: Set<RLOC16> = []
        for prefix in ((try? NetworkData(networkData)) ?? NetworkData()).prefixes {
            for route in prefix.routes { found.insert(route.rloc16) }
            for router in prefix.borderRouters
            where router.flags.contains(.onMesh)
                && !router.flags.isDisjoint(with: [.defaultRoute, .domainPrefix])
            {
                found.insert(router.rloc16)
            }
        }
        return found
    }
}
