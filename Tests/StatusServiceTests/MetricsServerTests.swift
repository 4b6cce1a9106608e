import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import StatusService

@Suite("Metrics over HTTP", .timeLimit(.minutes(1)))
struct MetricsServerTests {
    private func withServer(_ body: (Int) async throws -> Void) async throws {
        let server = try await MetricsServer.listen(
            host: "127.0.0.1", port: 0, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, report: { "heddle_uptime_seconds 5\n" })
        let port = try #require(server.address?.port)
        do {
            try await body(port)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// Sends bytes as they are and takes all that comes until the server closes, or for three seconds.
    private func exchange(_ port: Int, _ request: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(descriptor) }
                var limit = timeval(tv_sec: 3, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = UInt16(port).bigEndian
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                let isConnected = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                }
                guard isConnected else {
                    return continuation.resume(throwing: POSIXError(.ECONNREFUSED))
                }
                _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
                var answer: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    answer += buffer.prefix(count)
                }
                continuation.resume(returning: String(decoding: answer, as: UTF8.self))
            }
        }
    }

    @Test("The metrics are where Prometheus looks for them, and nothing else is anywhere")
    func answers() async throws {
        try await withServer { port in
            let found = try await exchange(port, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(found.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(found.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(found.hasSuffix("\r\n\r\nheddle_uptime_seconds 5\n"))
            let head = try await exchange(port, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(head.contains("Content-Length: 24\r\n") && head.hasSuffix("\r\n\r\n"))
            let root = try await exchange(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(root.hasPrefix("HTTP/1.1 404 ") && root.contains("/metrics"))
            let post = try await exchange(
                port, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
            #expect(post.hasPrefix("HTTP/1.1 405 ") && post.contains("Allow: GET, HEAD\r\n"))
        }
    }

    @Test("What is no HTTP gets an error or the end of the connection, and the next one is served")
    func nonsense() async throws {
        try await withServer { port in
            for request in ["\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", String(repeating: "x", count: 200_000)] {
                let answer = try await exchange(port, request)
                #expect(!answer.contains("heddle_uptime_seconds"))
            }
            let found = try await exchange(port, "GET /metrics HTTP/1.0\r\n\r\n")
            #expect(found.contains("heddle_uptime_seconds 5"))
        }
    }
}
