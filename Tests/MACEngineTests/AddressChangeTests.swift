import EngineCore
import MACEngine
import Testing
import ThreadWire

@Suite("A node whose address changes while frames wait")
struct AddressChangeTests {
    private func request(_ handle: UInt32, implied: ShortAddress?) -> MACRequest {
        var request = TestAir.data(handle, to: 1)
        request.impliedSource = implied
        return request
    }

    @Test("A frame whose payload leaves the source to the header is not sent under another address")
    func implied() {
        let air = TestAir()
        air.link()
        let own = TestAir.shortAddress(0)
        air.submit(0, request(1, implied: own))
        air.submit(0, request(2, implied: nil))
        // Both still wait for their turn.
        air.nodes[0].engine.shortAddress = ShortAddress(rawValue: 0x7c00)
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == .addressChanged)
        #expect(air.nodes[0].engine.drops[.addressChanged] == 1)
        #expect(air.nodes[0].outcome(2) != nil, "what follows goes on")
        #expect(air.nodes[0].frames.count >= 1)
    }

    @Test("It is sent while the address is the same")
    func unchanged() {
        let air = TestAir()
        air.link()
        air.submit(0, request(1, implied: TestAir.shortAddress(0)))
        air.run(for: .seconds(1))
        #expect(air.nodes[0].outcome(1) == acknowledged)
    }
}
