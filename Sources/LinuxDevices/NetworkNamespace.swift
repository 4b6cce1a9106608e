import CLinux
import Glibc

/// A network of this host: interfaces, addresses and routes of its own.
///
/// A process may make an interface in another one than its own, so that a mesh ends where the rest of the host does
/// not see it.
public final class NetworkNamespace: Sendable {
    /// The one that this process is in.
    public static let own = NetworkNamespace(descriptor: -1, name: nil)

    /// Where `ip netns add` leaves the namespaces that it makes.
    private static let folder = "/run/netns/"

    /// -1 for this process' own.
    let descriptor: Int32
    /// Nil for this process' own.
    public let name: String?

    private init(descriptor: Int32, name: String?) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Opens a namespace that `ip netns add` has made.
    /// - Throws: `.missingNamespace`, `.permission`, or `.failed` with the system's error number.
    public convenience init(named name: String) throws(TUNError) {
        guard Self.isName(name) else { throw .missingNamespace(name) }
        let descriptor = open(Self.folder + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missingNamespace(name)
            case EACCES, EPERM: throw .permission(operation: "open the network namespace \(name)")
            case let code: throw .failed(operation: "open the network namespace \(name)", code: code)
            }
        }
        self.init(descriptor: descriptor, name: name)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether a text can be the name of a namespace: one component of a path.
    public static func isName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }

    /// The names of the interfaces that are there now.
    public var interfaceNames: [String] {
        // As many as an operator has, each with at most 15 bytes and a separator.
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        let count = clinux_interface_names(descriptor, &buffer, buffer.count)
        guard count > 0 else { return [] }
        return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    // MARK: Settings

    /// What a setting of the kernel's IPv6 says, such as `conf/all/forwarding`.
    /// - Returns: nil when there is no such setting, or it may not be read.
    public func ipv6Setting(_ name: String) -> String? {
        let file = clinux_setting_open(descriptor, "/proc/sys/net/ipv6/" + name, false)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init)
    }

    /// Changes a setting of the kernel's IPv6.
    /// - Throws: `.permission`, or `.failed` with the system's error number.
    public func setIPv6Setting(_ name: String, to value: String) throws(TUNError) {
        let operation = "set net/ipv6/\(name) to \(value)"
        func error(_ code: Int32) -> TUNError {
            code == EACCES || code == EPERM || code == EROFS
                ? .permission(operation: operation) : .failed(operation: operation, code: code)
        }
        let file = clinux_setting_open(descriptor, "/proc/sys/net/ipv6/" + name, true)
        guard file >= 0 else { throw error(-file) }
        defer { close(file) }
        let bytes = Array(value.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else { throw error(errno) }
    }
}
