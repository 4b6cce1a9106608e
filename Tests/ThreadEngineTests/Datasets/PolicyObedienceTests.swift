import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("What the security policy demands")
struct PolicyObedienceTests {
    private func dataset(_ seconds: UInt64, _ policy: SecurityPolicy) -> OperationalDataset {
        var dataset = ThreadHarness.dataset
        dataset.activeTimestamp = Timestamp(seconds: seconds)
        dataset.securityPolicy = policy
        return dataset
    }

    private static let noRouters = SecurityPolicy(rotationTime: 672, flags: 0xd7, moreFlags: 0xff)

    @Test("A leader that may not route any more gives its place up, a little later than a router would")
    func leader() {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { [changed = dataset(2, Self.noRouters)] in _ = $0.setDataset(changed, .active, now: $1) }
        node.run(for: .seconds(9))
        #expect(node.engine.role == .leader)
        node.run(for: node.engine.profile.routerSelectionJitter + .seconds(5))
        #expect(node.engine.role == .detached)
        node.run(for: .seconds(300))
        #expect(node.engine.role == .detached, "it forms no partition either")
    }

    @Test("How long it waits is what the user set for changes of role")
    func chosenJitter() {
        var node = ScriptedNode { $0.routerSelectionJitter = .seconds(1) }
        node.becomeLeader()
        node.with { [changed = dataset(2, Self.noRouters)] in _ = $0.setDataset(changed, .active, now: $1) }
        node.run(for: .seconds(9))
        #expect(node.engine.role == .leader)
        node.run(for: .seconds(5))
        #expect(node.engine.role == .detached)
    }

    @Test("A policy that permits routers again in time changes nothing")
    func permittedAgain() {
        var node = ScriptedNode()
        node.becomeLeader()
        node.with { [changed = dataset(2, Self.noRouters)] in _ = $0.setDataset(changed, .active, now: $1) }
        node.run(for: .seconds(5))
        node.with { [changed = dataset(3, .default)] in _ = $0.setDataset(changed, .active, now: $1) }
        node.run(for: .seconds(300))
        #expect(node.engine.role == .leader)
    }

    @Test("A child that may not route never asks for a router id, and takes nobody in")
    func child() {
        var node = ScriptedNode()
        node.with { [changed = dataset(2, Self.noRouters)] in _ = $0.setDataset(changed, .active, now: $1) }
        node.attachAsChild()
        #expect(!node.engine.canRoute)
        node.run(for: .seconds(200))
        #expect(node.datagrams.allSatisfy { $0.port == ThreadPort.mle })
    }
}
