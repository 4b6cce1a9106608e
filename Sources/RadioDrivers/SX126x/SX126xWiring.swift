import Glibc
public import LinuxDevices
public import NIOCore
import NIOPosix

/// How a board is wired to a Linux host: its serial interface and the lines of its chip.
public struct SX126xWiring: Equatable, Sendable {
    /// Such as /dev/spidev0.0
    public var serialDevice: String
    /// - Units: Hz
    public var serialClock: UInt32
    /// The chip with the lines; nil for a Raspberry Pi's header.
    public var gpioChip: String?
    /// The line that selects the chip; nil where the kernel does.
    public var chipSelect: UInt32?
    public var reset: UInt32
    public var busy: UInt32
    public var interrupt: UInt32
    /// High while the radio sends.
    public var transmitEnable: UInt32?
    /// High while the radio receives.
    public var receiveEnable: UInt32?
    /// Lines that are held high as long as the radio is used.
    public var powerEnable: [UInt32]

    public init(
        serialDevice: String, serialClock: UInt32 = 2_000_000, gpioChip: String? = nil, chipSelect: UInt32? = nil,
        reset: UInt32, busy: UInt32, interrupt: UInt32, transmitEnable: UInt32? = nil, receiveEnable: UInt32? = nil,
        powerEnable: [UInt32] = []
    ) {
        self.serialDevice = serialDevice
        self.serialClock = serialClock
        self.gpioChip = gpioChip
        self.chipSelect = chipSelect
        self.reset = reset
        self.busy = busy
        self.interrupt = interrupt
        self.transmitEnable = transmitEnable
        self.receiveEnable = receiveEnable
        self.powerEnable = powerEnable
    }
}

/// The wires to a SX126x as Linux has them.
public final class SX126xLinuxBus: SX126xBus {
    private let eventLoop: any EventLoop
    private let serial: SPIDevice
    private let chipSelect: GPIOLine?
    private let reset: GPIOLine
    private let busy: GPIOLine
    private let interrupt: GPIOLine
    private let transmitEnable: GPIOLine?
    private let receiveEnable: GPIOLine?
    private let powerEnable: [GPIOLine]

    /// Takes all lines.
    /// - Throws: what is in the way, with what to do about it.
    public init(_ wiring: SX126xWiring, eventLoop: any EventLoop) throws(DeviceError) {
        self.eventLoop = eventLoop
        let chip: GPIOChip
        if let path = wiring.gpioChip {
            chip = GPIOChip(path: path)
        } else if let found = try GPIOChip.labelled(GPIOChip.raspberryPiLabels) {
            chip = found
        } else {
            throw .missing(
                "chip with a Raspberry Pi's lines", hint: "name the right one of `gpiodetect` as the board's gpio-chip")
        }
        serial = try SPIDevice(
            path: wiring.serialDevice, hertz: wiring.serialClock, hasChipSelect: wiring.chipSelect == nil)
        powerEnable = try Self.lines(wiring.powerEnable, on: chip)
        chipSelect = try Self.line(wiring.chipSelect, on: chip, isHigh: true)
        reset = try chip.line(wiring.reset, .output(isHigh: true))
        busy = try chip.line(wiring.busy, .input)
        interrupt = try chip.line(wiring.interrupt, .risingInput)
        transmitEnable = try Self.line(wiring.transmitEnable, on: chip, isHigh: false)
        receiveEnable = try Self.line(wiring.receiveEnable, on: chip, isHigh: false)
    }

    private static func line(_ offset: UInt32?, on chip: GPIOChip, isHigh: Bool) throws(DeviceError) -> GPIOLine? {
        guard let offset else { return nil }
        return try chip.line(offset, .output(isHigh: isHigh))
    }

    private static func lines(_ offsets: [UInt32], on chip: GPIOChip) throws(DeviceError) -> [GPIOLine] {
        var lines: [GPIOLine] = []
        for offset in offsets { lines.append(try chip.line(offset, .output(isHigh: true))) }
        return lines
    }

    private func using<Result>(
        _ command: String, _ body: () throws(DeviceError) -> Result
    ) throws(RadioError) -> Result {
        do throws(DeviceError) { return try body() } catch {
            throw RadioError(command: command, cause: "\(error)")
        }
    }

    public func exchange(_ bytes: [UInt8]) throws(RadioError) -> [UInt8] {
        try using("talk to the chip") { () throws(DeviceError) in
            guard let chipSelect else { return try serial.exchange(bytes) }
            try chipSelect.set(isHigh: false)
            let answer: [UInt8]
            do throws(DeviceError) { answer = try serial.exchange(bytes) } catch {
                try chipSelect.set(isHigh: true)
                throw error
            }
            try chipSelect.set(isHigh: true)
            return answer
        }
    }

    public func isBusy() throws(RadioError) -> Bool {
        try using("read BUSY") { () throws(DeviceError) in try busy.isHigh() }
    }

    public func setReset(isActive: Bool) throws(RadioError) {
        // The chip is reset while the line is low.
        try using("reset the chip") { () throws(DeviceError) in try reset.set(isHigh: !isActive) }
    }

    public func connectAntenna(to path: SX126xAntennaPath) throws(RadioError) {
        try using("switch the antenna") { () throws(DeviceError) in
            // Never both at once.
            if path != .transmitter { try transmitEnable?.set(isHigh: false) }
            if path != .receiver { try receiveEnable?.set(isHigh: false) }
            if path == .transmitter { try transmitEnable?.set(isHigh: true) }
            if path == .receiver { try receiveEnable?.set(isHigh: true) }
        }
    }

    public func pause(_ duration: Duration) {
        usleep(UInt32(clamping: duration.components.attoseconds / 1_000_000_000_000))
    }

    public func watchInterrupts(_ onRise: @escaping @Sendable () -> Void) throws(RadioError) {
        guard let descriptor = interrupt.takeDescriptor() else {
            throw RadioError(command: "wait for interrupts", cause: "the line was let go")
        }
        // Each rise can be read as a record of its own; that there is one is all that counts.
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RiseHandler(onRise: onRise))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .whenSuccess { channel in self.interruptChannel.value = channel }
    }

    private let interruptChannel = ChannelBox()

    public func close() {
        interruptChannel.value?.close(promise: nil)
        transmitEnable?.close()
        receiveEnable?.close()
        interrupt.close()
        busy.close()
        reset.close()
        chipSelect?.close()
        for line in powerEnable { line.close() }
        serial.close()
    }
}

/// The channel of the interrupt line, once there is one. Unchecked, because it is used on the event loop only.
private final class ChannelBox: @unchecked Sendable {
    var value: (any Channel)?
}

private final class RiseHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    let onRise: @Sendable () -> Void

    init(onRise: @escaping @Sendable () -> Void) { self.onRise = onRise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { onRise() }
}
