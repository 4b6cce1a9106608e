import TestSupport
import Testing
import WireCore

@testable import ThreadWire

@Suite("MLE messages")
struct MLEMessageTests {
    /// Plaintexts of thread/ccm-vectors.txt, by the number of their frame in recording line_traffic.
    static let recorded: [Int: String] = [
        1: "0901010f0308ce17f7dff2d5b7d50e018012020005",
        7: "080002a0000b081e70053d4062e428160800000000000100000c0608040b02d53c",
        9: "040002a0000b081e70053d4062e428090ac3000000000080000001",
        10: "0a0002a0000b081e70053d4062e4280504000000000804000000080408df29a3f751a5f8850308f20c503acb74cf55"
            + "1001500f0a0000000000c30105000112020005",
        12: "0b0408f20c503acb74cf5505040000000008040000000101010f0204000000f0120200050d030a0c0916080000000000010000",
        14: "0c0002a0000b081e70053d4062e428160800000000000100000a02a0010c0608040b02d53c090ac3000000000080000001",
    ]

    static let leaderData = LeaderData(
        partitionID: PartitionID(rawValue: 0x1e70_053d), weighting: 64, dataVersion: 98, stableDataVersion: 228,
        leaderRouterID: RouterID(rawValue: 40))

    static func message(_ frame: Int) throws -> MLEMessage {
        try MLEMessage(hex(recorded[frame] ?? ""))
    }

    @Test("Every recorded message survives a round trip, cutting and changing", arguments: recorded.keys.sorted())
    func roundTrip(frame: Int) throws {
        let bytes = hex(Self.recorded[frame] ?? "")
        let message = try MLEMessage(bytes)
        #expect(message.bytes == bytes)
        #expect(message.byteCount == bytes.count)
        checkCodec(
            bytes, seed: UInt64(frame), parse: { bytes throws(ParseError) in try MLEMessage(bytes) },
            serialize: \.bytes, byteCount: \.byteCount)
    }

    @Test("A Parent Request asks routers and carries a challenge")
    func parentRequest() throws {
        let message = try Self.message(1)
        #expect(message.command == .parentRequest)
        #expect(message.mode?.description == "rdn")
        #expect(message.mode?.usesSecureDataRequests == true)
        #expect(message.challenge == hex("ce17f7dff2d5b7d5"))
        #expect(message.scanMask == .routers)
        #expect(message.version == 5)
        #expect(message.sourceAddress == nil)
        #expect(message.tlvs.map(\.type) == [.mode, .challenge, .scanMask, .version])
    }

    @Test("A Parent Response tells how well the parent is connected")
    func parentResponse() throws {
        let message = try Self.message(10)
        #expect(message.command == .parentResponse)
        #expect(message.sourceAddress == RLOC16(rawValue: 0xa000))
        #expect(message.leaderData == Self.leaderData)
        #expect(message.linkFrameCounter == 0)
        #expect(message.mleFrameCounter == 8)
        #expect(message.response == hex("df29a3f751a5f885"))
        #expect(message.linkMargin == 80)
        #expect(
            message.connectivity
                == Connectivity(
                    parentPriority: 0, linkQuality3: 0, linkQuality2: 0, linkQuality1: 0, leaderCost: 0,
                    idSequence: 195, activeRouters: 1,
                    sleepyBuffering: Connectivity.SleepyBuffering(bufferSize: 1280, datagramCount: 1)))
    }

    @Test("A Child ID Request asks for an address and data")
    func childIDRequest() throws {
        let message = try Self.message(12)
        #expect(message.command == .childIDRequest)
        #expect(message.timeout == 240)
        #expect(message.tlvRequest == [.address16, .networkData, .route64])
        #expect(message.activeTimestamp == Timestamp(seconds: 1))
        #expect(message.pendingTimestamp == nil)
    }

    @Test("A Child ID Response gives an address and the routes")
    func childIDResponse() throws {
        let message = try Self.message(14)
        #expect(message.address16 == RLOC16(rawValue: 0xa001))
        #expect(message.networkData == hex("08040b02d53c"))
        let route64 = try #require(message.route64)
        #expect(Array(route64.routerIDMask) == [RouterID(rawValue: 40)])
        #expect(
            route64.entry(for: RouterID(rawValue: 40))
                == RouteEntry(linkQualityOut: 0, linkQualityIn: 0, routeCost: 1))
    }

    @Test("Of two elements of one type the first is given")
    func repeated() {
        let message = MLEMessage(command: .advertisement, tlvs: [.status(1), .linkMargin(7), .status(2)])
        #expect(message.status == 1)
        #expect(message.contains(.linkMargin))
        #expect(!message.contains(.mode))
    }

    @Test("Commands have names, unknown ones numbers")
    func names() {
        #expect(MLECommand.childIDResponse.description == "Child ID Response")
        #expect(MLECommand(rawValue: 77).description == "Command 77")
    }

    @Test("The security suite is 0 or 255")
    func securitySuite() throws {
        for suite in MLESecuritySuite.allCases {
            var reader = ByteReader([suite.rawValue])
            #expect(try MLESecuritySuite(parsing: &reader) == suite)
            #expect(written { suite.serialize(into: &$0) } == [suite.rawValue])
        }
        var other = ByteReader([7])
        #expect(
            parseError { () throws(ParseError) in try MLESecuritySuite(parsing: &other) }?.reason
                == .unsupported(value: 7))
        var none = ByteReader([])
        #expect(
            parseError { () throws(ParseError) in try MLESecuritySuite(parsing: &none) }?.reason
                == .truncated(needed: 1, available: 0))
    }
}
