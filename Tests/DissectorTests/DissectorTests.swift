import CryptoProviders
import LinkSecurity
import PcapWire
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import Dissector

@Suite("The dissector")
struct DissectorTests {
    static func packets(_ name: String) throws -> [CapturedPacket] {
        try Fixtures.recording(name).map { frame in
            CapturedPacket(
                timestamp: UInt64((frame.time * 1e9).rounded()), linkType: .ieee802154,
                originalLength: UInt32(frame.psdu.count),
                bytes: frame.psdu)
        }
    }

    static func dissector(
        key: String = "00112233445566778899aabbccddeeff", prefix: String? = nil, hasFCS: Bool? = nil
    ) throws -> Dissector {
        Dissector(
            options: Dissector.Options(
                networkKey: try #require(bytes(hexadecimal: key)), meshLocalPrefix: prefix.flatMap { IPv6Prefix($0) },
                hasFrameCheckSequence: hasFCS), cryptography: MbedTLSCryptography())
    }

    @Test("An Address Solicit is shown down to its elements")
    func line() throws {
        let frame = try Self.dissector().decode(Self.packets("thread/line_traffic"))[15]
        #expect(
            frame.line(isVerified: true)
                == "16 8.201785 fdde:ad00:beef::ff:fe00:a001 > fdde:ad00:beef::ff:fe00:a000 | IEEE 802.15.4 data "
                + "sequence 98 PAN 1234 source a001 destination a000 acknowledgement requested security level 5 "
                + "frame counter 0 key index 1 opened by key sequence 0 sender 166e0a0000000002 | 6LoWPAN header "
                + "bytes 7 | IPv6 source fdde:ad00:beef::ff:fe00:a001 destination fdde:ad00:beef::ff:fe00:a000 hop "
                + "limit 64 traffic class 28 payload length 33 | UDP source port 61631 destination port 61631 "
                + "length 33 | CoAP CON code POST message id 36534 token f6b5 path a/as | TMF [MAC Extended Address "
                + "166e0a0000000002, Status 2]")
    }

    @Test("Every layer that the recordings are known to hold is found")
    func layers() throws {
        var names: Set<String> = []
        func collect(_ layer: DissectedLayer) {
            names.insert(layer.name)
            for element in layer.elements { collect(element) }
        }
        for name in ["thread/cliref", "thread/prefix", "thread/scan", "thread/sleepy", "thread/joiner"] {
            for frame in try Self.dissector().decode(Self.packets(name)) { frame.layers.forEach(collect) }
        }
        let expected: Set<String> = [
            "IEEE 802.15.4", "Beacon", "Beacon Request", "Data Request", "Mesh", "First Fragment", "Fragment",
            "Reassembled", "6LoWPAN", "IPv6", "Hop-by-Hop Options", "MPL", "UDP", "ICMPv6 Echo Request",
            "ICMPv6 Echo Reply", "CoAP", "TMF", "MLE Advertisement", "MLE Child Update Request",
            "MLE Discovery Response", "Route64", "Router", "Prefix", "Border Router", "6LoWPAN ID", "Has Route",
            "Service", "Server", "Commissioning Data", "Address Registration", "Address", "Discovery Response",
            "Network Name", "Connectivity", "CSL Accuracy", "Type List", "MAC Counters", "Target EID", "Data",
        ]
        #expect(expected.subtracting(names).isEmpty, "missing \(expected.subtracting(names))")
        let numbered = names.filter { $0.split(separator: " ").last?.allSatisfy(\.isNumber) == true }
        #expect(numbered.isEmpty, "without a name")
    }

    @Test("A wrong key opens nothing, and the summary tells")
    func wrongKey() throws {
        let frames = try Self.dissector(key: "00112233445566778899aabbccddeefe").decode(Self.packets("thread/attach"))
        let summary = DissectionSummary(frames)
        #expect(summary.decrypted == 0)
        #expect(summary.frames == 159)
        #expect(summary.exact < 100)
        #expect(summary.failed.count >= frames.filter(\.isSecured).count)
        #expect(summary.description == "frames 159, decrypted 0, byte-exact \(summary.exact)")
    }

    @Test("A wrong mesh-local prefix is noticed by the checksums")
    func wrongPrefix() throws {
        let frames = try Self.dissector(prefix: "fd00::/64").decode(Self.packets("thread/attach"))
        let first = try #require(frames.first { !$0.isExact })
        #expect(first.problems.contains { $0.contains("checksum") }, "\(first)")
        #expect(first.isDecrypted)
    }

    @Test("Any bit changed in a frame is noticed")
    func flippedBits() throws {
        let packets = try Self.packets("thread/attach")
        let dissector = try Self.dissector()
        // A Parent Request, a Child ID Response and a secured Address Solicit: frames 1, 14 and 16.
        for number in [0, 13, 15] {
            for bit in 0..<packets[number].bytes.count * 8 {
                var changed = Array(packets[..<20])
                changed[number].bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!dissector.decode(changed)[number].isExact, "frame \(number + 1), bit \(bit)")
            }
        }
    }

    @Test("What a frame needs may be told by a later one")
    func learning() throws {
        let packets = Array(try Self.packets("thread/line_traffic").prefix(40).reversed())
        let frames = try Self.dissector().decode(packets)
        #expect(DissectionSummary(frames).failed.isEmpty)
    }

    @Test("Frames without a frame check sequence are read by link type, or when told so")
    func withoutFCS() throws {
        let packets = try Self.packets("thread/attach").map { packet in
            var packet = packet
            packet.bytes.removeLast(2)
            packet.originalLength -= 2
            return packet
        }
        let told = try Self.dissector(hasFCS: false).decode(packets)
        #expect(DissectionSummary(told).failed.isEmpty)
        let typed = try Self.dissector().decode(
            packets.map { packet in
                var packet = packet
                packet.linkType = .ieee802154WithoutFCS
                return packet
            })
        #expect(typed.map(\.rewritten) == told.map(\.rewritten))
        #expect(!DissectionSummary(try Self.dissector().decode(packets)).failed.isEmpty)
    }

    @Test("Cut packets, other link types and empty frames are told as problems")
    func oddPackets() throws {
        let packets = [
            CapturedPacket(timestamp: nil, linkType: .ethernet, originalLength: 1, bytes: [1]),
            CapturedPacket(timestamp: 5, linkType: .ieee802154, originalLength: 9, bytes: [2, 0, 1, 0x4d, 0xd2]),
            CapturedPacket(timestamp: nil, linkType: .ieee802154, originalLength: 0, bytes: []),
        ]
        let frames = try Self.dissector().decode(packets)
        #expect(frames.map(\.problems.count) == [1, 2, 1])
        #expect(frames[0].problems == ["link type 1 is not IEEE 802.15.4"])
        #expect(frames[1].problems[0] == "only 5 of 9 bytes were captured")
        #expect(DissectionSummary(frames).failed == [1, 2, 3])
    }

    @Test("No change of a real capture makes it trap", arguments: [UInt64(1), 2, 3])
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for name in ["thread/prefix", "pymesh/mixed_both", "thread/joiner"] {
            var packets = try Self.packets(name)
            for index in packets.indices where Bool.random(using: &generator) {
                packets[index].bytes = generator.mutated(packets[index].bytes)
                if packets[index].bytes.count >= 2 { FrameCheckSequence.write(into: &packets[index].bytes) }
                packets[index].originalLength = UInt32(packets[index].bytes.count)
            }
            let frames = try Self.dissector().decode(packets)
            #expect(frames.count == packets.count, "seed \(seed)")
            for frame in frames { #expect(!frame.json.isEmpty && !frame.description.isEmpty, "seed \(seed)") }
        }
    }

    @Test("A file that is no capture is refused")
    func noCapture() throws {
        let dissector = try Self.dissector()
        #expect(throws: ParseError.self) { try dissector.decode(file: Array("nothing".utf8)) }
    }
}
