import Testing

@testable import ThreadWire

@Suite("Datasets by kind")
struct DatasetKindTests {
    @Test("The timestamp of a kind is its version, and all ones stand for none")
    func timestamps() {
        var dataset = OperationalDataset()
        #expect(dataset.timestamp(of: .active) == nil && dataset.timestamp(of: .pending) == nil)
        dataset.setTimestamp(Timestamp(seconds: 3), of: .active)
        dataset.setTimestamp(Timestamp(seconds: 4), of: .pending)
        #expect(dataset.timestamp(of: .active) == Timestamp(seconds: 3))
        #expect(dataset.timestamp(of: .pending) == Timestamp(seconds: 4))
        dataset.setTimestamp(nil, of: .active)
        #expect(!dataset.contains(.activeTimestamp) && dataset.contains(.pendingTimestamp))
        let unset = Timestamp(seconds: .max, ticks: .max, isAuthoritative: true)
        #expect(unset.isUnset)
        dataset.setTimestamp(unset, of: .active)
        #expect(dataset.timestamp(of: .active) == nil)
        #expect(!Timestamp(seconds: .max, ticks: .max, isAuthoritative: false).isUnset)
    }

    @Test("An update replaces what the other has and keeps the rest, unless it would be too long")
    func update() {
        var dataset = OperationalDataset()
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 1)
        var other = OperationalDataset()
        other.channel = 20
        other.networkName = NetworkName("n")
        let updates = dataset.update(with: other)
        #expect(updates)
        #expect(dataset.channel == 20 && dataset.panID == PANID(rawValue: 1))
        #expect(dataset.networkName == NetworkName("n"))
        let before = dataset
        var long = OperationalDataset()
        long.set(.unknown(type: MeshCoPTLVType(rawValue: 200), value: [UInt8](repeating: 0, count: 250)))
        let updatesWithTooMuch = dataset.update(with: long)
        #expect(!updatesWithTooMuch && dataset == before)
    }

    @Test("Only channels 11 to 26 of page 0 can be used")
    func channels() {
        var dataset = OperationalDataset()
        #expect(dataset.hasUsableChannels)
        for channel: UInt16 in [11, 15, 26] {
            dataset.channel = channel
            #expect(dataset.hasUsableChannels)
        }
        for channel: UInt16 in [0, 10, 27, 271, .max] {
            dataset.channel = channel
            #expect(!dataset.hasUsableChannels, "\(channel)")
        }
        dataset.set(.channel(ChannelTLV(page: 2, channel: 15)))
        #expect(!dataset.hasUsableChannels)
        dataset.channel = 15
        dataset.wakeUpChannel = 30
        #expect(!dataset.hasUsableChannels)
    }
}
