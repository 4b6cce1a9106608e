import ArgumentParser
import Foundation
import Heddle

/// A chat of all who run it on the nodes of one mesh: what one types, the others read.
@main
struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example-chat", abstract: "Chat with everybody on the mesh; Ctrl-D ends it.")

    @Option(help: "The control socket of this node's heddled.")
    var control = "/run/heddle/heddle.sock"

    @Flag(help: "Go on listening when the input has ended.")
    var stay = false

    @Argument(help: "What the others call you.")
    var name: String

    /// The port of this chat.
    private static let port: UInt16 = 5678
    /// All nodes of the mesh: RFC 4291 §2.7.1 and RFC 7346 §2.
    private static let everybody = IPv6Address("ff03::1")!

    func run() async throws {
        let mesh = try await Mesh.connect(to: control)
        let socket = try await mesh.socket()
        try await socket.bind(port: Self.port)
        write("\(name) is on the mesh as a \(try await mesh.state)")

        let listening = Task {
            for try await datagram in socket { write(String(decoding: datagram.payload, as: UTF8.self)) }
        }
        for await line in StandardInput.lines where !line.isEmpty {
            do {
                try await socket.send(Array("\(name): \(line)".utf8), to: Self.everybody, port: Self.port)
            } catch let error as SendError {
                // Too long, or the node is not attached yet: nothing of it is lost but this line.
                write("not sent: \(error)")
            }
        }
        if stay { try await listening.value }
        listening.cancel()
        await mesh.close()
    }
}

/// Writes a line at once.
private func write(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

/// What is typed, line by line, read by a thread of its own: the tasks of the program never wait for a person.
private enum StandardInput {
    static var lines: AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return stream
    }
}
