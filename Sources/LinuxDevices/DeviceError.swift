import Glibc

/// Why a device of the host could not be used; each description tells what to do.
public enum DeviceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such device.
    case missing(String, hint: String)
    /// This user may not use it.
    case permission(String)
    /// Another program, or the kernel, has it.
    case inUse(String)
    /// Anything else.
    /// - Parameter code: the system's error number.
    case failed(operation: String, code: Int32)

    init(_ operation: String, _ device: String, code: Int32, hint: String) {
        self =
            switch code {
            case ENOENT, ENODEV, ENXIO: .missing(device, hint: hint)
            case EACCES, EPERM: .permission(device)
            case EBUSY: .inUse(device)
            default: .failed(operation: operation, code: code)
            }
    }

    public var description: String {
        switch self {
        case .missing(let device, let hint): "there is no \(device); \(hint)"
        case .permission(let device):
            "no permission to use \(device); add this user to the groups spi and gpio, for a serial port to dialout, or run as root"
        case .inUse(let device): "\(device) is in use by another program or a driver of the kernel"
        case .failed(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
        }
    }
}
