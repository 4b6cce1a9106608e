import LoRaPHY
import NIOCore
import NIOEmbedded
import Synchronization

@testable import RadioDrivers

/// What modems on one channel hear of each other.
final class ModemAir: @unchecked Sendable {
    fileprivate var modems: [EmulatedModem] = []
}

/// A modem with MeshCore's KISS firmware, from the bytes of its line to the air, written from the description of the
/// firmware and not from the codec that it judges. Its state is confined to its event loop.
final class EmulatedModem: @unchecked Sendable {
    /// What is wrong with it.
    enum Fault: Equatable {
        /// It says nothing.
        case silent
        /// It is another device, which answers every line with a prompt.
        case console
        /// It does not tell how it heard a frame.
        case noSignalReports
        /// The end of a transmission is not told.
        case noTransmitDone
        /// It refuses frames as if it still had one.
        case busy
        /// Its preamble is that of an older firmware.
        case shortPreamble
        /// It speaks version 2.
        case version2
        /// It takes all radio parameters and uses others.
        case disobedient
    }

    private let eventLoop: any EventLoop
    private let air: ModemAir
    /// Puts bytes on the line.
    var write: ([UInt8]) -> Void = { _ in }
    var fault: Fault?
    var isChannelBusy = false
    /// Whether garbage comes before each answer.
    var isNoisy = false
    private(set) var frequency: UInt32 = 0
    private(set) var bandwidth: UInt32 = 0
    private(set) var spreadingFactor: UInt8 = 0
    private(set) var codingRate: UInt8 = 0
    private(set) var power: Int8 = 0
    private(set) var isFullDuplex = false
    private(set) var transmitDelay: UInt8 = 50
    private var reportsSignal = true
    private var isSending = false
    /// Every frame that it put on the air.
    private(set) var sent: [[UInt8]] = []
    /// Every hardware request that it was asked, by code.
    private(set) var requests: [UInt8] = []
    /// What it was told that no firmware understands.
    private(set) var violations: [String] = []

    private var frame: [UInt8] = []
    private var isInFrame = false
    private var isEscaped = false

    init(eventLoop: any EventLoop, on air: ModemAir) {
        self.eventLoop = eventLoop
        self.air = air
        air.modems.append(self)
    }

    /// Power was lost for a moment.
    func restart() {
        (frequency, bandwidth, spreadingFactor, codingRate, power) = (0, 0, 0, 0, 0)
        (isFullDuplex, transmitDelay, reportsSignal, isSending) = (false, 50, true, false)
        (frame, isInFrame, isEscaped) = ([], false, false)
    }

    // MARK: The line

    func take(_ bytes: [UInt8]) {
        if fault == .silent { return }
        if fault == .console { return write(Array("\r\n> unknown command\r\n> ".utf8)) }
        for byte in bytes {
            switch byte {
            case 0xc0:
                if isInFrame, !frame.isEmpty { handle(frame) }
                (frame, isInFrame, isEscaped) = ([], true, false)
            case _ where !isInFrame: break
            case _ where isEscaped:
                isEscaped = false
                switch byte {
                case 0xdc: frame.append(0xc0)
                case 0xdd: frame.append(0xdb)
                default: violations.append("an escape before \(byte)")
                }
            case 0xdb: isEscaped = true
            default: frame.append(byte)
            }
        }
    }

    private func say(_ type: UInt8, _ data: [UInt8]) {
        var line: [UInt8] = isNoisy ? [0x55, 0xaa, 0xc0, 0x06, 0x77, 0xc0] : []
        line.append(0xc0)
        for byte in [type] + data {
            switch byte {
            case 0xc0: line += [0xdb, 0xdc]
            case 0xdb: line += [0xdb, 0xdd]
            default: line.append(byte)
            }
        }
        write(line + [0xc0])
    }

    private func answer(_ bytes: [UInt8]) { say(6, bytes) }

    private func handle(_ frame: [UInt8]) {
        let data = Array(frame.dropFirst())
        switch frame[0] {
        case 0: send(data)
        case 1: transmitDelay = data[0]
        case 2, 3, 4: break
        case 5: isFullDuplex = data[0] != 0
        case 6: handleHardware(data)
        default: violations.append("type \(frame[0])")
        }
    }

    private func handleHardware(_ data: [UInt8]) {
        guard let code = data.first else { return violations.append("hardware without a code") }
        requests.append(code)
        func number(at offset: Int) -> UInt32 {
            data[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        switch code {
        case 0x09:
            guard data.count >= 11 else { return answer([0xf1, 1]) }
            (frequency, bandwidth) = (number(at: 1), number(at: 5))
            (spreadingFactor, codingRate) = (data[9], data[10])
            if fault == .disobedient { bandwidth = 250_001 }
            answer([0xf0])
        case 0x0a:
            power = Int8(bitPattern: data[1])
            answer([0xf0])
        case 0x0b: answer([0x8b] + bytes(frequency) + bytes(bandwidth) + [spreadingFactor, codingRate])
        case 0x0c: answer([0x8c, UInt8(bitPattern: power)])
        case 0x0e: answer([0x8e, isChannelBusy ? 1 : 0])
        case 0x0f: answer([0x8f] + bytes(UInt32(airtime(Int(data[1])).nanoseconds / 1_000_000)))
        case 0x11: answer([0x91, fault == .version2 ? 2 : 1, 0])
        case 0x19:
            reportsSignal = data[1] != 0
            answer([0x9a, data[1]])
        default: answer([0xf1, 5])
        }
    }

    // MARK: The air

    /// AN1200.22, with the preamble of the firmware.
    private func airtime(_ count: Int) -> TimeAmount {
        guard spreadingFactor >= 5, bandwidth > 0 else { return .zero }
        let symbol = Double(UInt32(1) << UInt32(spreadingFactor)) / Double(bandwidth)
        let isSlow = symbol >= 0.016
        let preamble = fault == .shortPreamble ? 8.0 : spreadingFactor <= 8 ? 32.0 : 16.0
        let sf = Double(spreadingFactor)
        let bits = 8.0 * Double(count) + 16 - 4 * sf + (spreadingFactor >= 7 ? 8 : 0) + 20
        let blocks = max(0, (bits / (4 * (isSlow ? sf - 2 : sf))).rounded(.up)) * Double(codingRate)
        let extra = spreadingFactor >= 7 ? 4.25 : 6.25
        return .nanoseconds(Int64((preamble + extra + 8 + blocks) * symbol * 1e9))
    }

    private func send(_ bytes: [UInt8]) {
        if isSending || fault == .busy { return answer([0xf1, 7]) }
        guard (1...255).contains(bytes.count) else { return violations.append("a frame of \(bytes.count) bytes") }
        isSending = true
        sent.append(bytes)
        eventLoop.scheduleTask(in: airtime(bytes.count)) {
            guard self.isSending else { return }
            self.isSending = false
            for other in self.air.modems where other !== self { other.hear(bytes, from: self) }
            if self.fault != .noTransmitDone { self.answer([0xf8, 1]) }
        }
    }

    private func hear(_ bytes: [UInt8], from other: EmulatedModem) {
        guard frequency == other.frequency, bandwidth == other.bandwidth, spreadingFactor == other.spreadingFactor,
            !isSending
        else { return }
        say(0, bytes)
        if reportsSignal, fault != .noSignalReports { answer([0xf9, UInt8(bitPattern: 37), UInt8(bitPattern: -71)]) }
    }
}

/// A line in virtual time from a driver to an emulated modem.
final class VirtualLine: KISSLine, @unchecked Sendable {
    let modem: EmulatedModem
    private let eventLoop: EmbeddedEventLoop
    private var onEvent: (@Sendable (KISSLineEvent) -> Void)?
    /// Whether there is a modem at its end.
    var isPlugged = true
    /// How many bytes come at once; nil for all.
    var pieces: Int?
    private(set) var openings = 0

    init(eventLoop: EmbeddedEventLoop, modem: EmulatedModem) {
        self.eventLoop = eventLoop
        self.modem = modem
        modem.write = { [weak self] in self?.bring($0) }
    }

    func open(onEvent: @escaping @Sendable (KISSLineEvent) -> Void) {
        openings += 1
        eventLoop.execute {
            guard self.isPlugged else { return onEvent(.closed(reason: "there is no /dev/ttyTEST0")) }
            self.onEvent = onEvent
            onEvent(.opened)
        }
    }

    func write(_ bytes: [UInt8]) {
        guard onEvent != nil else { return }
        eventLoop.execute { self.modem.take(bytes) }
    }

    func close() { onEvent = nil }

    /// Pulls the plug, or puts it in again.
    func plug(_ isIn: Bool) {
        isPlugged = isIn
        guard !isIn else { return }
        let former = onEvent
        onEvent = nil
        eventLoop.execute { former?(.closed(reason: "the line was closed: is the modem unplugged?")) }
    }

    private func bring(_ bytes: [UInt8]) {
        let size = pieces ?? bytes.count
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            eventLoop.execute { self.onEvent?(.received(piece)) }
        }
    }
}
