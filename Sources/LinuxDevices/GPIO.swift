import CLinux
import Glibc
import Synchronization

/// A group of lines for general-purpose input and output.
public struct GPIOChip: Sendable {
    public let path: String

    /// The labels of the chips that a Raspberry Pi's header is on, the newest first.
    public static let raspberryPiLabels = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"]

    /// - Parameter path: such as /dev/gpiochip0
    public init(path: String) { self.path = path }

    /// Finds a chip by its label, which stays the same where its number does not.
    /// - Returns: nil when there is none.
    /// - Throws: when none can be read.
    public static func labelled(_ labels: [String]) throws(DeviceError) -> GPIOChip? {
        var refused: DeviceError?
        var found: [String: String] = [:]
        for number in 0..<32 {
            let path = "/dev/gpiochip\(number)"
            do throws(DeviceError) {
                found[try GPIOChip(path: path).label()] = path
            } catch {
                if case .missing = error { continue }
                refused = error
            }
        }
        for label in labels { if let path = found[label] { return GPIOChip(path: path) } }
        if let refused { throw refused }
        return nil
    }

    private func withDescriptor<Result>(
        _ body: (Int32) throws(DeviceError) -> Result
    ) throws(DeviceError) -> Result {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DeviceError("open \(path)", path, code: errno, hint: "`gpiodetect` lists what this host has")
        }
        defer { Glibc.close(descriptor) }
        return try body(descriptor)
    }

    public func label() throws(DeviceError) -> String {
        try withDescriptor { descriptor throws(DeviceError) in
            var label = [CChar](repeating: 0, count: 32)
            let result = clinux_gpio_label(descriptor, &label)
            guard result == 0 else { throw .failed(operation: "ask \(path) for its label", code: -result) }
            return String(decoding: label.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    public enum Direction: Sendable {
        case input
        /// An input whose descriptor can be read when it has risen.
        case risingInput
        case output(isHigh: Bool)

        var code: clinux_gpio_direction {
            switch self {
            case .input: CLINUX_GPIO_INPUT
            case .risingInput: CLINUX_GPIO_INPUT_RISING
            case .output(false): CLINUX_GPIO_OUTPUT_LOW
            case .output(true): CLINUX_GPIO_OUTPUT_HIGH
            }
        }
    }

    /// Takes a line, which nobody else has then.
    /// - Parameter offset: its number on the chip; on a Raspberry Pi the number of the GPIO.
    public func line(_ offset: UInt32, _ direction: Direction) throws(DeviceError) -> GPIOLine {
        try withDescriptor { descriptor throws(DeviceError) in
            let line = clinux_gpio_request(descriptor, offset, direction.code)
            guard line >= 0 else {
                throw DeviceError(
                    "take line \(offset) of \(path)", "line \(offset) of \(path)", code: -line,
                    hint: "the chip has fewer lines: is it the right one?")
            }
            return GPIOLine(name: "line \(offset) of \(path)", descriptor: line)
        }
    }
}

/// One line, as long as it is held.
public final class GPIOLine: Sendable {
    private let name: String
    private let descriptor: Mutex<Int32?>

    fileprivate init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = Mutex(descriptor)
    }

    deinit { close() }

    public func isHigh() throws(DeviceError) -> Bool {
        let value = descriptor.withLock { $0.map(clinux_gpio_get) ?? -EBADF }
        guard value >= 0 else { throw .failed(operation: "read \(name)", code: -value) }
        return value == 1
    }

    public func set(isHigh: Bool) throws(DeviceError) {
        let result = descriptor.withLock { $0.map { clinux_gpio_set($0, isHigh) } ?? -EBADF }
        guard result == 0 else { throw .failed(operation: "set \(name)", code: -result) }
    }

    /// Gives the descriptor away, to be waited on; the line is held by whoever closes it.
    public func takeDescriptor() -> Int32? {
        descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
    }

    /// Lets the line go; again does nothing.
    public func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }
}
