import EngineCore
import Testing

@testable import ThreadEngine

@Suite("Link quality")
struct LinkQualityTests {
    @Test(
        "Margins above 2, 10 and 20 dB make a link poor, fair and good",
        arguments: [
            (-5, .none), (0, .none), (2, .none), (2.1, .poor), (10, .poor), (10.1, .fair), (20, .fair), (20.1, .good),
            (90, .good),
        ] as [(Double, LinkQuality)])
    func thresholds(margin: Double, quality: LinkQuality) {
        #expect(LinkQuality(margin: Decibels(margin)) == quality)
    }

    @Test("Costs are 16, 4, 2 and 1")
    func costs() {
        #expect(LinkQuality.allCases.map(\.cost) == [16, 4, 2, 1])
    }

    private func signal(_ margins: [Double]) -> ReceivedSignal {
        var signal = ReceivedSignal()
        for margin in margins { signal.add(rssi: DecibelMilliwatts(margin - 100), margin: Decibels(margin)) }
        return signal
    }

    @Test("Nothing is known before something is heard; the first sample counts in full")
    func firstSample() {
        #expect(ReceivedSignal().averageRSSI == nil)
        #expect(ReceivedSignal().linkQuality == .none)
        #expect(signal([15]).linkQuality == .fair)
        #expect(signal([15]).averageRSSI == DecibelMilliwatts(-85))
    }

    @Test("Every later sample weighs an eighth")
    func average() {
        let signal = signal([20, 28])
        #expect(signal.margin == Decibels(21))
        #expect(signal.lastRSSI == DecibelMilliwatts(-72))
        #expect(signal.averageRSSI == DecibelMilliwatts(-79))
    }

    @Test("Around a threshold the quality stays as it was until the average has passed it by 2 dB")
    func hysteresis() {
        let steady = 200
        #expect(signal([15] + Array(repeating: 21.5, count: steady)).linkQuality == .fair)
        #expect(signal([15] + Array(repeating: 22.5, count: steady)).linkQuality == .good)
        #expect(signal([25] + Array(repeating: 18.5, count: steady)).linkQuality == .good)
        #expect(signal([25] + Array(repeating: 17.5, count: steady)).linkQuality == .fair)
        #expect(signal([5] + Array(repeating: 0.5, count: steady)).linkQuality == .poor)
        #expect(signal([5] + Array(repeating: -1.0, count: steady)).linkQuality == .none)
    }
}
