import EngineCore
import LoRaChannel
import LoRaPHY
import Testing

/// A channel with the same radio at every node.
struct Air {
    var channel: LoRaChannel
    let setting: RadioSetting

    init(
        _ nodeCount: Int, _ links: [(Int, Int, Double)], phy: PhysicalLayer = .lora(.sf7bw250), power: Double = 14,
        parameters: ChannelParameters = ChannelParameters(), seed: UInt64 = 1
    ) {
        setting = RadioSetting(
            phy: phy, frequency: Hertz(869_525_000), transmitPower: DecibelMilliwatts(power))
        channel = LoRaChannel(
            nodeCount: nodeCount,
            links: links.flatMap { from, to, loss in
                [
                    ChannelLink(from: from, to: to, loss: Decibels(loss)),
                    ChannelLink(from: to, to: from, loss: Decibels(loss)),
                ]
            }, parameters: parameters, seed: seed)
        for node in 0..<nodeCount { channel.setRadio(setting, of: node) }
    }

    @discardableResult
    mutating func send(_ bytes: [UInt8], by node: Int, at microseconds: UInt64) throws -> Instant {
        try channel.beginTransmission(bytes, by: node, now: Instant(microseconds: microseconds))
    }

    /// Lets the channel run until it is silent.
    mutating func finish() -> [ChannelOutput] {
        var outputs: [ChannelOutput] = []
        while let deadline = channel.nextDeadline {
            channel.advance(to: deadline)
            while let output = channel.pollOutput() { outputs.append(output) }
        }
        return outputs
    }
}

@Suite("The channel")
struct LoRaChannelTests {
    static let ten = [UInt8](repeating: 0x55, count: 10)
    /// 12.25 + 8 + ceil((80 + 16) / 28) * 5 = 40.25 symbols of 512 µs
    static let airtimeOfTen: UInt64 = 20_608

    @Test("A frame arrives with the signal that power and loss leave, when its time on air is over")
    func reception() throws {
        var air = Air(3, [(0, 1, 100)])
        let end = try air.send(Self.ten, by: 0, at: 1000)
        #expect(end == Instant(microseconds: 1000 + Self.airtimeOfTen))
        #expect(air.channel.nextDeadline == end)
        air.channel.advance(to: Instant(microseconds: end.microseconds - 1))
        #expect(air.channel.pollOutput() == nil)
        #expect(air.channel.isTransmitting(0))
        air.channel.advance(to: end)
        #expect(air.channel.pollOutput() == .transmitDone(node: 0))
        // 14 - 100 = -86 dBm over a noise of -174 + 53.98 + 6 = -114.02 dBm
        guard case .received(node: 1, let frame)? = air.channel.pollOutput() else {
            Issue.record("nothing received")
            return
        }
        #expect(frame.bytes == Self.ten)
        #expect(frame.rssi == DecibelMilliwatts(-86))
        #expect(abs(frame.snr.value - 28.02) < 1e-9)
        #expect(air.channel.pollOutput() == nil)
        #expect(air.channel.nextDeadline == nil)
        #expect(!air.channel.isTransmitting(0))
    }

    @Test(
        "A frame is received down to the demodulation floor and not below", arguments: [(135.4, true), (135.6, false)])
    func floor(loss: Double, arrives: Bool) throws {
        // 14 - 135.52 dB is -7.5 dB over the noise.
        var air = Air(2, [(0, 1, loss)])
        try air.send(Self.ten, by: 0, at: 0)
        let outputs = air.finish()
        if arrives {
            #expect(outputs.count == 2)
            guard case .received(node: 1, _) = outputs[1] else {
                Issue.record("\(outputs)")
                return
            }
        } else {
            #expect(outputs == [.transmitDone(node: 0), .lost(node: 1, sender: 0, reason: .belowFloor)])
        }
    }

    @Test(
        "Of two frames that begin together the one 6 dB stronger survives",
        arguments: [(94.0, true), (94.1, false), (100, false)])
    func captureAtStart(strongLoss: Double, survives: Bool) throws {
        var air = Air(3, [(0, 1, strongLoss), (2, 1, 100)])
        try air.send([1], by: 0, at: 0)
        try air.send([2], by: 2, at: 0)
        let outputs = air.finish()
        #expect(outputs.contains(.lost(node: 1, sender: 2, reason: .collision)))
        #expect(outputs.contains(.lost(node: 1, sender: 0, reason: .collision)) != survives)
        #expect(Self.received(outputs) == (survives ? [1] : []))
    }

    @Test(
        "Behind its preamble a frame survives an interferer 3 dB weaker, before that only one 6 dB weaker",
        arguments: [
            // Six symbols of 512 µs: 3072 µs.
            (3072, 97.0, true), (3072, 97.1, false), (3071, 97.0, false), (3071, 94.0, true),
        ] as [(UInt64, Double, Bool)])
    func captureAfterLock(delay: UInt64, loss: Double, survives: Bool) throws {
        var air = Air(3, [(0, 1, loss), (2, 1, 100)])
        try air.send([1], by: 0, at: 0)
        try air.send([2], by: 2, at: delay)
        let outputs = air.finish()
        #expect(Self.received(outputs) == (survives ? [1] : []))
        #expect(outputs.contains(.lost(node: 1, sender: 2, reason: .collision)))
    }

    @Test("A much stronger frame survives although it came second, and destroys the first")
    func lateCapture() throws {
        var air = Air(3, [(0, 1, 110), (2, 1, 100)])
        try air.send([1], by: 0, at: 0)
        try air.send([2], by: 2, at: 10_000)
        let outputs = air.finish()
        #expect(Self.received(outputs) == [2])
        #expect(outputs.contains(.lost(node: 1, sender: 0, reason: .collision)))
    }

    @Test("Frames that follow each other without a gap do not collide")
    func backToBack() throws {
        var air = Air(3, [(0, 1, 100), (2, 1, 100)])
        let end = try air.send([1], by: 0, at: 0)
        // The first has ended, though nobody has advanced the channel yet.
        try air.send([2], by: 2, at: end.microseconds)
        #expect(Self.received(air.finish()) == [1, 2])
    }

    @Test("A frame too weak to be received still disturbs one that is not 6 dB stronger")
    func weakInterference() throws {
        var air = Air(3, [(0, 1, 133), (2, 1, 137)])
        try air.send([1], by: 0, at: 0)
        try air.send([2], by: 2, at: 0)
        let outputs = air.finish()
        #expect(outputs.contains(.lost(node: 1, sender: 0, reason: .collision)))
        #expect(outputs.contains(.lost(node: 1, sender: 2, reason: .belowFloor)))
    }

    @Test("Hidden nodes collide in the middle and only there")
    func hiddenNodes() throws {
        var air = Air(5, [(0, 1, 90), (1, 2, 90), (2, 3, 90), (0, 4, 90)])
        try air.send([1], by: 0, at: 0)
        try air.send([2], by: 2, at: 100)
        let outputs = air.finish()
        #expect(outputs.contains(.lost(node: 1, sender: 0, reason: .collision)))
        #expect(outputs.contains(.lost(node: 1, sender: 2, reason: .collision)))
        #expect(Self.received(outputs) == [1, 2])
    }

    @Test("A node that sends hears nothing, and loses what was arriving")
    func halfDuplex() throws {
        var air = Air(2, [(0, 1, 90)])
        try air.send(Self.ten, by: 0, at: 0)
        try air.send([2], by: 1, at: 5_000)
        #expect(
            air.finish() == [
                .transmitDone(node: 1), .lost(node: 0, sender: 1, reason: .transmitting),
                .transmitDone(node: 0), .lost(node: 1, sender: 0, reason: .transmitting),
            ])
    }

    @Test("Other frequencies, spreading factors and bandwidths neither arrive nor disturb")
    func otherChannels() throws {
        let others = [
            RadioSetting(
                phy: .lora(.sf7bw250), frequency: Hertz(869_775_000), transmitPower: DecibelMilliwatts(14)),
            RadioSetting(
                phy: .lora(try LoRaModulation(bandwidth: Hertz(250_000), spreadingFactor: 8)),
                frequency: Hertz(869_525_000), transmitPower: DecibelMilliwatts(14)),
            RadioSetting(
                phy: .lora(.sf7bw500), frequency: Hertz(869_525_000), transmitPower: DecibelMilliwatts(14)),
            RadioSetting(phy: .ieee802154, frequency: Hertz(869_525_000), transmitPower: DecibelMilliwatts(14)),
        ]
        for other in others {
            var air = Air(3, [(0, 1, 100), (2, 1, 60)])
            air.channel.setRadio(other, of: 2)
            try air.send([1], by: 0, at: 0)
            try air.send([2], by: 2, at: 100)
            #expect(!air.channel.isBusy(at: 2, now: Instant(microseconds: 200)))
            let outputs = air.finish()
            #expect(Self.received(outputs) == [1])
            #expect(outputs.count == 3, "\(outputs)")
        }
    }

    @Test("Another coding rate is received all the same: the header tells it")
    func otherCodingRate() throws {
        var air = Air(2, [(0, 1, 100)])
        let coded = try LoRaModulation(bandwidth: Hertz(250_000), spreadingFactor: 7, codingRate: 8)
        air.channel.setRadio(
            RadioSetting(
                phy: .lora(coded), frequency: air.setting.frequency, transmitPower: air.setting.transmitPower), of: 0)
        try air.send([1], by: 0, at: 0)
        #expect(Self.received(air.finish()) == [1])
    }

    @Test("A receiver that is off, or is switched off or retuned in between, receives nothing")
    func receiverOff() throws {
        var off = Air(2, [(0, 1, 90)]).setting
        off.isReceiving = false
        var air = Air(2, [(0, 1, 90)])
        air.channel.setRadio(off, of: 1)
        try air.send(Self.ten, by: 0, at: 0)
        // Too late: the preamble is over.
        air.channel.setRadio(air.setting, of: 1)
        #expect(air.finish().last == .lost(node: 1, sender: 0, reason: .notReceiving))

        try air.send(Self.ten, by: 0, at: 100_000)
        air.channel.setRadio(off, of: 1)
        #expect(air.finish().last == .lost(node: 1, sender: 0, reason: .notReceiving))

        air.channel.setRadio(air.setting, of: 1)
        try air.send(Self.ten, by: 0, at: 200_000)
        air.channel.setRadio(nil, of: 1)
        #expect(air.finish().last == .lost(node: 1, sender: 0, reason: .notReceiving))

        air.channel.setRadio(air.setting, of: 1)
        try air.send([3], by: 0, at: 300_000)
        air.channel.setRadio(air.setting, of: 1)
        #expect(Self.received(air.finish()) == [3])
    }

    @Test("Channel activity is detected where a frame can be heard, for as long as it lasts")
    func channelActivity() throws {
        var air = Air(4, [(0, 1, 100), (1, 2, 100), (0, 3, 136)])
        func instant(_ microseconds: UInt64) -> Instant { Instant(microseconds: microseconds) }
        #expect(!air.channel.isBusy(at: 1, now: .zero))
        let end = try air.send(Self.ten, by: 0, at: 0)
        #expect(air.channel.isBusy(at: 1, now: instant(10)))
        #expect(air.channel.isBusy(at: 1, now: instant(end.microseconds - 1)))
        #expect(!air.channel.isBusy(at: 1, now: end))
        #expect(!air.channel.isBusy(at: 2, now: instant(10)))
        #expect(!air.channel.isBusy(at: 3, now: instant(10)))
        #expect(!air.channel.isBusy(at: 0, now: instant(10)))
    }

    @Test("A radio that cannot send says why, and nothing goes on the air")
    func refusals() throws {
        var air = Air(2, [(0, 1, 90)], phy: .ieee802154)
        let long = [UInt8](repeating: 0, count: 128)
        #expect(throws: TransmissionError.tooLong(found: 128, maximum: 127)) { try air.send(long, by: 0, at: 0) }
        #expect(air.channel.nextDeadline == nil)
        try air.send([1], by: 0, at: 0)
        #expect(throws: TransmissionError.alreadyTransmitting) { try air.send([2], by: 0, at: 10) }
        #expect(Self.received(air.finish()) == [1])
        air.channel.setRadio(nil, of: 0)
        #expect(throws: TransmissionError.notConfigured) { try air.send([1], by: 0, at: 1000) }
        #expect(TransmissionError.tooLong(found: 128, maximum: 127).description.contains("128"))
    }

    @Test("802.15.4 runs at 32 µs a byte, hears down to -98 dBm and captures with 6 dB also behind the preamble")
    func ieee802154() throws {
        var air = Air(4, [(0, 1, 97.9), (0, 2, 98.1)], phy: .ieee802154, power: 0)
        #expect(try air.send([1, 2, 3], by: 0, at: 0) == Instant(microseconds: 288))
        let outputs = air.finish()
        #expect(Self.received(outputs) == [1])
        #expect(outputs.contains(.lost(node: 2, sender: 0, reason: .belowFloor)))

        var collision = Air(3, [(0, 1, 56), (2, 1, 60)], phy: .ieee802154, power: 0)
        try collision.send(Self.ten, by: 0, at: 0)
        try collision.send(Self.ten, by: 2, at: 400)
        #expect(Self.received(collision.finish()) == [])
    }

    @Test("A link changes for the transmissions that begin afterwards")
    func changedLinks() throws {
        var air = Air(2, [(0, 1, 90)])
        try air.send([1], by: 0, at: 0)
        air.channel.setLoss(nil, from: 0, to: 1)
        #expect(Self.received(air.finish()) == [1])
        try air.send([2], by: 0, at: 100_000)
        #expect(air.finish() == [.transmitDone(node: 0)])
        air.channel.setLoss(Decibels(80), from: 0, to: 1)
        try air.send([3], by: 0, at: 200_000)
        #expect(Self.received(air.finish()) == [3])
    }

    @Test("On a soft edge frames arrive half of the time at the floor, always and never at its ends")
    func softEdge() throws {
        var parameters = ChannelParameters()
        parameters.softEdge = Decibels(4)
        // 135.52 dB is the floor; the edge reaches from 133.52 to 137.52 dB.
        var air = Air(4, [(0, 1, 135.52), (0, 2, 133.5), (0, 3, 137.6)], parameters: parameters, seed: 7)
        var counts = [0, 0, 0, 0]
        for round in 0..<1000 {
            try air.send([1], by: 0, at: UInt64(round) * 100_000)
            for output in air.finish() {
                if case .received(let node, _) = output { counts[node] += 1 }
            }
        }
        #expect((450...550).contains(counts[1]), "\(counts)")
        #expect(counts[2] == 1000)
        #expect(counts[3] == 0)
    }

    @Test("As many frames are erased at random as the link is set to, and only in its direction")
    func erasure() throws {
        var air = Air(2, [(0, 1, 100)], seed: 4)
        air.channel.setLoss(Decibels(100), erasure: 0.3, from: 0, to: 1)
        // A changed loss keeps the share.
        air.channel.setLoss(Decibels(90), from: 0, to: 1)
        #expect(air.channel.link(from: 0, to: 1) == ChannelLink(from: 0, to: 1, loss: Decibels(90), erasure: 0.3))
        var lost = 0
        for number in 0..<1000 as Range<UInt64> {
            try air.send(Self.ten, by: 0, at: number * 100_000)
            lost += air.finish().count { $0 == .lost(node: 1, sender: 0, reason: .erasure) }
            try air.send(Self.ten, by: 1, at: number * 100_000 + 50_000)
            #expect(air.finish().count { if case .received(node: 0, _) = $0 { true } else { false } } == 1)
        }
        // Three standard deviations of 1000 draws are 43.
        #expect((257...343).contains(lost))
    }

    @Test("A transmission that is cut off reaches nobody, is not reported to its sender, and disturbs no more")
    func cutOff() throws {
        var air = Air(3, [(0, 1, 100), (1, 2, 100)])
        try air.send(Self.ten, by: 0, at: 0)
        air.channel.cutTransmission(of: 0)
        #expect(air.channel.pollOutput() == .lost(node: 1, sender: 0, reason: .cutOff))
        #expect(!air.channel.isTransmitting(0))
        #expect(air.channel.nextDeadline == nil)
        try air.send(Self.ten, by: 2, at: 1000)
        let outputs = air.finish()
        #expect(Self.received(outputs) == [Self.ten[0]])
        #expect(!outputs.contains(.transmitDone(node: 0)))
    }

    @Test("The same seed gives the same air, another seed another")
    func determinism() throws {
        #expect(try Self.noise(seed: 5) == Self.noise(seed: 5))
        #expect(try Self.noise(seed: 5) != Self.noise(seed: 6))
    }

    /// Three hundred transmissions of twenty nodes on a soft edge.
    static func noise(seed: UInt64) throws -> [ChannelOutput] {
        var parameters = ChannelParameters()
        parameters.softEdge = Decibels(6)
        var generator = OpenEntropy(seed: 99)
        var links: [(Int, Int, Double)] = []
        for node in 0..<20 {
            for other in 0..<node { links.append((other, node, 120 + Double(generator.below(20)))) }
        }
        var air = Air(20, links, parameters: parameters, seed: seed)
        var outputs: [ChannelOutput] = []
        var now: UInt64 = 0
        for _ in 0..<300 {
            now += generator.below(30_000)
            air.channel.advance(to: Instant(microseconds: now))
            while let output = air.channel.pollOutput() { outputs.append(output) }
            let node = Int(generator.below(20))
            if !air.channel.isTransmitting(node) { try air.send(ten, by: node, at: now) }
        }
        return outputs + air.finish()
    }

    /// The nodes' one-byte frames that arrived somewhere, in the order of their arrival.
    static func received(_ outputs: [ChannelOutput]) -> [UInt8] {
        outputs.compactMap { output in
            if case .received(_, let frame) = output { frame.bytes.first } else { nil }
        }
    }
}
