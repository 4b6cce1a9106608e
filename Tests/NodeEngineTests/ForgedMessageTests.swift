import EngineCore
import NodeEngine
import Simulator
import TestSupport
import Testing
import ThreadEngine
import ThreadWire

@Suite("Forged MLE messages")
struct ForgedMessageTests {
    @Test("Messages without security, and those that were sealed with no key, are dropped and counted")
    func forged() throws {
        let network = TestNetworks.network(TestNetworks.line(2), seed: 31)
        network.start(TestNetworks.dataset)
        _ = try #require(network.run(until: { $0.isFullyRouted }, within: .seconds(600)))
        let before = network["N1"].engine.thread
        let source = network["N0"].engine.thread.linkLocalAddress
        var generator = SeededGenerator(seed: 31)
        var thread = before
        for number in 0..<10_000 {
            // Suite 255 is MLE without security; suite 0 carries a header and what should be sealed.
            let isOpen = number.isMultiple(of: 2)
            let content = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let header: [UInt8] = isOpen ? [255, 4] : [0, 0x15, 0, 0, 1, 0, 0, 0, 0, 0, 1]
            thread.handle(
                IncomingDatagram(
                    source: source, destination: .linkLocalAllNodes, port: ThreadPort.mle, payload: header + content,
                    hopLimit: 255, isLinkSecured: false, rssi: DecibelMilliwatts(-60), snr: Decibels(9)),
                now: network.now)
        }
        #expect(thread.drops[.unsecuredMLE] == before.drops[.unsecuredMLE] + 5000)
        #expect(thread.drops[.messageIntegrityCode] == before.drops[.messageIntegrityCode] + 5000)
        #expect(thread.role == before.role)
        #expect(thread.routers == before.routers)
        #expect(thread.children == before.children)
        #expect(thread.leaderData == before.leaderData)
    }
}
