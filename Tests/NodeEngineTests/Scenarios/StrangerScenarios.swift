import EngineCore
import LinkProfiles
import NodeEngine
import Simulator
import TestSupport
import Testing
import ThreadEngine
import ThreadWire

@testable import LowPANEngine
@testable import NodeEngine

@Suite("Scenarios: a stranger in the midst of a formed network")
struct StrangerScenarios {
    /// A formed grid of nine, and every frame that its nodes have sent.
    private final class Stage {
        let scenario: Scenario
        var frames: [[UInt8]] = []

        init(_ name: String, seed: UInt64) {
            // Answers to a flood take the air from advertisements.
            scenario = Scenario(
                name, TestNetworks.grid(3), seed: seed,
                disturbance: .flood)
            for node in scenario.network.nodes {
                let watch = node.observer
                node.observer = { [unowned self] output, now in
                    watch?(output, now)
                    if case .transmit(let frame) = output, self.frames.count < 5000 { self.frames.append(frame) }
                }
            }
            scenario.form(within: .seconds(600))
        }

        /// Lets one node receive a frame.
        func inject(_ frame: [UInt8], into node: VirtualNetwork.Node) {
            guard !frame.isEmpty else { return }
            scenario.network.with(node) { engine, now in
                engine.handle(
                    .received(ReceivedFrame(bytes: frame, rssi: DecibelMilliwatts(-60), snr: Decibels(30))), now: now)
            }
        }

        /// What the nodes are, and how often each was another thing before.
        var roles: [[UInt32]] {
            scenario.network.nodes.map { node in
                let counters = node.engine.thread.counters
                return Role.allCases.map { counters.entries(of: $0) }
            }
        }

        /// Afterwards all is as it was: nobody has lost its place, everybody reaches everybody, tables are within
        /// their limits.
        func finish(keepsRoles: Bool, roles before: [[UInt32]]) throws {
            scenario.run(for: .seconds(10))
            scenario.settle(within: .seconds(600), "at rest")
            if keepsRoles { #expect(roles == before) }
            try scenario.expectReachability()
            scenario.finish(allowing: Set(DropReason.allCases))
        }
    }

    @Test("100,000 mutated frames, of the network itself and of recordings, change nothing")
    func mutatedFrames() throws {
        let stage = Stage("100,000 mutated frames", seed: 41)
        try stage.scenario.expectReachability()
        let forger = Forger(profile: stage.scenario.network.profile)
        var frames = stage.frames
        for recording in try Fixtures.recordings(in: "thread") {
            frames += try Fixtures.recording(recording).map { $0.psdu }
        }
        let before = stage.roles
        var generator = SeededGenerator(seed: 41)
        let nodes = stage.scenario.network.nodes
        for number in 0..<100_000 {
            let mutated = generator.mutated(frames[Int.random(in: 0..<frames.count, using: &generator)])
            // One in eight keeps its wrong checksum.
            let frame = number % 8 == 0 ? Array(mutated.prefix(127)) : forger.checked(mutated)
            stage.inject(frame, into: nodes[Int.random(in: 0..<nodes.count, using: &generator)])
            if number % 10 == 0 { stage.scenario.run(for: .milliseconds(2)) }
        }
        let dropped = stage.scenario.drops.nonzero.reduce(0) { $0 + $1.count }
        #expect(dropped > 50_000)
        try stage.finish(keepsRoles: true, roles: before)
    }

    @Test("20,000 mutated MLE messages of one who knows the key, from as many senders, fill nothing")
    func insider() throws {
        let stage = Stage("20,000 mutated MLE messages under the key", seed: 42)
        var forger = Forger(profile: stage.scenario.network.profile)
        var messages: [[UInt8]] = []
        for recording in try Fixtures.recordings(in: "thread") {
            messages += try forger.recordedMessages(recording)
        }
        #expect(messages.count > 100)
        let before = stage.roles
        var generator = SeededGenerator(seed: 42)
        let nodes = stage.scenario.network.nodes
        for number in 0..<20_000 {
            let message = messages[Int.random(in: 0..<messages.count, using: &generator)]
            let node = nodes[Int.random(in: 0..<nodes.count, using: &generator)]
            let sender = ExtendedAddress(rawValue: UInt64.random(in: 0...(.max), using: &generator))
            let receiver = number % 2 == 0 ? nil : node.engine.thread.extendedAddress
            stage.inject(forger.message(generator.mutated(message), from: sender, to: receiver), into: node)
            stage.scenario.run(for: .milliseconds(2))
        }
        // A partition that seems better may have drawn routers away for a while: they come back.
        try stage.finish(keepsRoles: false, roles: before)
    }

    @Test("Fragments that overlap, exceed their datagram or never end, from many senders, fill nothing")
    func fragments() throws {
        let stage = Stage("50,000 forged fragments", seed: 43)
        var forger = Forger(profile: stage.scenario.network.profile)
        let before = stage.roles
        var generator = SeededGenerator(seed: 43)
        let nodes = stage.scenario.network.nodes
        for number in 0..<50_000 {
            let node = nodes[Int.random(in: 0..<nodes.count, using: &generator)]
            // Few tags and senders meet again, so that fragments overlap.
            let sender = LinkAddress.extended(
                ExtendedAddress(rawValue: UInt64.random(in: 1...40, using: &generator)))
            let isFirst = Bool.random(using: &generator)
            // An IPv6 header in the clear stands behind the first fragment's dispatch.
            let start: [UInt8] = [0x41, 0x60, 0, 0, 0, 0, 0, 17, 255]
            let length = 8 * Int.random(in: 0...9, using: &generator) + (number % 5 == 0 ? 3 : 0)
            let content = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let frame = forger.fragment(
                size: UInt16.random(in: 0...2047, using: &generator) / (number % 3 == 0 ? 1 : 8),
                tag: UInt16.random(in: 0...3, using: &generator),
                offset: isFirst ? nil : UInt8.random(in: 0...255, using: &generator),
                content: isFirst ? start + content : content, from: sender,
                to: .extended(node.engine.thread.extendedAddress))
            stage.inject(frame, into: node)
            #expect(node.engine.lowPAN.reassemblyCount <= node.engine.configuration.lowPAN.reassemblyLimit)
            if number % 10 == 0 { stage.scenario.run(for: .milliseconds(2)) }
        }
        let drops = stage.scenario.drops
        for reason in [
            DropReason.malformedLowPAN, .reassemblyOverlap, .reassemblyBuffersFull, .reassemblyTimeout,
            .datagramTooLarge,
        ] {
            #expect(drops[reason] > 0, "\(reason)")
        }
        try stage.finish(keepsRoles: true, roles: before)
    }

    @Test("Parent Requests from 5,000 senders that never come back leave room for one that does")
    func parentRequestFlood() throws {
        let stage = Stage("5,000 Parent Requests", seed: 44)
        var forger = Forger(profile: stage.scenario.network.profile)
        let before = stage.roles
        let request = MLEMessage(
            command: .parentRequest,
            tlvs: [
                .mode(.fullThreadDevice), .challenge([1, 2, 3, 4, 5, 6, 7, 8]), .scanMask(.routersAndEndDevices),
                .version(4),
            ])
        var isFull = false
        for number in 0..<5000 as Range<UInt64> {
            for node in stage.scenario.network.nodes {
                stage.inject(
                    forger.message(request.bytes, from: ExtendedAddress(rawValue: 0x1000 + number), to: nil),
                    into: node)
            }
            stage.scenario.run(for: .milliseconds(20))
            isFull = isFull || stage.scenario.drops[.childTableFull] > 0
        }
        #expect(isFull)
        let late = stage.scenario["N4"]
        stage.scenario.powerOff(late)
        stage.scenario.run(for: .seconds(1))
        stage.scenario.powerOn(late)
        try stage.finish(keepsRoles: false, roles: before)
    }
}
