import MeshCoreWire
import TestSupport
import Testing
import WireCore

@Suite("MeshCore packets")
struct MeshCorePacketTests {
    private let security = MeshCoreSecurity(TestKeys.cryptography)

    @Test("A packet on a link is read and written as the firmware does")
    func vectors() throws {
        let cases = try MeshCoreVectors.cases(with: "raw").filter { $0.expected.has("air_parse_ok") }
        #expect(cases.count >= 25)
        for vector in cases {
            let raw = try vector.inputs.hex("raw")
            guard try vector.expected.bool("air_parse_ok") else {
                #expect(throws: ParseError.self, "\(vector)") { try MeshCorePacket(raw) }
                continue
            }
            let packet = try MeshCorePacket(raw)
            #expect(packet.payloadType.rawValue == UInt8(try vector.expected.int("payload_type")), "\(vector)")
            #expect(Int(packet.version) == (try vector.expected.int("version")), "\(vector)")
            #expect(packet.path.hashSize == (try vector.expected.int("hash_size")), "\(vector)")
            #expect(packet.path.count == (try vector.expected.int("hash_count")), "\(vector)")
            #expect(packet.path.bytes == (try vector.expected.hex("path")), "\(vector)")
            #expect(packet.payload == (try vector.expected.hex("payload")), "\(vector)")
            #expect(
                Int(packet.route.transportCodes?.region ?? 0) == (try vector.expected.int("transport0")), "\(vector)")
            #expect(Int(packet.route.transportCodes?.home ?? 0) == (try vector.expected.int("transport1")), "\(vector)")
            #expect(packet.route.isFlood == (try vector.expected.int("route_type") < 2), "\(vector)")
            #expect(packet.bytes == (try vector.expected.hex("reencoded")), "\(vector)")
            #expect(packet.byteCount == raw.count, "\(vector)")
            let hash = bytes(hexadecimal: hexadecimal(security.packetHash(packet).rawValue, digits: 16))
            #expect(hash == (try vector.expected.hex("packet_hash")), "\(vector)")
        }
    }

    @Test("A stored packet may have another version, but must have a payload")
    func storedForm() throws {
        for vector in try MeshCoreVectors.cases(with: "raw") where vector.expected.has("blob_parse_ok") {
            let raw = try vector.inputs.hex("raw")
            let isReadable = (try? MeshCorePacket(raw, form: .stored)) != nil
            #expect(isReadable == (try vector.expected.bool("blob_parse_ok")), "\(vector)")
            if isReadable { #expect(try MeshCorePacket(raw, form: .stored).bytes == raw, "\(vector)") }
        }
    }

    @Test("The hash of a trace counts its hops")
    func traceHash() throws {
        for vector in try MeshCoreVectors.cases(with: "raw1", "raw2") {
            for number in ["1", "2"] {
                let packet = try MeshCorePacket(try vector.inputs.hex("raw\(number)"))
                let hash = bytes(hexadecimal: hexadecimal(security.packetHash(packet).rawValue, digits: 16))
                #expect(hash == (try vector.expected.hex("hash\(number)")), "\(vector)")
            }
        }
    }

    @Test("Every packet that the firmware sent is written back as it was read, with the firmware's hash")
    func sentPackets() throws {
        var count = 0
        for vector in try MeshCoreVectors.cases() where vector.expected.has("sender_sends") {
            for sent in try vector.expected.list("sender_sends") {
                let raw = try sent.hex("raw")
                let packet = try MeshCorePacket(raw)
                #expect(packet.bytes == raw, "\(vector)")
                let hash = bytes(hexadecimal: hexadecimal(security.packetHash(packet).rawValue, digits: 16))
                #expect(hash == (try sent.hex("packet_hash")), "\(vector)")
                count += 1
            }
        }
        #expect(count > 40)
    }

    @Test("A packet cut anywhere before its payload is refused, and one cut in its payload is shorter")
    func truncation() throws {
        let path = try #require(MeshCorePath(hashSize: 2, bytes: [1, 2, 3, 4, 5, 6]))
        let packet = MeshCorePacket(
            route: .transportFlood(MeshCoreTransportCodes(region: 0x1234, home: 0x5678)), payloadType: .text,
            path: path, payload: [9, 8, 7])
        let whole = packet.bytes
        for count in 0..<whole.count {
            let cut = Array(whole.prefix(count))
            if count < whole.count - 3 {
                #expect(throws: ParseError.self, "\(count) bytes") { try MeshCorePacket(cut) }
            } else {
                #expect(try MeshCorePacket(cut).payload.count == count - (whole.count - 3))
            }
        }
    }

    @Test("A packet of more than 255 bytes is refused")
    func tooLong() {
        #expect(throws: ParseError.self) { try MeshCorePacket([UInt8](repeating: 0x09, count: 256)) }
    }

    @Test("Mutated packets are refused or come back as they were read")
    func mutation() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let vectors = try MeshCoreVectors.cases(with: "raw").map { try $0.inputs.hex("raw") }
        for _ in 0..<20_000 {
            let bytes = generator.mutated(try #require(vectors.randomElement(using: &generator)))
            guard let packet = try? MeshCorePacket(bytes) else { continue }
            #expect(packet.bytes == bytes, "seed \(seed)")
        }
    }

    @Test("A path counts a node by the first bytes of its key")
    func occurrences() throws {
        let key = TestKeys.alice.publicKey
        var path = MeshCorePath(hashSize: 2)
        for hop in [key, TestKeys.bob.publicKey, key] {
            let wasAdded = path.append(hop)
            #expect(wasAdded)
        }
        #expect(path.occurrences(of: key) == 2)
        #expect(path.first == key.prefix(2))
        path.removeFirst()
        #expect(path.count == 2)
        #expect(path.occurrences(of: key) == 1)
    }

    @Test("A full path takes no more hops, with every size of hashes", arguments: [1, 2, 3])
    func fullPath(hashSize: Int) {
        var path = MeshCorePath(hashSize: hashSize)
        while path.append(TestKeys.alice.publicKey) {}
        #expect(path.count == [63, 32, 21][hashSize - 1])
        let count = path.count
        let wasAdded = path.append(TestKeys.alice.publicKey)
        #expect(!wasAdded)
        #expect(path.count == count)
        #expect(MeshCorePath.byteCount(lengthByte: path.lengthByte) == path.bytes.count)
    }
}
