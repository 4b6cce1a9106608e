import Glibc

/// A program's connection to a node's control socket; blocking, for one thread.
public final class ControlClient {
    /// The control socket's path.
    public let path: String
    /// The descriptor, to wait on along with others: when it is readable, ``receive(timeout:)`` does not block.
    public let fileDescriptor: Int32
    private var received: [UInt8] = []
    private var messages: [ControlMessage] = []
    private var hasEnded = false

    /// The longest line that is taken from a server.
    private static let lineLength = 1 << 20

    /// Connects.
    /// - Throws: what is in the way, with what to do about it.
    public init(path: String) throws(ControlClientError) {
        guard (1...ControlLimits.pathLength).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw .pathLength(path: path)
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed(path: path, reason: String(cString: strerror(errno))) }
        guard ControlSocketFile.withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            switch code {
            case ENOENT, ECONNREFUSED: throw .nothingListens(path: path)
            case EACCES, EPERM: throw .permission(path: path)
            default: throw .failed(path: path, reason: String(cString: strerror(code)))
            }
        }
        self.path = path
        fileDescriptor = descriptor
    }

    deinit { close(fileDescriptor) }

    /// Sends one command.
    /// - Parameter command: one line of at most ``ControlLimits/requestLength`` bytes; with no more than spaces in it,
    ///   there is no answer.
    public func send(_ command: String) throws(ControlClientError) {
        guard command.utf8.count <= ControlLimits.requestLength, !command.contains(where: \.isNewline) else {
            throw .notALine
        }
        let bytes = Array(command.utf8) + [UInt8(ascii: "\n")]
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { buffer in
                Glibc.send(fileDescriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                // A server that refuses a client says why before it closes; that is still to be read.
                if errno == EPIPE || errno == ECONNRESET { return }
                throw .failed(path: path, reason: String(cString: strerror(errno)))
            }
            start += count
        }
    }

    /// The next line from the server.
    /// - Parameter timeout: in milliseconds; nil waits as long as it takes, 0 not at all.
    /// - Returns: nil when none has come in that time.
    /// - Throws: `.closed` when the server has closed the connection and all its lines were taken.
    public func receive(timeout: Int32? = nil) throws(ControlClientError) -> ControlMessage? {
        while messages.isEmpty {
            guard !hasEnded else { throw .closed(path: path) }
            var descriptor = pollfd(fd: fileDescriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, timeout ?? -1)
            if ready == 0 { return nil }
            if ready < 0 {
                if errno == EINTR { continue }
                throw .failed(path: path, reason: String(cString: strerror(errno)))
            }
            try readAvailable()
        }
        return messages.removeFirst()
    }

    /// Sends one command and takes its answer.
    /// - Parameter output: takes each line as it comes, of the answer and what happens meanwhile.
    /// - Returns: how the command ended.
    @discardableResult
    public func execute(
        _ command: String, output: (ControlMessage) -> Void
    ) throws(ControlClientError) -> ControlStatus {
        try send(command)
        while true {
            guard let message = try receive() else { continue }
            if case .end(let status) = message { return status }
            output(message)
        }
    }

    private func readAvailable() throws(ControlClientError) {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = read(fileDescriptor, &chunk, chunk.count)
        if count < 0 {
            if errno == EINTR || errno == EAGAIN { return }
            guard errno == ECONNRESET else {
                throw .failed(path: path, reason: String(cString: strerror(errno)))
            }
        }
        guard count > 0 else {
            hasEnded = true
            return
        }
        for byte in chunk[..<count] {
            guard byte == UInt8(ascii: "\n") else {
                guard received.count < Self.lineLength else { throw .notHeddle(path: path) }
                received.append(byte)
                continue
            }
            guard let message = ControlMessage(encoded: String(decoding: received, as: UTF8.self)) else {
                throw .notHeddle(path: path)
            }
            messages.append(message)
            received.removeAll(keepingCapacity: true)
        }
    }
}

/// Why a node could not be talked to; each description tells what to do.
public enum ControlClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No node has the path.
    case nothingListens(path: String)
    /// The path belongs to another user.
    case permission(path: String)
    /// The path is empty or longer than the system takes.
    case pathLength(path: String)
    /// A command with a line end in it, or too long.
    case notALine
    /// What listens speaks another protocol.
    case notHeddle(path: String)
    /// The server has closed the connection.
    case closed(path: String)
    /// Anything else.
    case failed(path: String, reason: String)

    public var description: String {
        switch self {
        case .nothingListens(let path):
            "nothing listens on \(path); start heddled, or name the control socket of a running one with "
                + "--control PATH or in HEDDLE_CONTROL"
        case .permission(let path):
            "\(path) belongs to another user; run this command as the user that runs heddled"
        case .pathLength(let path):
            "the control path has \(path.utf8.count) bytes, sockets take 1 to \(ControlLimits.pathLength): \(path)"
        case .notALine: "a command is one line of at most \(ControlLimits.requestLength) bytes"
        case .notHeddle(let path): "what listens on \(path) is not heddled"
        case .closed(let path): "heddled has closed the connection on \(path); its log may tell why"
        case .failed(let path, let reason): "cannot talk to \(path): \(reason)"
        }
    }
}
