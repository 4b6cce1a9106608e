import Foundation
import Glibc
import Synchronization
import Testing

/// Networks of the kernel's that one test makes, with cables between them; all of them go when it ends.
final class Namespaces: Sendable {
    /// Why there can be none here; nil when there can.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "border router tests skipped: they need root" }
        guard access("/dev/net/tun", R_OK | W_OK) == 0 else {
            return "border router tests skipped: /dev/net/tun cannot be opened"
        }
        for tool in ["ip", "ping"] where path(of: tool) == nil {
            return "border router tests skipped: they need `\(tool)` (scripts/setup --tests installs it)"
        }
        return nil
    }()

    private let stem = "hdl\(getpid())x\(UInt16.random(in: 0...999))"
    private let names = Mutex<[String]>([])

    deinit {
        for name in names.withLock({ $0 }) { _ = try? Self.tool("ip", ["netns", "delete", full(name)]) }
    }

    /// The name that the kernel's tools know a network by.
    func full(_ name: String) -> String { "\(stem)-\(name)" }

    func make(_ name: String) throws {
        try succeed("ip", ["netns", "add", full(name)])
        names.withLock { $0.append(name) }
        try run(name, "ip link set dev lo up")
    }

    /// Lays a cable; each end has the other's name, and an address.
    func connect(_ first: String, _ firstAddress: String, _ second: String, _ secondAddress: String) throws {
        try succeed(
            "ip",
            [
                "-n", full(first), "link", "add", "name", second, "type", "veth", "peer", "name", first, "netns",
                full(second),
            ])
        for (place, peer, address) in [(first, second, firstAddress), (second, first, secondAddress)] {
            try run(place, "ip link set dev \(peer) up")
            try run(place, "ip address add \(address) dev \(peer) nodad")
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program that must succeed.
    @discardableResult
    func run(_ name: String, _ line: String) throws -> String {
        let (status, output) = try attempt(name, line)
        guard status == 0 else { throw Failure(description: "\(name): \(line): \(output)") }
        return output
    }

    /// Runs a program that may fail.
    func attempt(_ name: String, _ line: String) throws -> (status: Int32, output: String) {
        try Self.tool("ip", ["netns", "exec", full(name)] + line.split(separator: " ").map(String.init))
    }

    private func succeed(_ tool: String, _ arguments: [String]) throws {
        let (status, output) = try Self.tool(tool, arguments)
        guard status == 0 else { throw Failure(description: "\(tool) \(arguments.joined(separator: " ")): \(output)") }
    }

    /// How many packets have come in through an interface.
    func packetsReceived(_ name: String, _ interface: String) throws -> Int {
        // The interfaces below /sys are those of the namespace that mounted it: the link's own words are asked.
        let text = try run(name, "ip -s -j link show dev \(interface)")
        let links = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        let statistics = (links?.first?["stats64"] as? [String: Any])?["rx"] as? [String: Any]
        return statistics?["packets"] as? Int ?? 0
    }

    // MARK: Programs

    static func path(of tool: String) -> String? {
        ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].map { "\($0)/\(tool)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func tool(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        guard let path = path(of: name) else { throw Failure(description: "\(name) is not installed") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    // MARK: Sockets

    /// Runs blocking calls on a thread of their own within a namespace: sockets stay where they were opened.
    func within<Value: Sendable>(_ name: String, _ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let path = "/run/netns/\(full(name))"
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try Self.enter(path)
                        return try body()
                    })
            }
        }
    }

    /// `setns`, which Glibc's headers declare only for GNU's own dialect of C.
    private static func enter(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, let symbol = dlsym(nil, "setns"),
            unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)(descriptor, 0x4000_0000) == 0
        else { throw Failure(description: "cannot enter \(path): error \(errno)") }
    }
}

/// A socket of the kernel's, used from the thread that opened it.
struct KernelSocket: Sendable {
    let descriptor: Int32

    /// - Parameter limit: how long one call may take, in seconds.
    init(stream: Bool, limit: Int) throws {
        descriptor = socket(AF_INET6, Int32((stream ? SOCK_STREAM : SOCK_DGRAM).rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure("socket") }
        var limit = timeval(tv_sec: limit, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    func close() { Glibc.close(descriptor) }

    private static func failure(_ call: String) -> Namespaces.Failure {
        Namespaces.Failure(description: "\(call): \(String(cString: strerror(errno)))")
    }

    private func withAddress(_ text: String, _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
        -> Int32
    {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        inet_pton(AF_INET6, text, &address.sin6_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    func bind(port: UInt16) throws {
        guard withAddress("::", port, { Glibc.bind(descriptor, $0, $1) }) == 0 else { throw Self.failure("bind") }
    }

    func connect(_ address: String, port: UInt16) throws {
        guard withAddress(address, port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw Self.failure("connect")
        }
    }

    func accept() throws -> KernelSocket {
        guard listen(descriptor, 1) == 0 else { throw Self.failure("listen") }
        let peer = Glibc.accept(descriptor, nil, nil)
        guard peer >= 0 else { throw Self.failure("accept") }
        return KernelSocket(descriptor: peer)
    }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Self.failure("send") }
            rest = rest.dropFirst(count)
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Nil when nothing came in time, or the other side has ended.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }
}
