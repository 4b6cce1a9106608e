import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("What a user chose outlives a restart")
struct StoredSettingsTests {
    private static let asleep = DeviceMode(
        isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)

    private func lastRecord(_ node: ScriptedNode) -> StoredRecord? {
        node.outputs.lazy.compactMap { output -> StoredRecord? in
            if case .store(let record) = output, record.name == .settings { record } else { nil }
        }.last
    }

    @Test("Mode and poll period are stored when they are set, and are there again")
    func modeAndPolls() throws {
        var node = ScriptedNode()
        _ = node.with { $0.setMode(Self.asleep, now: $1) }
        _ = node.with { $0.setPollPeriod(.milliseconds(2500), now: $1) }
        let record = try #require(lastRecord(node))
        var restarted = ScriptedNode()
        let isTaken = restarted.with { engine, _ in engine.restoreSettings(record) }
        #expect(isTaken)
        #expect(restarted.engine.mode == Self.asleep)
        #expect(restarted.engine.pollPeriod == .milliseconds(2500))
        _ = restarted.with { $0.setPollPeriod(nil, now: $1) }
        var reader = ByteReader(try #require(lastRecord(restarted)).value)
        #expect(try StoredSettings(parsing: &reader).pollPeriod == nil)
    }

    @Test("A device without an EUI-64 gets one, and keeps it; a configured one goes before it")
    func eui64() throws {
        var node = ScriptedNode()
        node.with { engine, _ in engine.ensureEUI64() }
        let made = try #require(node.engine.configuration.identity.eui64)
        #expect(made.rawValue >> 56 & 0x03 == 0x02, "a local address of one device")
        let record = try #require(lastRecord(node))
        var restarted = ScriptedNode()
        restarted.with { engine, _ in
            engine.restoreSettings(record)
            engine.ensureEUI64()
        }
        #expect(restarted.engine.configuration.identity.eui64 == made)
        #expect(lastRecord(restarted) == nil)

        let configured = ExtendedAddress(rawValue: 0x18b4_3000_0000_0001)
        var other = ScriptedNode { $0.identity.eui64 = configured }
        other.with { engine, _ in
            engine.restoreSettings(record)
            engine.ensureEUI64()
        }
        #expect(other.engine.configuration.identity.eui64 == configured)
        // Taken out of the configuration again, the former one comes back.
        _ = other.with { $0.setPollPeriod(.seconds(1), now: $1) }
        var reader = ByteReader(try #require(lastRecord(other)).value)
        #expect(try StoredSettings(parsing: &reader).eui64 == made)
    }

    @Test("What is cut off, too long, of another version or impossible is an error and changes nothing")
    func badInput() {
        let value = StoredSettings(mode: Self.asleep, pollPeriod: .seconds(1), eui64: nil).record.value
        var broken = value.indices.map { Array(value.prefix($0)) }
        broken += [value + [0], [2] + value.dropFirst(), [1, 0x02] + value.dropFirst(2)]
        for bytes in broken {
            var reader = ByteReader(bytes)
            #expect(throws: ParseError.self, "\(bytes)") { try StoredSettings(parsing: &reader) }
            var node = ScriptedNode()
            let isTaken = node.with { engine, _ in
                engine.restoreSettings(StoredRecord(name: .settings, value: bytes))
            }
            #expect(!isTaken && node.engine.mode == .fullThreadDevice)
        }
        var node = ScriptedNode()
        let isTaken = node.with { engine, _ in engine.restoreSettings(StoredRecord(name: .children, value: value)) }
        #expect(!isTaken)
    }
}
