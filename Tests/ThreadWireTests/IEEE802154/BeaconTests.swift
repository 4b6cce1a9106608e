import Testing
import TestSupport
import ThreadWire
import WireCore

@Suite("Beacon")
struct BeaconTests {
    /// Recording old3_pymesh, frame 207, behind the header.
    static let recorded = "ff0f000003204f70656e5468726561640000000000001111111122222222"

    static func serialize(_ beacon: Beacon) -> [UInt8] {
        var writer = ByteWriter()
        beacon.serialize(into: &writer)
        return writer.bytes
    }

    @Test("The beacon of a Pymesh node tells its network")
    func pymesh() throws {
        let psdu = try #require(Fixtures.recording("pymesh/old3_pymesh").first { $0.number == 207 }).psdu
        let frame = try MACFrame(parsing: psdu, frameCheckSequenceLength: 2)
        #expect(frame.header.frameType == .beacon)
        #expect(frame.header.sourcePAN == PANID(rawValue: 0x1234))
        #expect(hexadecimal(psdu[frame.payload]) == Self.recorded)
        var reader = ByteReader(psdu, in: frame.payload)
        let beacon = try Beacon(parsing: &reader)
        #expect(beacon.superframe == .nonbeacon)
        #expect(!beacon.superframe.permitsAssociation && !beacon.superframe.isPANCoordinator)
        var payload = ByteReader(beacon.payload)
        let thread = try ThreadBeaconPayload(parsing: &payload)
        #expect(payload.isAtEnd)
        let expected = ThreadBeaconPayload(
            isJoiningPermitted: false, isNative: false, networkName: Array("OpenThread".utf8),
            extendedPANID: 0x1111_1111_2222_2222)
        #expect(thread == expected)
        var writer = ByteWriter()
        expected.serialize(into: &writer)
        #expect(writer.count == expected.byteCount)
        #expect(hexadecimal(Self.serialize(Beacon(payload: writer.bytes))) == Self.recorded)
    }

    @Test("Beacons of today carry nothing")
    func modern() throws {
        let psdu = try #require(Fixtures.recording("thread/scan").first { $0.number == 22 }).psdu
        let frame = try MACFrame(parsing: psdu, frameCheckSequenceLength: 2)
        #expect(frame.header.frameType == .beacon && frame.payload.isEmpty)
    }

    @Test("Slots and pending addresses survive a round trip, and every cut is an error")
    func pendingAddresses() throws {
        let bytes: [UInt8] =
            [0xff, 0xcf, 0x01, 0x01, 0x34, 0x12, 0x10, 0x12, 0x01, 0x00, 0x02, 0x00] + [1, 2, 3, 4, 5, 6, 7, 8]
        var reader = ByteReader(bytes)
        let beacon = try Beacon(parsing: &reader)
        #expect(beacon.superframe.permitsAssociation && beacon.superframe.isPANCoordinator)
        #expect(beacon.guaranteedTimeSlots == [0x01, 0x01, 0x34, 0x12, 0x10])
        #expect(beacon.pendingShortAddresses == [ShortAddress(rawValue: 1), ShortAddress(rawValue: 2)])
        #expect(beacon.pendingExtendedAddresses == [ExtendedAddress(rawValue: 0x0807_0605_0403_0201)])
        #expect(Self.serialize(beacon) == bytes)
        #expect(beacon.byteCount == bytes.count)
        for length in 0..<bytes.count {
            var reader = ByteReader(Array(bytes.prefix(length)))
            #expect(throws: ParseError.self) { try Beacon(parsing: &reader) }
        }
    }

    @Test("A beacon of another protocol is not Thread's, and a cut one is an error")
    func otherProtocol() throws {
        let payload = Array(try #require(bytes(hexadecimal: Self.recorded)).dropFirst(4))
        for length in 0..<payload.count {
            var reader = ByteReader(Array(payload.prefix(length)))
            #expect(throws: ParseError.self) { try ThreadBeaconPayload(parsing: &reader) }
        }
        var reader = ByteReader([4] + payload.dropFirst())
        #expect(throws: ParseError(field: "protocol identifier", offset: 0, reason: .unsupported(value: 4))) {
            try ThreadBeaconPayload(parsing: &reader)
        }
    }

    @Test("A name of sixteen bytes fills its field, a longer one is cut, flags stand where they belong")
    func nameAndFlags() throws {
        let long = ThreadBeaconPayload(
            version: 3, isJoiningPermitted: true, isNative: true, networkName: Array("0123456789abcdefgh".utf8),
            extendedPANID: 1)
        var writer = ByteWriter()
        long.serialize(into: &writer)
        #expect(writer.bytes[1] == 0x39)
        var reader = ByteReader(writer.bytes)
        let parsed = try ThreadBeaconPayload(parsing: &reader)
        #expect(parsed == long && parsed.networkName == Array("0123456789abcdef".utf8))
    }

    @Test("Mutated beacons are written as they were read")
    func mutation() throws {
        let seed: UInt64 = 0x6265_6163_6f6e
        var generator = SeededGenerator(seed: seed)
        let recorded = try #require(bytes(hexadecimal: Self.recorded))
        for round in 0..<5000 {
            let bytes = generator.mutated(recorded)
            var reader = ByteReader(bytes)
            guard let beacon = try? Beacon(parsing: &reader) else { continue }
            var again = ByteReader(Self.serialize(beacon))
            #expect(try Beacon(parsing: &again) == beacon, "seed \(seed), round \(round): \(hexadecimal(bytes))")
        }
    }
}
