import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Who holds which router id, over a restart of the leader")
struct StoredRoutersTests {
    private static let holder = ExtendedAddress(rawValue: 0x166e_0a00_0000_00cc)
    private static let ownID = RouterID(rawValue: 20)
    private static let stored = StoredRouters([
        RouterID(rawValue: 0): ExtendedAddress(rawValue: 1), RouterID(rawValue: 62): holder,
    ])

    @Test("What is written is read again")
    func roundTrip() throws {
        var reader = ByteReader(Self.stored.record.value)
        #expect(try StoredRouters(parsing: &reader) == Self.stored)
        #expect(Self.stored.record.name == .routers)
    }

    @Test("Another version, an id that no router has and an entry that ends early are named")
    func rejected() throws {
        let bytes = Self.stored.record.value
        var version = bytes
        version[0] = 2
        var id = bytes
        id[1] = 63
        for (bytes, field) in [(version, "version"), (id, "router id")] {
            var reader = ByteReader(bytes)
            let error = #expect(throws: ParseError.self) { try StoredRouters(parsing: &reader) }
            #expect(error?.field == field)
        }
        // After the version and after each entry it may end.
        for count in 0..<bytes.count where (count - 1) % 9 != 0 {
            var reader = ByteReader(Array(bytes.prefix(count)))
            #expect(throws: ParseError.self) { try StoredRouters(parsing: &reader) }
        }
    }

    @Test("A leader writes down whom it gives an id, and who has none any more")
    func written() throws {
        var node = ScriptedNode()
        node.becomeLeader()
        func holders() throws -> [RouterID: ExtendedAddress] {
            let record = try #require(
                node.outputs.lazy.compactMap {
                    if case .store(let record) = $0, record.name == .routers { record } else { nil }
                }.last)
            var reader = ByteReader(record.value)
            return try StoredRouters(parsing: &reader).holders
        }
        let id = RouterID(rawValue: 30)
        node.with { engine, now in
            _ = engine.routers.allocate(preferring: id, limit: 32, now: now, entropy: &engine.entropy.open)
            engine.assign(id, to: Self.holder)
        }
        #expect(try holders()[id] == Self.holder)
        node.with { $0.releaseRouter(id, now: $1) }
        #expect(try holders().values.sorted() == [node.engine.extendedAddress])
    }

    @Test("A leader that was started again knows holders of ids that are in use, others than a leader know none")
    func restored() {
        for role in [Role.leader, .router] {
            var node = ScriptedNode()
            let address = node.engine.extendedAddress
            node.with { engine, now in
                engine.restore(
                    StoredNetworkState(
                        role: role, rloc16: Self.ownID.rloc16, keySequence: 0, mleFrameCounterLimit: 5000,
                        linkFrameCounterLimit: 5000, meshLocalInterfaceIdentifier: 7, extendedAddress: address,
                        previousPartitionID: ScriptedNode.partition, parent: ExtendedAddress(rawValue: 0),
                        isAlone: false, keyUsage: engine.keyUsage))
                engine.restore(Self.stored)
            }
            #expect(node.engine.assignedRouters[Self.holder] == (role == .leader ? RouterID(rawValue: 62) : nil))
        }
    }
}
