import MeshCoreWire
import TestSupport
import Testing
import WireCore

@Suite struct MeshCoreDatagramTests {
    @Test("The header is a version and a kind, the rest is the packet")
    func layout() throws {
        let datagram = try #require(MeshCoreDatagram(packet: [0x15, 0x00, 0xaa]))
        #expect(datagram.bytes == [0x01, 0x00, 0x15, 0x00, 0xaa])
        #expect(datagram.byteCount == 5)
        #expect(MeshCoreDatagram.port == 0xf0b6)
    }

    @Test("What is written is read again, at every length", arguments: [1, 2, 184, 255])
    func roundTrip(length: Int) throws {
        let datagram = try #require(MeshCoreDatagram(packet: (0..<length).map { UInt8(truncatingIfNeeded: $0) }))
        #expect(try MeshCoreDatagram(datagram.bytes) == datagram)
    }

    @Test("A packet is neither empty nor longer than 255 bytes")
    func lengths() {
        #expect(MeshCoreDatagram(packet: []) == nil)
        #expect(MeshCoreDatagram(packet: [UInt8](repeating: 0, count: 256)) == nil)
        for count in [0, 256] {
            let error = #expect(throws: ParseError.self) {
                try MeshCoreDatagram([1, 0] + [UInt8](repeating: 0, count: count))
            }
            #expect(error?.field == "packet" && error?.offset == 2)
        }
    }

    @Test("Another version or kind is refused by its name")
    func unsupported() {
        for version: UInt8 in [0, 2, 255] {
            let error = #expect(throws: ParseError.self) { try MeshCoreDatagram([version, 0, 1]) }
            #expect(error == ParseError(field: "version", offset: 0, reason: .unsupported(value: UInt64(version))))
        }
        let error = #expect(throws: ParseError.self) { try MeshCoreDatagram([1, 1, 1]) }
        #expect(error == ParseError(field: "kind", offset: 1, reason: .unsupported(value: 1)))
    }

    @Test("Cut within the header it is refused")
    func truncated() {
        #expect(throws: ParseError.self) { try MeshCoreDatagram([]) }
        #expect(throws: ParseError.self) { try MeshCoreDatagram([1]) }
    }

    @Test("Any change of the bytes is read as they stand or refused")
    func mutated() throws {
        let datagram = try #require(MeshCoreDatagram(packet: (0..<40).map { UInt8($0) }))
        for seed in UInt64(0)..<2000 {
            var generator = SeededGenerator(seed: seed)
            let bytes = generator.mutated(datagram.bytes)
            guard let read = try? MeshCoreDatagram(bytes) else { continue }
            #expect(read.bytes == bytes, "seed \(seed)")
        }
    }
}
