import MACEngine
import TestSupport
import Testing

@Suite("MAC counters")
struct MACCountersTests {
    @Test("The rows have OpenThread's names, in its order, each once")
    func rows() {
        let rows = MACCounters().rows
        #expect(rows.count == 34)
        #expect(Set(rows.map(\.name)).count == 34)
        #expect(rows.first?.name == "TxTotal")
        #expect(rows[17].name == "RxTotal")
        #expect(rows.last?.name == "RxErrOther")
    }

    @Test("Each frame is counted where it belongs")
    func exchange() {
        let air = TestAir()
        air.link()
        air.submit(0, TestAir.data(1, to: 1))
        var broadcast = TestAir.data(2, to: 1, security: .none)
        broadcast.destination = .broadcast
        air.submit(0, broadcast)
        air.run(for: .seconds(1))
        func nonzero(_ node: Int) -> [String: UInt64] {
            Dictionary(
                uniqueKeysWithValues: air.nodes[node].engine.counters.rows.filter { $0.count > 0 }.map { ($0, $1) })
        }
        #expect(
            nonzero(0) == [
                "TxTotal": 2, "TxUnicast": 1, "TxBroadcast": 1, "TxAckRequested": 1, "TxAcked": 1,
                "TxNoAckRequested": 1, "TxData": 2,
            ])
        #expect(nonzero(1) == ["RxTotal": 2, "RxUnicast": 1, "RxBroadcast": 1, "RxData": 2])
        air.nodes[0].engine.resetCounters()
        #expect(nonzero(0).isEmpty)
    }
}
