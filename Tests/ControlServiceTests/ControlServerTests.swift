import Foundation
import LinuxDevices
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ControlService

/// Server and clients on real sockets.
@Suite(.timeLimit(.minutes(1))) struct ControlServerTests {
    private let handler = ScriptedHandler()
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("heddle-\(UUID().uuidString.prefix(8))").path

    private var path: String { folder + "/run/a.sock" }

    private func withServer(
        _ configuration: ControlServer.Configuration = .init(),
        _ body: (ControlServer) async throws -> Void
    ) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try await listen(configuration)
        do {
            try await body(server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    private func listen(
        _ configuration: ControlServer.Configuration = .init()
    ) async throws(ControlServerError) -> ControlServer {
        try await ControlServer.listen(
            path: path, handler: handler, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func answer(_ client: ControlClient, to command: String) throws -> [String] {
        var lines: [String] = []
        let status = try client.execute(command) { lines.append($0.encoded) }
        return lines + [status.description]
    }

    /// Waits until something has come true on another thread.
    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("Only the user may use the socket, and the folder made for it")
    func modes() async throws {
        try await withServer { server in
            #expect(server.path == path)
            let modes = [try mode(path), try mode(folder + "/run")]
            #expect(modes == [0o600, 0o700])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A client's commands are answered")
    func commands() async throws {
        try await withServer { _ in
            let client = try ControlClient(path: path)
            #expect(try answer(client, to: "state") == ["=disabled", "Done"])
            #expect(try answer(client, to: "bogus") == ["Error 35: InvalidCommand"])
            #expect(try answer(client, to: "event") == ["!before", "=answer", "Done"])
            #expect(try client.receive() == .asynchronous("after"))
            #expect(try client.receive(timeout: 0) == nil)
            #expect(throws: ControlClientError.notALine) { try client.send("a\nb") }
            #expect(throws: ControlClientError.notALine) { try client.send(String(repeating: "x", count: 4097)) }
        }
    }

    @Test("A command ends from another thread, and events reach only their client")
    func otherThread() async throws {
        try await withServer { _ in
            let (first, second) = (try ControlClient(path: path), try ControlClient(path: path))
            try first.send("wait")
            #expect(try await eventually { handler.running.count == 1 })
            handler.running[0](.line("pong"))
            handler.running[0](.done)
            handler.running[0](.asynchronous("late"))
            #expect(try first.receive() == .line("pong"))
            #expect(try first.receive() == .end(.done))
            #expect(try first.receive() == .asynchronous("late"))
            #expect(try answer(second, to: "state") == ["=disabled", "Done"])
        }
    }

    @Test("A second node is refused with the one that has the path, which goes on undisturbed")
    func secondNode() async throws {
        try await withServer { _ in
            await #expect(
                throws: ControlServerError.inUse(path: path, holder: RunningProcess(processID: getpid()))
            ) {
                _ = try await listen()
            }
            let client = try ControlClient(path: path)
            #expect(try answer(client, to: "state") == ["=disabled", "Done"])
        }
    }

    @Test("A socket that a crashed node left is replaced, and the path is free after a shutdown")
    func stale() async throws {
        try FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
        let left = try ControlSocketFile.bind(path)
        close(left)
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(throws: ControlClientError.nothingListens(path: path)) { _ = try ControlClient(path: path) }
        for _ in 0..<2 {
            try await withServer { server in
                let client = try ControlClient(path: path)
                #expect(try answer(client, to: "state") == ["=disabled", "Done"])
                await server.shutdown()
                #expect(throws: ControlClientError.nothingListens(path: path)) { _ = try ControlClient(path: path) }
            }
        }
    }

    @Test("A file at the path is kept, and a path too long or in no folder of ours is refused")
    func paths() async throws {
        try FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        await #expect(throws: ControlServerError.notASocket(path: path)) { _ = try await listen() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        let long = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: ControlServerError.pathLength(path: long)) { _ = try ControlSocketFile.claim(long) }
        #expect(throws: ControlClientError.pathLength(path: long)) { _ = try ControlClient(path: long) }
        #expect(throws: ControlServerError.self) { _ = try ControlSocketFile.claim(path + "/below/a.sock") }
        #expect(throws: ControlClientError.nothingListens(path: path)) { _ = try ControlClient(path: path) }
    }

    @Test("Thirty-two clients are served, the next is told why not, and a place becomes free again")
    func manyClients() async throws {
        try await withServer { _ in
            var clients: [ControlClient] = []
            for _ in 0..<32 { clients.append(try ControlClient(path: path)) }
            let names = Set(try clients.flatMap { try answer($0, to: "client") })
            #expect(names.count == 33)
            let refused = try ControlClient(path: path)
            #expect(
                try answer(refused, to: "state") == ["!32 clients are connected already; close one", "Error 3: NoBufs"])
            #expect(throws: ControlClientError.closed(path: path)) { _ = try refused.receive() }
            clients.removeFirst()
            #expect(try await eventually { handler.closed.count == 1 })
            #expect(try answer(try ControlClient(path: path), to: "state") == ["=disabled", "Done"])
        }
    }

    @Test("A client that goes while its command runs is noticed", arguments: [1, 40])
    func goesWhileRunning(commands: Int) async throws {
        try await withServer { _ in
            do {
                let client = try ControlClient(path: path)
                // Forty commands are more than wait: the server has stopped reading when the client goes.
                for _ in 0..<commands { try client.send("wait") }
                #expect(try await eventually { handler.running.count == 1 })
            }
            #expect(try await eventually { handler.closed == [ClientID(number: 1)] })
        }
    }

    @Test("A client that does not read is cut off and stalls no one else")
    func slowReader() async throws {
        var configuration = ControlServer.Configuration()
        configuration.closingTime = .milliseconds(300)
        try await withServer(configuration) { _ in
            let slow = try ControlClient(path: path)
            let other = try ControlClient(path: path)
            for _ in 0..<8 { try slow.send("big 512") }
            #expect(try answer(other, to: "state") == ["=disabled", "Done"])
            // It has some seconds to read why; this one does not.
            #expect(try await eventually { handler.closed == [ClientID(number: 1)] })
            #expect(try answer(other, to: "state") == ["=disabled", "Done"])
        }
    }

    @Test("A client that was cut off and reads then learns why")
    func lateReader() async throws {
        try await withServer { _ in
            let late = try ControlClient(path: path)
            for _ in 0..<8 { try late.send("big 512") }
            // Until the server has given it up: another client's request comes behind all of its own.
            let other = try ControlClient(path: path)
            for _ in 0..<64 { #expect(try answer(other, to: "state") == ["=disabled", "Done"]) }
            var last: ControlMessage?
            #expect(throws: ControlClientError.closed(path: path)) {
                while true { last = try late.receive() ?? last }
            }
            #expect(last == .asynchronous("closing: it does not take its output"))
        }
    }

    @Test("A client that reads gets an answer of any length whole")
    func longAnswers() async throws {
        try await withServer { _ in
            let client = try ControlClient(path: path)
            for _ in 0..<8 { #expect(try answer(client, to: "big 512").count == 513) }
        }
    }

    @Test("Half a line, a line too long and binary harm neither their sender's next command nor others")
    func badLines() async throws {
        try await withServer { _ in
            let (bad, other) = (try ControlClient(path: path), try ControlClient(path: path))
            func write(_ bytes: [UInt8]) { _ = Glibc.write(bad.fileDescriptor, bytes, bytes.count) }
            write(Array("sta".utf8))
            #expect(try answer(other, to: "state") == ["=disabled", "Done"])
            write(Array("te\n".utf8))
            #expect(try bad.receive() == .line("disabled"))
            #expect(try bad.receive() == .end(.done))
            write([UInt8](repeating: 0x61, count: 50000) + [0x0a])
            #expect(try bad.receive() == .line("a request has at most 4096 bytes"))
            #expect(try bad.receive() == .end(.error(code: 6, name: "Parse")))
            write([0x00, 0xff, 0x80, 0x0a])
            #expect(try bad.receive() == .line("a request must be UTF-8"))
            #expect(try bad.receive() == .end(.error(code: 6, name: "Parse")))
            #expect(try answer(bad, to: "state") == ["=disabled", "Done"])
        }
    }

    @Test("A half line is given up after its time")
    func halfLine() async throws {
        var configuration = ControlServer.Configuration()
        configuration.halfLineTimeout = .milliseconds(50)
        try await withServer(configuration) { _ in
            let client = try ControlClient(path: path)
            _ = Glibc.write(client.fileDescriptor, Array("sta".utf8), 3)
            #expect(throws: ControlClientError.closed(path: path)) { _ = try client.receive() }
        }
    }

    @Test("A client that ends its input at once, as a script does, gets all answers and then the end")
    func script() async throws {
        try await withServer { _ in
            let client = try ControlClient(path: path)
            try client.send("state")
            try client.send("bogus")
            Glibc.shutdown(client.fileDescriptor, Int32(SHUT_WR))
            #expect(try client.receive() == .line("disabled"))
            #expect(try client.receive() == .end(.done))
            #expect(try client.receive() == .end(.error(code: 35, name: "InvalidCommand")))
            #expect(throws: ControlClientError.closed(path: path)) { _ = try client.receive() }
        }
    }

    @Test("A shutdown ends the clients' connections")
    func shutdown() async throws {
        try await withServer { server in
            let client = try ControlClient(path: path)
            #expect(try answer(client, to: "state") == ["=disabled", "Done"])
            await server.shutdown()
            await server.shutdown()
            #expect(throws: ControlClientError.closed(path: path)) { _ = try client.receive() }
        }
    }

    @Test("A server of another protocol is told apart")
    func otherProtocol() throws {
        try FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ControlSocketFile.bind(path)
        defer { close(server) }
        Glibc.listen(server, 1)
        let client = try ControlClient(path: path)
        let connection = accept(server, nil, nil)
        defer { close(connection) }
        _ = Glibc.write(connection, "220 hello\n", 10)
        #expect(throws: ControlClientError.notHeddle(path: path)) { _ = try client.receive() }
    }
}
