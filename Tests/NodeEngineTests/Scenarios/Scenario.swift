import EngineCore
import Foundation
import LinkProfiles
import LoRaChannel
import NodeEngine
import Simulator
import Testing
import ThreadWire

@testable import ThreadEngine

/// A network under test: virtual time goes on only together with the invariants' checks, and at the end its drops are
/// judged and its traffic is printed.
final class Scenario {
    /// Whether scenarios run that take long; `make test-long` asks for them.
    static let isLong = ProcessInfo.processInfo.environment["HEDDLE_LONG"] == "1"

    /// The seeds that a scenario runs with: few by default, many when time does not matter.
    static func seeds(_ few: Int, long many: Int = 20) -> [UInt64] {
        (1...UInt64(isLong ? many : few)).map { $0 }
    }

    /// The links that small networks are tried on.
    static let profiles: [LinkProfile] = [.ieee802154, TestNetworks.lora]

    let name: String
    let network: VirtualNetwork
    let invariants: Invariants
    private let disturbance: Invariants.Disturbance
    /// How often the invariants are checked.
    static let checkInterval = Duration.seconds(2)
    private var nextCheck = Instant.zero
    /// Drops of engines that are no more.
    private var earlierDrops = DropCounters()
    private var notes: [String] = []
    private var nextEcho: UInt16 = 0

    init(
        _ name: String, _ topology: Topology, profile: LinkProfile = .ieee802154, seed: UInt64,
        disturbance: Invariants.Disturbance = .none,
        configure: (String, inout NodeEngine.Configuration) -> Void = { _, _ in }
    ) {
        self.name = "\(name), \(profile.name), seed \(seed)"
        network = TestNetworks.network(topology, profile: profile, seed: seed, configure: configure)
        self.disturbance = disturbance
        invariants = Invariants(network, tolerances: Invariants.Tolerances(profile, after: disturbance))
        for node in network.nodes { watch(node) }
    }

    private func watch(_ node: VirtualNetwork.Node) {
        node.observer = { [network, counters = invariants.counters, unowned node] output, _ in
            if case .transmit(let frame) = output { counters.note(frame, from: node, of: network) }
        }
    }

    subscript(name: String) -> VirtualNetwork.Node { network[name] }

    // MARK: Time

    /// Lets time pass.
    func run(for duration: Duration) {
        let end = network.now + duration
        while network.now < end {
            network.run(for: min(end.since(network.now), Self.checkInterval))
            check()
        }
    }

    private func check() {
        guard network.now >= nextCheck else { return }
        nextCheck = network.now + Self.checkInterval
        invariants.check()
    }

    /// Lets time pass until the network has come to rest, in one partition where all nodes can reach each other.
    @discardableResult
    func settle(within limit: Duration, _ what: String = "formed") -> Duration? {
        let start = network.now
        while true {
            let fault = Settlement(network: network).firstFault()
            guard let fault else {
                let time = network.now.since(start)
                notes.append("\(what) in \(time.wholeSeconds) s")
                return time
            }
            guard network.now.since(start) < limit else {
                Issue.record("\(name): not \(what) in \(limit): \(fault)\n\(state)")
                return nil
            }
            run(for: Self.checkInterval)
        }
    }

    /// Gives the nodes their network and lets them come to rest, until each has decided whether to be a router.
    func form(_ nodes: [VirtualNetwork.Node]? = nil, within limit: Duration) {
        for node in network.nodes where nodes?.contains(where: { $0 === node }) == false { network.powerOff(node) }
        network.start(TestNetworks.dataset, nodes: nodes)
        settle(within: limit)
        let end = network.now + limit
        // A child that has no id yet decides anew when it hears its parent.
        repeat {
            run(for: network.profile.advertisementIntervalMaximumCeiling)
        } while network.now < end && network.running.contains { isUndecided($0.engine.thread) }
        settle(within: limit, "decided")
    }

    private func isUndecided(_ thread: ThreadEngine) -> Bool {
        thread.routerSelectionDeadline != nil || thread.solicitation != nil
    }

    // MARK: Faults

    func powerOff(_ node: VirtualNetwork.Node) {
        earlierDrops.add(node.engine.drops)
        network.powerOff(node)
    }

    /// Gives a node its power, and its network if it never had one.
    func powerOn(_ node: VirtualNetwork.Node) {
        network.powerOn(node)
        if node.engine.dataset == nil { network.start(TestNetworks.dataset, nodes: [node]) }
    }

    // MARK: Traffic

    /// How much may go wrong before a node counts as out of reach.
    struct Patience {
        /// How many Address Queries may be lost. They are multicast: nobody repeats them.
        var queries = 1
        /// How many echoes may be refused on their way, because a node is no longer where it was: that is how the
        /// sender learns of it.
        var staleAddresses = 0
        /// How many echoes may be lost on their way, there or back.
        var echoes = 0
    }

    /// What a scenario has reason to be patient with.
    /// - Parameter isChanging: whether nodes have changed their places since they were last spoken to.
    func patience(isChanging: Bool = false, isLossy: Bool = false) -> Patience {
        Patience(
            queries: isLossy ? 3 : 1, staleAddresses: isChanging || disturbance != .none ? 1 : 0,
            echoes: isLossy || network.profile.losesFrames ? 1 : 0)
    }

    /// What became of an attempt to reach a node.
    struct Reach {
        var isReached = false
        var failedQueries = 0
        var staleAddresses = 0
        var lostEchoes = 0
    }

    /// How many datagrams were refused because an address was not found, and how often a sender was told so, or that
    /// a node is not where it had been.
    private var (failedQueries, refusals) = (0, 0)

    /// Sends an echo to a node's mesh-local address until it is answered.
    func ping(
        _ source: VirtualNetwork.Node, _ target: VirtualNetwork.Node, byteCount: Int = 16,
        patience: Patience? = nil
    ) throws -> Reach {
        let address = try #require(target.engine.thread.meshLocalEID)
        return try ping(source, at: address, byteCount: byteCount, patience: patience)
    }

    /// Sends an echo to an address until it is answered, or patience is at an end.
    func ping(
        _ source: VirtualNetwork.Node, at address: IPv6Address, byteCount: Int = 16, patience: Patience? = nil
    ) throws -> Reach {
        let patience = patience ?? self.patience()
        let payload = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) }
        var reach = Reach()
        while true {
            nextEcho &+= 1
            let sequence = nextEcho
            let known = source.echoReplies.count
            let (before, strangers) = (drops, source.engine.drops[.unknownPeer])
            try network.with(source) { engine, now in
                try engine.sendEcho(to: address, identifier: 9, sequence: sequence, payload: payload, now: now)
            }
            let isAnswered = network.run(
                until: { _ in source.echoReplies.dropFirst(known).contains { $0.sequence == sequence } },
                within: .seconds(8))
            check()
            if isAnswered != nil {
                #expect(source.echoReplies.last?.payload == payload, "\(name)")
                reach.isReached = true
                return reach
            }
            // Of the sender, or of the target, which has to find the sender.
            let after = drops
            refusals += Int(after[.noListener] - before[.noListener])
            if after[.addressUnresolved] > before[.addressUnresolved] {
                reach.failedQueries += 1
                failedQueries += Int(after[.addressUnresolved] - before[.addressUnresolved])
                // An address that was not found is not asked for again at once.
                run(for: network.profile.addressQueryInitialRetryDelay)
            } else if after[.noListener] > before[.noListener] || after[.noRoute] > before[.noRoute]
                || source.engine.drops[.unknownPeer] > strangers
            {
                // Told to the sender, or within a mesh header to nobody; or the answer came from a neighbor that has
                // just become a router, whose new place the sender has not heard of.
                reach.staleAddresses += 1
            } else {
                reach.lostEchoes += 1
            }
            guard reach.failedQueries <= patience.queries, reach.staleAddresses <= patience.staleAddresses,
                reach.lostEchoes <= patience.echoes
            else { return reach }
        }
    }

    /// Expects that every node reaches the mesh-local address of every other.
    /// - Parameters:
    ///   - sample: of how many pairs, the same in every run; nil for all.
    ///   - patience: with each pair.
    ///   - maximumCost: pairs whose way costs more are left out.
    func expectReachability(
        sample: Int? = nil, patience: Patience? = nil, maximumCost: UInt8 = .max
    ) throws {
        var pairs: [(VirtualNetwork.Node, VirtualNetwork.Node)] = []
        for source in network.running {
            for target in network.running where target !== source {
                let cost = source.engine.thread.path(to: target.engine.thread.rloc16)?.cost
                if maximumCost == .max || cost ?? .max <= maximumCost { pairs.append((source, target)) }
            }
        }
        if let sample {
            var generator = OpenEntropy(seed: UInt64(pairs.count))
            pairs = Array(pairs.shuffled(using: &generator).prefix(sample))
        }
        var (failedQueries, staleAddresses, lostEchoes) = (0, 0, 0)
        for (source, target) in pairs {
            let reach = try ping(source, target, patience: patience)
            if !reach.isReached {
                Issue.record(
                    "\(name): \(source.name) does not reach \(target.name): \(reach)\n\(state)")
            }
            failedQueries += reach.failedQueries
            staleAddresses += reach.staleAddresses
            lostEchoes += reach.lostEchoes
        }
        var note = "\(pairs.count) pairs ping"
        if failedQueries > 0 { note += ", \(failedQueries) queries failed" }
        if staleAddresses > 0 { note += ", \(staleAddresses) addresses were stale" }
        if lostEchoes > 0 { note += ", \(lostEchoes) echoes lost" }
        notes.append(note)
    }

    // MARK: End

    /// All that was dropped, by reason.
    var drops: DropCounters {
        var all = earlierDrops
        for node in network.running { all.add(node.engine.drops) }
        return all
    }

    /// What happens on every shared channel: frames for others are overheard, multicast comes back, and end devices
    /// hear the multicast of routers that are not their parent.
    static let usualDrops: Set<DropReason> = [
        .notForThisNode, .duplicateMulticast, .unknownPeer, .addressChanged,
    ]
    /// What follows where several partitions form and merge: nodes hear of others than their own, answers come when
    /// another one was taken, and the leader answers before it knows the way back.
    static let formationDrops: Set<DropReason> = [.foreignPartition, .unexpectedMLE, .staleChallenge, .noRoute]
    /// What follows where nodes that do not hear each other send at the same time: frames and acknowledgements are
    /// lost, so frames are repeated, and what was lost for good arrives in part.
    static let collisionDrops: Set<DropReason> = [
        .duplicateFrame, .noAcknowledgement, .channelBusy, .reassemblyTimeout,
    ]
    /// What follows where nodes or links are gone and others do not know yet: answers come that nobody waits for.
    static let changeDrops: Set<DropReason> = [.unexpectedTMF]

    /// Judges the whole run and prints what it took.
    /// - Parameter allowed: why frames may have been dropped, besides for the reasons of every network that forms.
    func finish(allowing allowed: Set<DropReason> = []) {
        invariants.check()
        for violation in invariants.violations { Issue.record("\(name): \(violation)") }
        #expect(invariants.counters.count > 0, "\(name): no secured frame was seen")
        var all = allowed.union(Self.usualDrops).union(Self.formationDrops).union(Self.collisionDrops)
        // A datagram whose address was not found, or is stale, is refused; its sender, a ping, listens to no errors.
        if drops[.addressUnresolved] <= failedQueries { all.insert(.addressUnresolved) }
        // So is one whose frame was given up, though it may have arrived and only its acknowledgement was lost.
        if failedQueries + refusals > 0 || drops[.noAcknowledgement] > 0 || drops[.noRoute] > 0 {
            all.insert(.noListener)
        }
        let unexpected = drops.nonzero.filter { !all.contains($0.reason) }
        #expect(unexpected.isEmpty, "\(name): dropped for \(unexpected)\n\(state)")
        let frames = network.nodes.reduce(0) { $0 + $1.transmittedFrames }
        let bytes = network.nodes.reduce(0) { $0 + $1.transmittedBytes }
        print(
            "scenario \(name): \(frames) frames, \(bytes) bytes in \(network.now.since(.zero).wholeSeconds) s; \(notes.joined(separator: "; "))"
        )
    }

    /// What each node is, for a failure's message.
    var state: String {
        network.nodes.map { node in
            let thread = node.engine.thread
            let links = thread.routers.routers.filter { $0.isLinkValid }.map { "\($0.id)" }
            return """
                \(node.name)\(node.isOn ? "" : " (off)") \(thread.role) \(thread.rloc16) of \
                \(thread.partitionID?.rawValue ?? 0), parent \(thread.parent?.rloc16.description ?? "none"), \
                children \(thread.children.valid.map { $0.neighbor.rloc16 }), routers \(thread.routers.count) \
                links \(links) drops \(node.engine.drops.nonzero.map { "\($0.reason) \($0.count)" })
                """
        }.joined(separator: "\n") + "\nlosses \(network.losses)"
    }
}

extension LinkProfile {
    /// Whether frames are lost for good now and then, where nodes that do not hear each other send at once: a frame is
    /// repeated but a few times.
    var losesFrames: Bool { maximumFrameRetries < LinkProfile.ieee802154.maximumFrameRetries }
}
