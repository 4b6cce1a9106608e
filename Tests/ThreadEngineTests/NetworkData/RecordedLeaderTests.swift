import EngineCore
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

/// What OpenThread's leader A made of its own prefix and of what B and C told it, in the recording prefix.
@Suite("A leader does as OpenThread's did")
struct RecordedLeaderTests {
    private static let leaderID = RouterID(rawValue: 0x1c)

    /// The message of a Data Response that A sent, behind its command: recording prefix, frames 7, 94, 179, 202, 224
    /// and 344. They differ by the versions and the network data.
    private static let recorded = [
        "00027000" + "0b0856241f5d4088521c" + "16080000000000010000" + "0c0608040b0264d3",
        "00027000" + "0b0856241f5d4089531c" + "16080000000000010000"
            + "0c1c08040b0264d3031400402001cafecafecafe05047000330007021140",
        "00027000" + "0b0856241f5d408a541c" + "16080000000000010000"
            + "0c2b08040b0264d3031400402001cafecafecafe05047000330007021140030d003020010db800010103040000",
        "00027000" + "0b0856241f5d408b551c" + "16080000000000010000"
            + "0c3608040b0264d3031400402001cafecafecafe05047000330007021140030d003020010db800010103040000"
            + "0b0980015d0d040800c0de",
        "00027000" + "0b0856241f5d408c561c" + "16080000000000010000"
            + "0c3008040b0264d3030e00402001cafecafecafe07020140030d003020010db8000101030400000b0980015d0d040800c0de",
        "00027000" + "0b0856241f5d408d571c" + "16080000000000010000"
            + "0c2008040b0264d3030d003020010db8000101030400000b0980015d0d040800c0de",
    ]

    /// A leader with A's id, partition and session, and routers with the ids of B and C.
    private func leader() throws -> ScriptedNode {
        var node = ScriptedNode()
        node.engine.previousRouterID = Self.leaderID
        node.becomeLeader()
        try #require(node.engine.rloc16 == Self.leaderID.rloc16)
        node.with { engine, now in
            for id in [RouterID(rawValue: 1), RouterID(rawValue: 2)] {
                _ = engine.routers.allocate(preferring: id, limit: 32, now: now, entropy: &engine.entropy.open)
            }
            engine.leaderData = LeaderData(
                partitionID: PartitionID(rawValue: 0x5624_1f5d), weighting: 64, dataVersion: 0x88,
                stableDataVersion: 0x52, leaderRouterID: Self.leaderID)
            engine.networkDatabase = NetworkDatabase(
                NetworkData(tlvs: [
                    .commissioningData(CommissioningDataTLV(tlvs: [.commissionerSessionID(0x64d3)]))
                ]))
        }
        node.forgetOutput()
        return node
    }

    private func expectTold(_ node: inout ScriptedNode, _ index: Int) {
        let told = node.sent.filter { $0.message.command == .dataResponse }
        #expect(told.count == 1 && told.first?.destination == .linkLocalAllNodes, "response \(index)")
        let bytes = told.first.map { Array($0.message.bytes.dropFirst()) } ?? []
        #expect(hexadecimal(bytes) == Self.recorded[index], "response \(index)")
        node.forgetOutput()
    }

    @Test("Every Data Response of the recording comes at its event, byte for byte, with its versions")
    func recording() throws {
        var node = try leader()
        node.with { engine, _ in engine.sendMulticastDataResponse() }
        expectTold(&node, 0)
        // A adds its prefix.
        let prefix = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
        try node.engine.addOnMeshPrefix(
            OnMeshPrefix(prefix, flags: [.preferred, .slaac, .defaultRoute, .onMesh], isStable: true))
        node.with { engine, now in engine.registerServerData(now: now) }
        expectTold(&node, 1)
        // B tells of a route, C of a service: frames 177 and 198.
        for (index, place, payload) in [
            (2, 0x0400, "0a0f030d003020010db800010103040000"), (3, 0x0800, "0a0b0b0980015d0d040800c0de"),
        ] as [(Int, UInt16, String)] {
            let message = try TMFMessage(try #require(bytes(hexadecimal: payload)))
            let source = try #require(node.engine.locatorAddress(RLOC16(rawValue: place)))
            let isTaken = node.with { engine, now in engine.handleServerData(message, from: source, now: now) }
            #expect(isTaken)
            expectTold(&node, index)
            // The same again is acknowledged and tells nobody anything new.
            let isTakenAgain = node.with { engine, now in engine.handleServerData(message, from: source, now: now) }
            #expect(isTakenAgain && node.sent.isEmpty)
        }
        // A removes its prefix, whose number goes 300 s later.
        try node.engine.removePrefix(prefix)
        node.with { engine, now in engine.registerServerData(now: now) }
        expectTold(&node, 4)
        let removed = node.now
        node.now = try #require(node.engine.networkDatabase.nextContextExpiration)
        #expect(node.now.since(removed) == .seconds(300))
        node.with { engine, now in engine.handleContextDeadline(now: now) }
        expectTold(&node, 5)
    }
}
