import EngineCore
import MACEngine
import Testing
import ThreadWire

@Suite("Reserve of frame counters")
struct FrameCounterReserveTests {
    @Test("At the limit secured frames wait, are asked for once, and go on when it is raised")
    func limit() throws {
        let air = TestAir()
        air.link()
        air.nodes[0].engine.frameCounter = 10
        air.nodes[0].engine.frameCounterLimit = 12
        for handle: UInt32 in 1...4 { air.submit(0, TestAir.data(handle, to: 1)) }
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2])
        #expect(air.nodes[0].reserveRequests == 1)
        #expect(air.nodes[0].engine.drops[.frameCountersExhausted] == 1)
        #expect(air.nodes[0].engine.frameCounter == 12)
        // Unsecured frames do not need counters and pass.
        air.submit(0, TestAir.data(5, to: 1, security: .none, priority: .background))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(5) == acknowledged)

        air.nodes[0].engine.frameCounterLimit = 13
        #expect(air.nodes[0].engine.nextDeadline != nil, "somebody has to call for the frames to go on")
        air.run(for: .seconds(1))
        #expect(air.nodes[0].confirmations.map(\.handle) == [1, 2, 5, 3])
        #expect(air.nodes[0].reserveRequests == 2)
        air.nodes[0].engine.frameCounterLimit = 1000
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(4) == acknowledged)
        let counters = try air.nodes[0].frames.compactMap { try layout($0.bytes).header.security?.frameCounter }
        #expect(counters == [10, 11, 12, 13])
    }

    @Test("Every counter is used once, also across repetitions and failures")
    func uniqueness() throws {
        let air = TestAir()
        air.link()
        var number = 0
        air.isLost = { _, _, _ in
            number += 1
            return number % 3 != 0
        }
        for handle: UInt32 in 1...20 { air.submit(0, TestAir.data(handle, to: 1, [UInt8(handle)])) }
        air.run(for: .seconds(20))
        var payloads: [UInt32: Set<[UInt8]>] = [:]
        for frame in air.nodes[0].frames {
            let counter = try #require(layout(frame.bytes).header.security?.frameCounter)
            payloads[counter, default: []].insert(frame.bytes)
        }
        #expect(payloads.count == 20)
        #expect(payloads.values.allSatisfy { $0.count == 1 })
        #expect(air.nodes[1].indications.count == 20)
    }

    @Test("The last counter of all ends secured transmission for this key")
    func exhausted() {
        let air = TestAir()
        air.link()
        air.nodes[0].engine.frameCounter = .max - 1
        for handle: UInt32 in 1...3 { air.submit(0, TestAir.data(handle, to: 1)) }
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
        #expect(air.nodes[0].outcome(2) == .frameCountersExhausted)
        #expect(air.nodes[0].outcome(3) == .frameCountersExhausted)
        air.submit(0, TestAir.data(4, to: 1))
        #expect(air.nodes[0].outcome(4) == .frameCountersExhausted)
        #expect(air.nodes[0].frames.count == 1)
    }

    @Test("Sequence numbers wrap around")
    func sequenceNumbers() throws {
        let air = TestAir()
        air.link()
        var numbers: [UInt8] = []
        for handle: UInt32 in 1...300 {
            air.submit(0, TestAir.data(handle, to: 1))
            air.run(for: .milliseconds(100))
        }
        for frame in air.nodes[0].frames { numbers.append(try layout(frame.bytes).header.sequenceNumber) }
        #expect(numbers.count == 300)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
        #expect(air.nodes[1].indications.count == 300)
    }
}
