import EngineCore
import LoRaPHY
import RadioDrivers
import Testing
import WireCore

@Suite("Messages between nodes and ether")
struct EtherMessageTests {
    static let lora = EtherRadioSetting(
        phy: .lora(.sf7bw250), frequency: Hertz(869_525_000), power: DecibelMilliwatts(14), isReceiving: true)
    static let thread = EtherRadioSetting(
        phy: .ieee802154, frequency: Hertz(2_425_000_000), power: DecibelMilliwatts(-9.5), isReceiving: false)

    /// Every kind of message with its bytes, written out by hand from the documented format.
    static let vectors: [(EtherMessage, String)] = [
        (
            .register(EtherRegistration(node: "A", hasFrameCheckSequence: false, setting: lora)),
            "48450101" + "00" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d090" + "07" + "05" + "0008" + "01"
                + "41"
        ),
        (.configure(thread), "48450102" + "00000000908a9040" + "fc4a" + "00" + "00"),
        (.transmit(token: 7, bytes: [0xaa, 0xbb]), "48450103" + "00000007" + "aabb"),
        (.transmit(token: 8, bytes: []), "48450103" + "00000008"),
        (.assess(token: 0x0102_0304), "48450104" + "01020304"),
        (.receiver(isOn: true), "48450105" + "01"),
        (.receiver(isOn: false), "48450105" + "00"),
        (.keepAlive, "48450106"),
        (.statisticsRequest(node: "B"), "48450107" + "42"),
        (.leave, "48450108"),
        (.registered, "48450181"),
        (.refused(reason: "no"), "48450182" + "6e6f"),
        (.transmitDone(token: 7, outcome: .sent), "48450183" + "00000007" + "01"),
        (.transmitDone(token: 7, outcome: .failed), "48450183" + "00000007" + "00"),
        (
            .received(ReceivedFrame(bytes: [1, 2, 3], rssi: DecibelMilliwatts(-86.25), snr: Decibels(28.02))),
            "48450184" + "de4f" + "0af2" + "010203"
        ),
        (.assessment(token: 9, isBusy: true), "48450185" + "00000009" + "01"),
        (.alive, "48450186"),
        (.statistics(json: "{}"), "48450187" + "7b7d"),
        (.unregistered, "48450188"),
    ]

    @Test("Every message is its documented bytes, both ways")
    func vectors() throws {
        for (message, text) in Self.vectors {
            var writer = ByteWriter()
            message.serialize(into: &writer)
            #expect(hexadecimal(writer.bytes) == text, "\(message)")
            #expect(writer.count == message.byteCount, "\(message)")
            var reader = ByteReader(writer.bytes)
            #expect(try EtherMessage(parsing: &reader) == message)
            #expect(reader.isAtEnd)
        }
    }

    @Test("Every modulation survives a round trip")
    func modulations() throws {
        for bandwidth in LoRaModulation.bandwidths {
            for flags in 0..<8 {
                let modulation = try LoRaModulation(
                    bandwidth: bandwidth, spreadingFactor: 12, codingRate: 8, preambleLength: 65_535,
                    hasCRC: flags & 1 != 0, isImplicitHeader: flags & 2 != 0, optimizesForLowDataRate: flags & 4 != 0)
                var setting = Self.lora
                setting.phy = .lora(modulation)
                var writer = ByteWriter()
                setting.serialize(into: &writer)
                #expect(writer.count == setting.byteCount)
                var reader = ByteReader(writer.bytes)
                #expect(try EtherRadioSetting(parsing: &reader) == setting)
            }
        }
    }

    @Test("A message cut anywhere is an error or a shorter message, never a trap")
    func truncation() {
        for (message, text) in Self.vectors {
            guard let whole = bytes(hexadecimal: text) else { continue }
            for length in 0..<whole.count {
                var reader = ByteReader(Array(whole.prefix(length)))
                if let shorter = try? EtherMessage(parsing: &reader) { #expect(shorter != message) }
            }
        }
        for length in 0..<4 {
            var reader = ByteReader([UInt8]([0x48, 0x45, 1].prefix(length)))
            #expect(throws: ParseError.self) { try EtherMessage(parsing: &reader) }
        }
    }

    @Test(
        "What means nothing is an error that names its field",
        arguments: [
            ("48460106", "ether magic"), ("48450206", "ether version"), ("48450109", "ether message type"),
            ("48450180", "ether message type"), ("4845010600", "ether message"), ("4845010502", "receiver"),
            ("48450183" + "00000007" + "02", "transmit outcome"), ("48450182ff", "refusal"),
            ("48450102" + "00000000908a9040" + "fc4a" + "00" + "02", "physical layer"),
            ("48450102" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d091" + "07050008" + "01", "bandwidth"),
            (
                "48450102" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d090" + "04050008" + "01",
                "spreading factor"
            ),
            ("48450102" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d090" + "07090008" + "01", "coding rate"),
            (
                "48450102" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d090" + "07050005" + "01",
                "preamble length"
            ),
            (
                "48450102" + "0000000033d3e608" + "0578" + "01" + "01" + "0003d090" + "07050008" + "08",
                "modulation flags"
            ),
            ("48450101" + "00" + "00000000908a9040" + "fc4a" + "00" + "00", "node name"),
        ])
    func refusals(text: String, field: String) {
        var reader = ByteReader(bytes(hexadecimal: text) ?? [])
        do {
            let message = try EtherMessage(parsing: &reader)
            Issue.record("parsed as \(message)")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test("A name of 64 bytes is the longest")
    func names() throws {
        for (length, isTaken) in [(64, true), (65, false)] {
            let registration = EtherRegistration(
                node: String(repeating: "n", count: length), hasFrameCheckSequence: true, setting: Self.thread)
            var writer = ByteWriter()
            registration.serialize(into: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(((try? EtherRegistration(parsing: &reader)) == registration) == isTaken)
        }
    }

    @Test("Strengths beyond 16 bits of hundredths become the largest that fit")
    func clamping() throws {
        let frame = ReceivedFrame(bytes: [], rssi: DecibelMilliwatts(-1000), snr: Decibels(1000))
        var writer = ByteWriter()
        EtherMessage.received(frame).serialize(into: &writer)
        #expect(hexadecimal(writer.bytes) == "4845018480007fff")
    }

    @Test("Mutated messages never trap")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = OpenEntropy(seed: seed)
        for _ in 0..<20_000 {
            let vector = Self.vectors[Int(generator.below(UInt64(Self.vectors.count)))].1
            guard var mutated = bytes(hexadecimal: vector) else { continue }
            for _ in 0...generator.below(4) {
                // The magic number stays, or nothing else would be tried.
                let position = 3 + Int(generator.below(UInt64(mutated.count - 3)))
                mutated[position] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.below(4) == 0 { mutated.removeLast(Int(generator.below(UInt64(mutated.count)))) }
            var reader = ByteReader(mutated)
            guard let message = try? EtherMessage(parsing: &reader) else { continue }
            var writer = ByteWriter()
            message.serialize(into: &writer)
            #expect(writer.bytes == mutated, "seed \(seed)")
        }
    }
}
