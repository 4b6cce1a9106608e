import PcapWire
import Testing
import WireCore

/// Blocks made by hand where editcap writes only one kind.
@Suite("pcapng blocks")
struct PcapngBlockTests {
    static func number(_ value: UInt64, _ count: Int, _ order: ByteOrder) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        return order == .littleEndian ? little : little.reversed()
    }

    static func block(_ type: UInt64, _ body: [UInt8], _ order: ByteOrder) -> [UInt8] {
        let length = number(UInt64(body.count + 12), 4, order)
        return number(type, 4, order) + length + body + length
    }

    static func section(_ order: ByteOrder, version: UInt64 = 1) -> [UInt8] {
        block(
            0x0a0d_0d0a,
            number(0x1a2b_3c4d, 4, order) + number(version, 2, order) + number(0, 2, order)
                + number(UInt64.max, 8, order), order)
    }

    static func interface(
        _ order: ByteOrder, linkType: UInt64 = 195, snapLength: UInt64 = 0, options: [UInt8] = []
    ) -> [UInt8] {
        block(1, number(linkType, 2, order) + [0, 0] + number(snapLength, 4, order) + options, order)
    }

    static func packet(_ order: ByteOrder, interface: UInt64 = 0, timestamp: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: -bytes.count & 3)
        let length = number(UInt64(bytes.count), 4, order)
        return block(
            6,
            number(interface, 4, order) + number(timestamp >> 32, 4, order) + number(timestamp & 0xffff_ffff, 4, order)
                + length + length + bytes + padding, order)
    }

    static func option(_ code: UInt64, _ value: [UInt8], _ order: ByteOrder) -> [UInt8] {
        number(code, 2, order) + number(UInt64(value.count), 2, order) + value
            + [UInt8](repeating: 0, count: -value.count & 3)
    }

    static func packets(_ bytes: [UInt8]) throws(ParseError) -> [CapturedPacket] {
        var reader = try CaptureReader(bytes)
        var packets: [CapturedPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        return packets
    }

    @Test("Sections of both orders in one file are read", arguments: [ByteOrder.bigEndian, .littleEndian])
    func orders(first: ByteOrder) throws {
        let second: ByteOrder = first == .bigEndian ? .littleEndian : .bigEndian
        let file =
            Self.section(first) + Self.interface(first) + Self.packet(first, timestamp: 5, [1, 2, 3])
            + Self.section(second) + Self.interface(second, linkType: 230)
            + Self.packet(second, timestamp: 1 << 33, [4])
        let packets = try Self.packets(file)
        #expect(packets.map(\.bytes) == [[1, 2, 3], [4]])
        #expect(packets.map(\.timestamp) == [5000, 8_589_934_592_000])
        #expect(packets.map(\.linkType) == [.ieee802154, .ieee802154WithoutFCS])
    }

    @Test("Unknown blocks are skipped, and simple packets end where the snapshot length says")
    func simplePackets() throws {
        let order = ByteOrder.littleEndian
        let file =
            Self.section(order) + Self.block(0x0bad, [1, 2, 3, 4], order) + Self.interface(order, snapLength: 6)
            + Self.block(3, Self.number(9, 4, order) + [1, 2, 3, 4, 5, 6, 0, 0], order)
            + Self.block(3, Self.number(3, 4, order) + [7, 8, 9, 0], order)
        let packets = try Self.packets(file)
        #expect(packets.map(\.bytes) == [[1, 2, 3, 4, 5, 6], [7, 8, 9]])
        #expect(packets.map(\.originalLength) == [9, 3])
        #expect(packets.allSatisfy { $0.timestamp == nil })
    }

    @Test(
        "Timestamps count in the unit of their interface",
        arguments: [
            (9, 1_234_567_890_123_456_789, 1_234_567_890_123_456_789), (3, 1500, 1_500_000_000),
            (0, 7, 7_000_000_000), (12, 1_500_000_000_000, 1_500_000_000), (0x80 | 10, 1536, 1_500_000_000),
        ] as [(UInt8, UInt64, UInt64)])
    func resolutions(resolution: UInt8, timestamp: UInt64, nanoseconds: UInt64) throws {
        let order = ByteOrder.bigEndian
        let options = Self.option(9, [resolution], order) + Self.option(0, [], order)
        let file =
            Self.section(order) + Self.interface(order, options: options)
            + Self.packet(order, timestamp: timestamp, [1])
        #expect(try Self.packets(file).map(\.timestamp) == [nanoseconds])
    }

    @Test("An interface's offset in seconds is added to its timestamps")
    func offsets() throws {
        let order = ByteOrder.littleEndian
        let options = Self.option(14, Self.number(1_000_000, 8, order), order)
        let file =
            Self.section(order) + Self.interface(order, options: options) + Self.packet(order, timestamp: 1, [1])
        #expect(try Self.packets(file).map(\.timestamp) == [1_000_000_000_001_000])
    }

    @Test("Contradictions are errors that name their field")
    func contradictions() {
        let order = ByteOrder.littleEndian
        func field(_ bytes: [UInt8]) -> String? {
            do {
                _ = try Self.packets(bytes)
                return nil
            } catch {
                return error.field
            }
        }
        let start = Self.section(order) + Self.interface(order)
        #expect(field([1, 2, 3, 4]) == "pcap magic number")
        #expect(field(Self.section(order, version: 2)) == "section version")
        #expect(field(Self.section(order) + Self.packet(order, timestamp: 1, [1])) == "packet interface")
        #expect(field(start + Self.packet(order, interface: 1, timestamp: 1, [1])) == "packet interface")
        #expect(field(start + Self.number(6, 4, order) + Self.number(13, 4, order)) == "block length")
        #expect(field(start + Self.number(6, 4, order) + Self.number(8, 4, order)) == "block length")
        #expect(field(start + Array(Self.block(5, [], order).prefix(8)) + [0, 0, 0, 0]) == "block length copy")
        #expect(field(start + Self.block(3, Self.number(9, 4, order) + [1, 2, 3, 4], order)) == "packet")
        let wrongResolution = Self.interface(order, options: Self.option(9, [1, 2], order))
        #expect(field(Self.section(order) + wrongResolution) == "option length")
        let tooFine = Self.interface(order, options: Self.option(9, [30], order))
        #expect(field(Self.section(order) + tooFine + Self.packet(order, timestamp: 1, [1])) == "packet timestamp")
        let late = Self.interface(order, options: Self.option(9, [0], order))
        #expect(
            field(Self.section(order) + late + Self.packet(order, timestamp: UInt64.max, [1])) == "packet timestamp")
    }
}
