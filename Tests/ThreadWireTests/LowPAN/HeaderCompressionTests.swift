import TestSupport
import Testing
import WireCore

@testable import ThreadWire

@Suite("Header compression")
struct HeaderCompressionTests {
    private static let short = LinkAddress.short(ShortAddress(rawValue: 0x0c00))
    private static let extended = LinkAddress.extended(ExtendedAddress(rawValue: 0x166e_0a00_0000_0001))
    private static let contexts = LowPANContextTable([
        LowPANContext(id: 0, prefix: IPv6Prefix("fdde:ad00:beef::/64")!),
        LowPANContext(id: 1, prefix: IPv6Prefix("2001:cafe:cafe:cafe::/64")!),
        LowPANContext(id: 2, prefix: IPv6Prefix("2001:db8::/32")!),
        LowPANContext(id: 3, prefix: IPv6Prefix("2001:db8:1:2:aabb:ccdd::/96")!),
        LowPANContext(id: 15, prefix: IPv6Prefix("fd15::/64")!, isCompressible: false),
    ])

    private static func datagram(
        trafficClass: UInt8 = 0, flowLabel: UInt32 = 0, nextHeader: NextHeader = .none, hopLimit: UInt8 = 64,
        source: String = "fe80::ff:fe00:c00", destination: String = "ff02::1", payload: [UInt8] = []
    ) -> [UInt8] {
        let header = IPv6Header(
            trafficClass: trafficClass, flowLabel: flowLabel, payloadLength: UInt16(payload.count),
            nextHeader: nextHeader, hopLimit: hopLimit, source: IPv6Address(source)!,
            destination: IPv6Address(destination)!)
        return written(header.serialize) + payload
    }

    private static func compress(
        _ datagram: [UInt8], source: LinkAddress = short, destination: LinkAddress = extended
    ) -> (bytes: [UInt8], consumed: Int) {
        var writer = ByteWriter()
        let consumed = HeaderCompression.compress(
            datagram: datagram, source: source, destination: destination, contexts: contexts, into: &writer)
        return (writer.bytes + datagram[consumed...], consumed)
    }

    private static func decompress(
        _ bytes: [UInt8], source: LinkAddress = short, destination: LinkAddress = extended, datagramSize: Int? = nil
    ) throws(ParseError) -> [UInt8] {
        var reader = ByteReader(bytes)
        let headers = try HeaderCompression.decompress(
            parsing: &reader, source: source, destination: destination, contexts: contexts,
            datagramSize: datagramSize)
        return headers + reader.readRemaining()
    }

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let compressed: [UInt8]
        let datagram: [UInt8]

        init(_ description: String, _ compressed: String, _ datagram: [UInt8]) {
            testDescription = description
            self.compressed = hex(compressed)
            self.datagram = datagram
        }
    }

    /// LOWPAN_IPHC laid out by hand from RFC 6282 §3.1.1; `3b` is "no next header" in line.
    static let examples = [
        // Traffic class and flow label.
        Example("TF 11", "7a3b 3b 01", datagram()),
        Example("TF 10", "723b d5 3b 01", datagram(trafficClass: 0x57)),
        Example("TF 01", "6a3b ca bcde 3b 01", datagram(trafficClass: 3, flowLabel: 0xa_bcde)),
        Example("TF 00", "623b d5 0abcde 3b 01", datagram(trafficClass: 0x57, flowLabel: 0xa_bcde)),
        // Hop limit.
        Example("HLIM 00", "783b 3b 3f 01", datagram(hopLimit: 63)),
        Example("HLIM 01", "793b 3b 01", datagram(hopLimit: 1)),
        Example("HLIM 11", "7b3b 3b 01", datagram(hopLimit: 255)),
        // Source address, stateless.
        Example("SAM 00", "7a0b 3b 20010db9000000000000000000000001 01", datagram(source: "2001:db9::1")),
        Example("SAM 01", "7a1b 3b 0123456789abcdef 01", datagram(source: "fe80::123:4567:89ab:cdef")),
        Example("SAM 10", "7a2b 3b cc01 01", datagram(source: "fe80::ff:fe00:cc01")),
        Example("SAM 11", "7a3b 3b 01", datagram(source: "fe80::ff:fe00:c00")),
        // Source address, with contexts.
        Example("SAC, SAM 00", "7a4b 3b 01", datagram(source: "::")),
        Example("SAC, SAM 01", "7a5b 3b 0123456789abcdef 01", datagram(source: "fdde:ad00:beef:0:123:4567:89ab:cdef")),
        Example("SAC, SAM 10", "7a6b 3b cc01 01", datagram(source: "fdde:ad00:beef::ff:fe00:cc01")),
        Example("SAC, SAM 11", "7a7b 3b 01", datagram(source: "fdde:ad00:beef::ff:fe00:c00")),
        Example("context 1", "7afb 10 3b 01", datagram(source: "2001:cafe:cafe:cafe:0:ff:fe00:c00")),
        Example("a short context", "7adb 20 3b 0000000000000007 01", datagram(source: "2001:db8::7")),
        Example(
            "bits behind a short context", "7a0b 3b 20010db8000000010000000000000007 01",
            datagram(source: "2001:db8:0:1::7")),
        Example("a long context", "7afb 30 3b 01", datagram(source: "2001:db8:1:2:aabb:ccdd:fe00:c00")),
        Example(
            "a context not to compress with", "7a0b 3b fd150000000000000000000000000001 01", datagram(source: "fd15::1")
        ),
        Example(
            "link-local with bits behind the prefix", "7a0b 3b fe800000000000010000000000000001 01",
            datagram(source: "fe80:0:0:1::1")),
        // Destination address, unicast.
        Example(
            "DAM 00", "7a30 3b 20010db9000000000000000000000001", datagram(destination: "2001:db9::1")),
        Example("DAM 01", "7a31 3b 0123456789abcdef", datagram(destination: "fe80::123:4567:89ab:cdef")),
        Example("DAM 10", "7a32 3b cc01", datagram(destination: "fe80::ff:fe00:cc01")),
        Example("DAM 11", "7a33 3b", datagram(destination: "fe80::146e:a00:0:1")),
        Example(
            "DAC, DAM 01", "7a35 3b 0123456789abcdef", datagram(destination: "fdde:ad00:beef:0:123:4567:89ab:cdef")),
        Example("DAC, DAM 10", "7a36 3b cc01", datagram(destination: "fdde:ad00:beef::ff:fe00:cc01")),
        Example("DAC, DAM 11", "7a37 3b", datagram(destination: "fdde:ad00:beef:0:146e:a00:0:1")),
        Example(
            "both contexts", "7af7 01 3b",
            datagram(
                source: "fdde:ad00:beef::ff:fe00:c00", destination: "2001:cafe:cafe:cafe:146e:a00:0:1")),
        // Destination address, multicast.
        Example("M, DAM 11", "7a3b 3b fc", datagram(destination: "ff02::fc")),
        Example("M, DAM 10", "7a3a 3b 03 0000fc", datagram(destination: "ff03::fc")),
        Example("M, DAM 10, three bytes", "7a3a 3b 02 123456", datagram(destination: "ff02::12:3456")),
        Example("M, DAM 01", "7a39 3b 05 123456789a", datagram(destination: "ff05::12:3456:789a")),
        Example("M, DAM 00", "7a38 3b ff020000000000000001000000000001", datagram(destination: "ff02::1:0:0:1")),
        Example(
            "M, DAC, DAM 00", "7a3c 3b 3300 00000001",
            datagram(destination: "ff33:40:fdde:ad00:beef:0:0:1")),
        Example("M, all zeros behind the scope", "7a3a 3b 02 000000", datagram(destination: "ff02::")),
    ]

    @Test("each encoding of RFC 6282 §3.1.1 is written and read", arguments: examples)
    func encodings(example: Example) throws {
        let (bytes, consumed) = Self.compress(example.datagram)
        #expect(hexadecimal(bytes) == hexadecimal(example.compressed))
        #expect(consumed == 40)
        #expect(hexadecimal(try Self.decompress(example.compressed)) == hexadecimal(example.datagram))
        #expect(throws: Never.self) { try Self.decompress(example.compressed + [0]) }
        for count in 0..<example.compressed.count {
            #expect(throws: ParseError.self) { try Self.decompress(Array(example.compressed[..<count])) }
        }
    }

    /// UDP ports by RFC 6282 §4.3.1, behind a link-local header.
    static let ports: [(String, UInt16, UInt16)] = [
        ("f3 12", 0xf0b1, 0xf0b2), ("f2 b1 1234", 0xf0b1, 0x1234), ("f2 05 f005", 0xf005, 0xf005),
        ("f1 1234 b2", 0x1234, 0xf0b2), ("f0 4d4c 4d4c", 19788, 19788), ("f2 b1 f0c2", 0xf0b1, 0xf0c2),
    ]

    @Test("each encoding of UDP ports is written and read, and the checksum stays", arguments: ports)
    func udp(encoding: String, source: UInt16, destination: UInt16) throws {
        let header = UDPHeader(sourcePort: source, destinationPort: destination, length: 10, checksum: 0xabcd)
        let datagram = Self.datagram(nextHeader: .udp, payload: written(header.serialize) + [1, 2])
        let (bytes, consumed) = Self.compress(datagram)
        #expect(hexadecimal(bytes) == hexadecimal(hex("7e3b 01 \(encoding) abcd 0102")))
        #expect(consumed == 48)
        #expect(try Self.decompress(bytes) == datagram)
        for count in 0..<(bytes.count - 2) {
            #expect(throws: ParseError.self) { try Self.decompress(Array(bytes[..<count])) }
        }
    }

    @Test("a checksum left out is computed from the payload, and refused in a fragment that lacks it")
    func elidedChecksum() throws {
        let bytes = hex("7e33 f7 12 010203")
        let expanded = try Self.decompress(bytes)
        var reader = ByteReader(expanded)
        let header = try IPv6Header(parsing: &reader)
        let udp = try UDPHeader(parsing: &reader, source: header.source, destination: header.destination)
        #expect(udp.sourcePort == 0xf0b1 && udp.length == 11 && reader.readRemaining() == [1, 2, 3])
        #expect(throws: ParseError(field: "UDP checksum", offset: 2, reason: .unsupported(value: 0xf7))) {
            try Self.decompress(bytes, datagramSize: 100)
        }
    }

    @Test("hop-by-hop options are compressed without the padding that the receiver restores", arguments: 1...16)
    func hopByHop(count: Int) throws {
        let options = HopByHopOptions(
            nextHeader: .udp, options: [.unknown(type: 0x1e, value: [UInt8](repeating: 7, count: count))])
        let udp = written(UDPHeader(sourcePort: 1, destinationPort: 2, length: 8, checksum: 3).serialize)
        let datagram = Self.datagram(nextHeader: .hopByHop, payload: written(options.serialize) + udp)
        let (bytes, consumed) = Self.compress(datagram)
        #expect(Array(bytes[..<5]) == hex("7e3b 01 e1") + [UInt8(count + 2)])
        #expect(bytes.count == 5 + 2 + count + 7 && consumed == datagram.count)
        #expect(try Self.decompress(bytes) == datagram)
        for length in 0..<bytes.count {
            #expect(throws: ParseError.self) { try Self.decompress(Array(bytes[..<length])) }
        }
    }

    @Test("a header that is not compressed behind hop-by-hop options is named in line")
    func inlineNextHeader() throws {
        let options = written(
            HopByHopOptions(
                nextHeader: .icmpv6, options: [.mpl(MPLOption(seedID: .short(0xcc00), sequence: 9))]
            ).serialize)
        let datagram = Self.datagram(nextHeader: .hopByHop, destination: "ff03::1", payload: options + [128, 0])
        let (bytes, consumed) = Self.compress(datagram)
        #expect(hexadecimal(bytes) == hexadecimal(hex("7e3a 03000001 e0 3a 06 6d044009cc00 8000")))
        #expect(consumed == 48)
        #expect(try Self.decompress(bytes) == datagram)
    }

    @Test("IPv6 in IPv6 is compressed within, each with its length")
    func tunnel() throws {
        let udp = written(UDPHeader(sourcePort: 1, destinationPort: 2, length: 9, checksum: 3).serialize) + [0xaa]
        let inner = Self.datagram(nextHeader: .udp, destination: "ff05::1", payload: udp)
        let options = written(
            HopByHopOptions(
                nextHeader: .ipv6, options: [.mpl(MPLOption(seedID: .source, sequence: 9))]
            ).serialize)
        let datagram = Self.datagram(nextHeader: .hopByHop, destination: "ff03::fc", payload: options + inner)
        let (bytes, consumed) = Self.compress(datagram)
        #expect(
            hexadecimal(bytes)
                == hexadecimal(hex("7e3a 030000fc e1 04 6d020009 ee 7e3a 05000001 f0 0001 0002 0003 aa")))
        #expect(consumed == datagram.count - 1)
        #expect(try Self.decompress(bytes) == datagram)
        #expect(throws: ParseError(field: "LOWPAN_NHC", offset: 2, reason: .invalid(value: 0xef))) {
            try Self.decompress(hex("7e33 ef 7a33 3b"))
        }
    }

    @Test("the other extension headers are read, padded only where that is possible")
    func otherExtensions() throws {
        func payload(_ bytes: String) throws -> [UInt8] { Array(try Self.decompress(hex(bytes))[40...]) }
        #expect(try payload("7e33 e2 3a 06 010203040506 ff") == hex("3a00 010203040506 ff"))
        #expect(try payload("7e33 e4 3a 06 000901020304 ff") == hex("3a00 000901020304 ff"))
        #expect(try payload("7e33 e6 3a 05 0403010203") == hex("3a00 0403010203 00"))
        #expect(try payload("7e33 e8 3b 06 010203040506") == hex("3b00 010203040506"))
        #expect(try payload("7e33 e7 04 1e020304 f3 12 abcd") == hex("1100 1e020304 0100 f0b1 f0b2 0008 abcd"))
        #expect(throws: ParseError.self) { try payload("7e33 e2 3a 05 0102030405") }
        #expect(throws: ParseError.self) { try payload("7e33 e4 3a 0e 0102030405060708090a0b0c0d0e") }
        for reserved in [0xea, 0xeb, 0xec, 0xed, 0x80, 0xf8] as [UInt8] {
            #expect(throws: ParseError.self) { try Self.decompress(hex("7e33") + [reserved] + hex("3a06010203040506")) }
        }
    }

    @Test("lengths in a first fragment come from the whole datagram's size")
    func fragment() throws {
        let expanded = try Self.decompress(hex("7e33 f3 12 abcd 0102"), datagramSize: 1000)
        #expect(Array(expanded[4..<6]) == hex("03c0"))
        #expect(Array(expanded[44..<46]) == hex("03c0"))
        #expect(throws: ParseError(field: "datagram size", offset: 0, reason: .invalidLength(found: 47, expected: 48)))
        {
            try Self.decompress(hex("7e33 f3 12 abcd"), datagramSize: 47)
        }
    }

    @Test("a datagram whose lengths contradict its size is sent as it is")
    func contradictions() throws {
        var datagram = Self.datagram(payload: [1, 2, 3])
        datagram[5] = 2
        #expect(Self.compress(datagram).bytes == [0x41] + datagram)
        #expect(try Self.decompress([0x41] + datagram) == datagram)
        #expect(Self.compress([0x45, 0, 1]).bytes == [0x41, 0x45, 0, 1])
        #expect(Self.compress([]).bytes == [0x41])
        let udp = written(UDPHeader(sourcePort: 1, destinationPort: 2, length: 9, checksum: 3).serialize)
        let wrong = Self.datagram(nextHeader: .udp, payload: udp)
        #expect(Self.compress(wrong).consumed == 40)
        #expect(try Self.decompress(Self.compress(wrong).bytes) == wrong)
    }

    @Test("padding that the receiver could not restore is sent")
    func otherPadding() throws {
        for options in [
            hex("3b01 1e00 010a 00000000000000000000"), hex("3b00 1e00 0102 0001"), hex("3b00 00 00 00 00 00 00"),
        ] {
            let datagram = Self.datagram(nextHeader: .hopByHop, payload: options)
            #expect(try Self.decompress(Self.compress(datagram).bytes) == datagram)
        }
        let malformed = Self.datagram(nextHeader: .hopByHop, payload: hex("3b00 1e05 0102 0001"))
        #expect(Self.compress(malformed).consumed == 40)
    }

    @Test("a context that is not known is told apart from other errors")
    func unknownContext() {
        #expect(
            throws: ParseError(field: HeaderCompression.contextField, offset: 0, reason: .unsupported(value: 4))
        ) {
            try Self.decompress(hex("7af3 40 3b"))
        }
        #expect(throws: ParseError(field: HeaderCompression.contextField, offset: 0, reason: .unsupported(value: 5))) {
            try Self.decompress(hex("7ab7 05 3b"))
        }
    }

    @Test("reserved encodings, other pages and other dispatches are refused by name")
    func refused() {
        #expect(throws: ParseError(field: "LOWPAN_IPHC", offset: 0, reason: .invalid(value: 0x7a34))) {
            try Self.decompress(hex("7a34 3b"))
        }
        for mode in 0x7a3d...0x7a3f as ClosedRange<UInt16> {
            #expect(throws: ParseError(field: "LOWPAN_IPHC", offset: 0, reason: .invalid(value: UInt64(mode)))) {
                try Self.decompress([UInt8(mode >> 8), UInt8(mode & 0xff), 0x3b, 1, 2, 3, 4, 5, 6])
            }
        }
        #expect(throws: ParseError(field: "LoWPAN page", offset: 0, reason: .unsupported(value: 1))) {
            try Self.decompress(hex("f1 7a33 3b"))
        }
        #expect(throws: ParseError(field: "LoWPAN dispatch", offset: 0, reason: .invalid(value: 0x12))) {
            try Self.decompress(hex("12 7a33 3b"))
        }
        #expect(throws: ParseError.self) { try Self.decompress(hex("7a33 3b"), source: .none) }
        #expect(throws: ParseError.self) { try Self.decompress(hex("7a33 3b"), destination: .none) }
        #expect(throws: ParseError.self) { try Self.decompress(hex("7a38 3b") + [UInt8](repeating: 1, count: 16)) }
    }

    @Test("changed frames of the recordings never trap, and what expands compresses and expands to the same")
    func mutation() throws {
        let seed: UInt64 = 20_260_101
        var generator = SeededGenerator(seed: seed)
        var expandedCount = 0
        for sample in try LowPANSample.all() where sample.payload.first.map({ $0 >> 5 == 3 }) ?? false {
            for _ in 0..<20 {
                let mutated = generator.mutated(sample.payload)
                let size = Int.random(in: 0..<4, using: &generator) == 0 ? 200 : nil
                guard
                    let datagram = try? Self.decompress(
                        mutated, source: sample.source, destination: sample.destination, datagramSize: size)
                else { continue }
                expandedCount += 1
                guard size == nil else { continue }
                let (again, _) = Self.compress(datagram, source: sample.source, destination: sample.destination)
                let second = try? Self.decompress(again, source: sample.source, destination: sample.destination)
                #expect(second == datagram, "seed \(seed), \(sample.name): \(hexadecimal(mutated))")
            }
        }
        #expect(expandedCount > 10_000)
    }

    @Test("any datagram at all survives compression")
    func arbitrary() throws {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        let datagrams = try LowPANSample.all().compactMap(\.datagram)
        for datagram in datagrams {
            let mutated = generator.mutated(datagram)
            #expect(
                try Self.decompress(Self.compress(mutated).bytes) == mutated, "seed \(seed): \(hexadecimal(mutated))")
        }
    }
}
