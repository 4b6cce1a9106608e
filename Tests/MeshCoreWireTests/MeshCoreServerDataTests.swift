import MeshCoreWire
import TestSupport
import Testing
import WireCore

@Suite("MeshCore servers' data")
struct MeshCoreServerDataTests {
    @Test("A repeater's status has 56 bytes and reads back")
    func status() throws {
        var status = MeshCoreRepeaterStatus()
        status.battery = 4100
        status.noiseFloor = -117
        status.lastRSSI = -90
        status.lastSNRQuarters = -13
        status.packetsReceived = 0x0102_0304
        status.receiveErrors = 77
        let bytes = serialized(status.serialize)
        #expect(bytes.count == MeshCoreRepeaterStatus.byteCount)
        #expect(bytes.starts(with: [0x04, 0x10, 0, 0, 0x8b, 0xff, 0xa6, 0xff, 4, 3, 2, 1]))
        #expect(try parsed(bytes + [0, 0]) { try MeshCoreRepeaterStatus(parsing: &$0) } == status)
        for count in 0..<bytes.count {
            #expect(throws: ParseError.self) {
                try parsed(Array(bytes.prefix(count))) { try MeshCoreRepeaterStatus(parsing: &$0) }
            }
        }
    }

    @Test("An access list skips its padding")
    func accessList() throws {
        let list = MeshCoreAccessList([
            .init(keyPrefix: [1, 2, 3, 4, 5, 6], permissions: 3),
            .init(keyPrefix: [7, 8, 9, 10, 11, 12], permissions: 1),
        ])
        let bytes = serialized(list.serialize)
        #expect(bytes.count == 14)
        #expect(try parsed(bytes + [UInt8](repeating: 0, count: 10)) { try MeshCoreAccessList(parsing: &$0) } == list)
    }

    @Test("Neighbours read back with the prefix that was asked for; counts that lie are refused")
    func neighbours() throws {
        let neighbours = MeshCoreNeighbours(
            total: 9, entries: [.init(keyPrefix: [1, 2, 3, 4], heard: 60, snrQuarters: -20)])
        let bytes = serialized(neighbours.serialize)
        #expect(bytes == [9, 0, 1, 0, 1, 2, 3, 4, 60, 0, 0, 0, 0xec])
        #expect(try parsed(bytes) { try MeshCoreNeighbours(parsing: &$0, prefixLength: 4) } == neighbours)
        for count in 0..<bytes.count {
            #expect(throws: ParseError.self) {
                try parsed(Array(bytes.prefix(count))) { try MeshCoreNeighbours(parsing: &$0, prefixLength: 4) }
            }
        }
    }

    @Test("A request for neighbours reads back, with an unknown order too; another version is refused")
    func neighboursRequest() throws {
        let request = MeshCoreNeighboursRequest(count: 10, offset: 300, order: .strongestFirst, prefixLength: 6)
        let bytes = serialized(request.serialize)
        #expect(bytes == [0, 10, 0x2c, 1, 2, 6])
        #expect(try parsed(bytes + [1, 2, 3, 4]) { try MeshCoreNeighboursRequest(parsing: &$0) } == request)
        #expect(try parsed([0, 10, 0, 0, 9, 6]) { try MeshCoreNeighboursRequest(parsing: &$0) }.order == nil)
        #expect(throws: ParseError.self) {
            try parsed([1, 10, 0, 0, 0, 6]) { try MeshCoreNeighboursRequest(parsing: &$0) }
        }
    }

    @Test("Answers to a login are told apart")
    func loginResponses() throws {
        let accepted = MeshCoreLoginResponse.accepted(
            .init(role: 1, permissions: 3, salt: [9, 8, 7, 6], level: 2))
        #expect(accepted.bytes == [0, 0, 1, 3, 9, 8, 7, 6, 2])
        #expect(try parsed(accepted.bytes + [0, 0, 0]) { try MeshCoreLoginResponse(parsing: &$0) } == accepted)
        #expect(try parsed([0x4f, 0x4b, 0, 0]) { try MeshCoreLoginResponse(parsing: &$0) } == .legacy)
        #expect(try parsed([7, 1]) { try MeshCoreLoginResponse(parsing: &$0) } == .refused(code: 7))
        #expect(throws: ParseError.self) { try parsed([0, 0, 1]) { try MeshCoreLoginResponse(parsing: &$0) } }
        #expect(throws: ParseError.self) { try parsed([]) { try MeshCoreLoginResponse(parsing: &$0) } }
    }

    @Test("Every payload cut anywhere or mutated is refused or read, and never traps")
    func mutation() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let payloads = try MeshCoreVectors.cases(with: "raw").compactMap { vector in
            try? MeshCorePacket(try vector.inputs.hex("raw"), form: .stored).payload
        }
        var read = 0
        for _ in 0..<20_000 {
            let bytes = generator.mutated(try #require(payloads.randomElement(using: &generator)))
            read += Self.parsers.count { (try? parsed(bytes, $0)) != nil }
        }
        #expect(read > 0, "seed \(seed)")
    }

    private static let parsers: [@Sendable (inout ByteReader) throws -> Void] = [
        { _ = try MeshCoreAddressedPayload(parsing: &$0) }, { _ = try MeshCoreAnonymousRequest(parsing: &$0) },
        { _ = try MeshCoreGroupPayload(parsing: &$0) }, { _ = try MeshCoreAcknowledgement(parsing: &$0) },
        { _ = try MeshCoreMultipart(parsing: &$0) }, { _ = try MeshCoreAdvert(parsing: &$0) },
        { _ = try MeshCoreAdvertData(parsing: &$0).bytes }, { _ = try MeshCoreText(parsing: &$0) },
        { _ = try MeshCoreGroupText(parsing: &$0) }, { _ = try MeshCoreGroupData(parsing: &$0) },
        { _ = try MeshCorePathReturn(parsing: &$0) }, { _ = try MeshCoreTrace(parsing: &$0).hash(after: 3) },
        { _ = try MeshCoreDiscoverRequest(parsing: &$0) }, { _ = try MeshCoreDiscoverResponse(parsing: &$0) },
        { _ = try MeshCoreRequest(parsing: &$0) }, { _ = try MeshCoreResponse(parsing: &$0) },
        { _ = try MeshCoreNeighboursRequest(parsing: &$0) }, { _ = try MeshCoreAnonymousQuery(parsing: &$0) },
        { _ = try MeshCoreLogin(parsing: &$0, isForRoom: true) }, { _ = try MeshCoreLoginResponse(parsing: &$0) },
        { _ = try MeshCoreRepeaterStatus(parsing: &$0) }, { _ = try MeshCoreAccessList(parsing: &$0) },
        { _ = try MeshCoreNeighbours(parsing: &$0, prefixLength: 6) },
    ]
}
