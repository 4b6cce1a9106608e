import CLinux
import Glibc
import Synchronization

/// A chip on a serial peripheral interface, by the kernel's spidev.
public final class SPIDevice: Sendable {
    public let path: String
    private let hertz: UInt32
    private let descriptor: Mutex<Int32?>

    /// - Parameters:
    ///   - path: such as /dev/spidev0.0
    ///   - hertz: the clock, 1 to 16,000,000 Hz.
    ///   - hasChipSelect: whether the kernel selects the chip; otherwise the caller does.
    /// - Throws: what is in the way, with what to do about it.
    public init(path: String, hertz: UInt32, hasChipSelect: Bool) throws(DeviceError) {
        let opened = clinux_spi_open(path, hertz, hasChipSelect)
        guard opened >= 0 else {
            throw DeviceError(
                "open \(path)", path, code: -opened,
                hint: "switch the interface on (raspi-config, or dtparam=spi=on in config.txt), and look in /dev")
        }
        self.path = path
        self.hertz = hertz
        descriptor = Mutex(opened)
    }

    deinit { close() }

    /// Sends bytes and receives as many.
    public func exchange(_ bytes: [UInt8]) throws(DeviceError) -> [UInt8] {
        var input = [UInt8](repeating: 0, count: bytes.count)
        let result = descriptor.withLock { descriptor -> Int32 in
            guard let descriptor else { return -EBADF }
            return clinux_spi_exchange(descriptor, bytes, &input, bytes.count, hertz)
        }
        guard result == 0 else { throw .failed(operation: "exchange \(bytes.count) bytes over \(path)", code: -result) }
        return input
    }

    /// Closes the device; again does nothing.
    public func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }
}
