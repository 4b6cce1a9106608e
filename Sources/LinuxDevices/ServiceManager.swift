import Glibc

/// The service manager that started this process and wants to know how it is doing: systemd, for `Type=notify`.
/// - Source: sd_notify(3): one datagram of `NAME=value` lines to the Unix socket that NOTIFY_SOCKET names
public struct ServiceManager: Sendable {
    /// What can be said.
    public enum State: String, Sendable {
        /// Starting is over, and others may begin to use the service.
        case ready = "READY=1"
        /// It starts anew, and will be ready again.
        case reloading = "RELOADING=1"
        case stopping = "STOPPING=1"
    }

    /// Why the manager could not be told.
    public struct NotifyError: Error, Equatable, CustomStringConvertible {
        public let path: String
        public let code: Int32

        public var description: String {
            "the service manager could not be told over \(path): \(systemMessage(code)); look at NOTIFY_SOCKET."
        }
    }

    private let path: String

    /// - Parameter path: of the socket; one that begins with `@` stands in the abstract namespace.
    public init(path: String) { self.path = path }

    /// The manager that the environment names.
    /// - Returns: nil when nobody wants to know.
    public static var fromEnvironment: ServiceManager? {
        getenv("NOTIFY_SOCKET").map { ServiceManager(path: String(cString: $0)) }
    }

    /// - Throws: when there is no such socket, or its path is longer than the 107 bytes that a Unix socket can have.
    public func notify(_ state: State) throws(NotifyError) {
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw NotifyError(path: path, code: ENAMETOOLONG)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + name.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NotifyError(path: path, code: errno) }
        defer { close(descriptor) }
        let message = Array(state.rawValue.utf8)
        let sent = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        guard sent == message.count else { throw NotifyError(path: path, code: errno) }
    }
}
