import CLinux
import Glibc

/// The host's serial ports.
public enum SerialPort {
    /// The speeds that a port can be opened with.
    /// - Units: bits a second
    public static let speeds: [UInt32] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600]

    /// Opens a port, raw, with eight bits and neither parity nor flow control, for this program alone.
    /// - Parameter speed: one of ``speeds``.
    /// - Returns: a descriptor that does not block and that the caller closes.
    /// - Throws: what is in the way, with what to do about it.
    public static func open(path: String, speed: UInt32 = 115_200) throws(DeviceError) -> Int32 {
        let opened = clinux_serial_open(path, speed)
        guard opened >= 0 else {
            throw DeviceError(
                "open \(path) as a serial port", path, code: -opened,
                hint: "plug the modem in; `ls /dev/serial/by-id` lists what there is, by names that do not change")
        }
        return opened
    }
}
