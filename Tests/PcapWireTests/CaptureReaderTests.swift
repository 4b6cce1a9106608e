import PcapWire
import TestSupport
import Testing
import WireCore

@Suite("Capture files")
struct CaptureReaderTests {
    /// Frames 12 and 16 of recording attach, written as pcapng by Wireshark's editcap 4.0.17.
    static let pcapng = """
        0a0d0d0a6c0000004d3c2b1a01000000ffffffffffffffff0400450045646974636170202857697265736861726b2920342e302e31372028
        4769742076342e302e3137207061636b6167656420617320342e302e31372d302b6465623132753329000000000000006c00000001000000
        14000000c3000000ffff000014000000060000002800000000000000c2600600055ca40b05000000050000001210ccdca900000028000000
        060000002800000000000000c2600600326da80b05000000050000001210cd55b800000028000000
        """
    /// Frame 12 of recording attach, written with nanoseconds by editcap.
    static let nanosecondPcap =
        "4d3cb2a1020004000000000000000000ffff0000c30000002b22016b8885331e05000000050000001210ccdca9"

    static func packets(_ bytes: [UInt8]) throws -> [CapturedPacket] {
        var reader = try CaptureReader(bytes)
        var packets: [CapturedPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        return packets
    }

    /// The packets before the first error, and the error.
    static func packetsUntilError(_ bytes: [UInt8]) -> ([CapturedPacket], ParseError?) {
        var packets: [CapturedPacket] = []
        do {
            var reader = try CaptureReader(bytes)
            while let packet = try reader.next() { packets.append(packet) }
            return (packets, nil)
        } catch {
            return (packets, error)
        }
    }

    @Test("Behind an error there are no more packets")
    func errorsEndTheFile() throws {
        var reader = try CaptureReader(Self.decoded(Self.nanosecondPcap).dropLast())
        #expect(throws: ParseError.self) { try reader.next() }
        #expect(try reader.next() == nil)
    }

    static func decoded(_ text: String) -> [UInt8] {
        bytes(hexadecimal: text.filter { !$0.isWhitespace })!
    }

    @Test("Every recording holds the frames of its table", arguments: ["thread", "pymesh"])
    func recordings(folder: String) throws {
        for name in try Fixtures.recordings(in: folder) {
            let packets = try Self.packets(Fixtures.bytes("\(name).pcap"))
            let frames = try Fixtures.recording(name)
            #expect(packets.map(\.bytes) == frames.map(\.psdu), "\(name)")
            #expect(packets.allSatisfy { $0.linkType == .ieee802154 })
            #expect(packets.allSatisfy { Int($0.originalLength) == $0.bytes.count })
            let first = packets[0].timestamp ?? 0
            for (packet, frame) in zip(packets, frames) {
                let seconds = Double((packet.timestamp ?? 0) - first) / 1e9
                #expect(abs(seconds - frame.time) < 2e-6, "\(name), frame \(frame.number)")
            }
        }
    }

    @Test("Header and records written again are the file that was read")
    func writing() throws {
        let file = try Fixtures.bytes("thread/attach.pcap")
        var reader = ByteReader(file)
        let header = try PcapFileHeader(parsing: &reader)
        #expect(header == PcapFileHeader(linkType: .ieee802154))
        var writer = ByteWriter()
        header.serialize(into: &writer)
        #expect(writer.count == header.byteCount)
        while !reader.isAtEnd {
            let record = try PcapRecord(parsing: &reader, of: header)
            let before = writer.count
            record.serialize(into: &writer, of: header)
            #expect(writer.count - before == record.byteCount)
        }
        #expect(writer.bytes == file)
    }

    @Test("Both orders and both resolutions survive a round trip", arguments: [ByteOrder.bigEndian, .littleEndian])
    func roundTrip(order: ByteOrder) throws {
        for resolution in [PcapFileHeader.Resolution.microseconds, .nanoseconds] {
            let header = PcapFileHeader(linkType: .ieee802154WithoutFCS, byteOrder: order, resolution: resolution)
            let records = [
                PcapRecord(timestamp: 1_795_236_395_506_693_000, bytes: [1, 2, 3]),
                PcapRecord(timestamp: 4_294_967_295_999_999_000, originalLength: 300, bytes: []),
            ]
            var writer = ByteWriter()
            header.serialize(into: &writer)
            for record in records { record.serialize(into: &writer, of: header) }
            var reader = ByteReader(writer.bytes)
            #expect(try PcapFileHeader(parsing: &reader) == header)
            for record in records { #expect(try PcapRecord(parsing: &reader, of: header) == record) }
            #expect(reader.isAtEnd)
        }
    }

    @Test("A big-endian header begins with the magic number as the standard prints it")
    func bigEndianBytes() {
        var writer = ByteWriter()
        PcapFileHeader(linkType: .ieee802154, byteOrder: .bigEndian).serialize(into: &writer)
        #expect(hexadecimal(writer.bytes) == "a1b2c3d400020004000000000000000000" + "00ffff000000c3")
    }

    @Test("A file with nanoseconds is read as editcap wrote it")
    func nanoseconds() throws {
        let expected = CapturedPacket(
            timestamp: 1_795_236_395_506_693_000, linkType: .ieee802154, originalLength: 5,
            bytes: [0x12, 0x10, 0xcc, 0xdc, 0xa9])
        #expect(try Self.packets(Self.decoded(Self.nanosecondPcap)) == [expected])
    }

    @Test("A pcapng file is read as editcap wrote it")
    func pcapng() throws {
        let packets = try Self.packets(Self.decoded(Self.pcapng))
        #expect(packets.map(\.timestamp) == [1_795_236_395_506_693_000, 1_795_236_395_773_234_000])
        #expect(packets.map { hexadecimal($0.bytes) } == ["1210ccdca9", "1210cd55b8"])
        #expect(packets.allSatisfy { $0.linkType == .ieee802154 && $0.originalLength == 5 })
    }

    @Test("A file cut anywhere ends in an error, never in a trap, and gives the whole packets before the cut")
    func truncation() throws {
        for file in [Self.decoded(Self.pcapng), Self.decoded(Self.nanosecondPcap)] {
            let whole = try Self.packets(file)
            for length in 0..<file.count {
                let (packets, error) = Self.packetsUntilError(Array(file.prefix(length)))
                #expect(packets.count < whole.count)
                #expect(packets == Array(whole.prefix(packets.count)))
                let isBoundary = length == 24 && file.count == 45 || [108, 128, 168].contains(length)
                #expect((error == nil) == isBoundary, "cut at \(length): \(String(describing: error))")
            }
        }
    }

    @Test("Mutated files never trap")
    func fuzz() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        let files = [Self.decoded(Self.pcapng), Self.decoded(Self.nanosecondPcap)]
        for _ in 0..<20_000 {
            var file = files[Int(generator.next() % 2)]
            for _ in 0...(generator.next() % 6) {
                file[Int(generator.next() % UInt64(file.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            var total = 0
            if var reader = try? CaptureReader(file) {
                while let packet = try? reader.next() { total += packet.bytes.count }
            }
            #expect(total <= file.count, "seed \(seed)")
        }
    }
}

/// A generator that repeats itself from the same seed.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
