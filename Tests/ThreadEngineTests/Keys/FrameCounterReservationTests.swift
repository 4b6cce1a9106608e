import CryptoProviders
import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Frame counters and their reservation")
struct FrameCounterReservationTests {
    private func engine() -> ThreadEngine {
        ThreadEngine(
            configuration: ThreadEngine.Configuration(profile: .ieee802154), profile: .ieee802154,
            extendedAddress: ExtendedAddress(rawValue: 1), meshLocalInterfaceIdentifier: 1,
            cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 9, count: 32)), openSeed: 9))
    }

    /// The records of an engine's output, of which the newest of each name counts.
    private func records(_ engine: inout ThreadEngine) -> [StoredRecord] {
        var records: [StoredRecord] = []
        while let output = engine.pollOutput() {
            if case .store(let record) = output { records.append(record) }
        }
        return records
    }

    private func state(_ records: [StoredRecord]) throws -> StoredNetworkState {
        let record = try #require(records.last { $0.name == .networkState })
        var reader = ByteReader(record.value)
        return try StoredNetworkState(parsing: &reader)
    }

    private func started() -> ThreadEngine {
        var engine = self.engine()
        _ = engine.setDataset(ThreadHarness.dataset, .active, now: .zero)
        engine.start(now: .zero)
        for record in records(&engine) { engine.confirmStored(record) }
        return engine
    }

    @Test("A new key sequence is used only when its counters are reserved")
    func confirmation() throws {
        var engine = started()
        engine.setKeySequence(1, now: .zero)
        let written = records(&engine)
        #expect(engine.keySequence == 0)
        #expect(try state(written).keySequence == 1)
        let generation = engine.keyGeneration
        for record in written { engine.confirmStored(record) }
        #expect(engine.keySequence == 1 && engine.keyGeneration == generation + 1)
        #expect(engine.mleFrameCounter == 0 && engine.linkFrameCounter == 0)
        #expect(engine.mleFrameCounterLimit == 1000 && engine.linkFrameCounterLimit == 1000)
    }

    @Test("A store that cannot write keeps the former key sequence in use, and is asked again")
    func refusal() throws {
        var engine = started()
        engine.setKeySequence(1, now: .zero)
        for record in records(&engine) { engine.refuseStored(record) }
        #expect(engine.keySequence == 0)
        engine.requestFrameCounters()
        for record in records(&engine) { engine.confirmStored(record) }
        #expect(engine.keySequence == 1)
    }

    @Test("Going back to a key sequence never goes back to a counter")
    func goingBack() {
        var engine = started()
        engine.mleFrameCounter = 700
        engine.requestFrameCounters()
        for record in records(&engine) { engine.confirmStored(record) }
        let ceiling = engine.mleFrameCounterLimit
        for sequence: UInt32 in [1, 0] {
            engine.setKeySequence(sequence, now: .zero)
            for record in records(&engine) { engine.confirmStored(record) }
        }
        #expect(engine.keySequence == 0)
        #expect(engine.mleFrameCounter >= ceiling && engine.linkFrameCounter >= ceiling)
    }

    @Test("A restart goes on behind what was reserved, under the same key sequence")
    func restart() throws {
        var engine = started()
        var kept: [StoredRecord] = []
        engine.setKeySequence(4, now: .zero)
        for record in records(&engine) {
            engine.confirmStored(record)
            kept.append(record)
        }
        var second = self.engine()
        second.restore(try state(kept))
        second.restoreDatasets(parameters: nil, active: ThreadHarness.dataset, pending: nil)
        #expect(second.keySequence == 4)
        #expect(second.mleFrameCounter >= 1000 && second.linkFrameCounter >= 1000)
        #expect(second.keyUsage.firstCounter(of: 4) >= 1000 && second.keyUsage.firstCounter(of: 5) == 0)
    }

    @Test("A restart with another network key than the counters were reserved for changes keys")
    func restartWithOtherKey() throws {
        var engine = started()
        engine.mleFrameCounter = 900
        engine.requestFrameCounters()
        let kept = records(&engine)
        var other = ThreadHarness.dataset
        other.networkKey = [UInt8](repeating: 5, count: 16)
        var second = self.engine()
        second.restore(try state(kept))
        let limit = second.mleFrameCounter
        second.restoreDatasets(parameters: nil, active: other, pending: nil)
        #expect(second.keySequence == 0 && second.mleFrameCounter >= limit)
        #expect(second.mleFrameCounterLimit == second.mleFrameCounter, "nothing is reserved yet")
    }

    @Test("Another network key and back: no counter is used twice under the first")
    func networkKeys() {
        var engine = started()
        engine.mleFrameCounter = 600
        engine.requestFrameCounters()
        for record in records(&engine) { engine.confirmStored(record) }
        let ceiling = engine.mleFrameCounterLimit
        engine.stop(now: .zero)
        var other = ThreadHarness.dataset
        other.networkKey = [UInt8](repeating: 5, count: 16)
        for dataset in [other, ThreadHarness.dataset] {
            _ = engine.setDataset(dataset, .active, now: .zero)
            for record in records(&engine) { engine.confirmStored(record) }
            #expect(engine.keySequence == 0 && engine.mleFrameCounter >= ceiling)
            #expect(engine.mleFrameCounterLimit > engine.mleFrameCounter)
        }
        engine.setKeySequence(1, now: .zero)
        for record in records(&engine) { engine.confirmStored(record) }
        #expect(engine.keySequence == 1 && engine.mleFrameCounter >= ceiling, "what was used of it is not known")
    }

    @Test("A record of the first version is read, without former keys")
    func firstVersion() throws {
        var engine = started()
        engine.setKeySequence(2, now: .zero)
        let current = try state(records(&engine))
        var writer = ByteWriter()
        current.serialize(into: &writer)
        var usage = ByteWriter()
        current.keyUsage.serialize(into: &usage)
        // Nor whether the node was alone.
        var bytes = Array(writer.bytes.dropLast(usage.bytes.count + 1))
        bytes[0] = 1
        var reader = ByteReader(bytes)
        let old = try StoredNetworkState(parsing: &reader)
        #expect(old.keySequence == 2 && old.keyUsage.networkKey == nil)
        #expect(old.keyUsage.firstCounter(of: 2) == max(old.mleFrameCounterLimit, old.linkFrameCounterLimit))
        #expect(old.keyUsage.firstCounter(of: 3) == 0)
        bytes[0] = 4
        var unknown = ByteReader(bytes)
        #expect(throws: ParseError.self) { try StoredNetworkState(parsing: &unknown) }
    }
}
