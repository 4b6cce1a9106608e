import Foundation
import TestSupport

/// A folder of its own for one test, and the programs that run in it.
final class Workshop {
    let folder: URL
    private var programs: [RunningProgram] = []
    private var programCount = 0

    /// Runs a test in a new folder; afterwards no process and no file of it is left, however the test ended.
    static func run(_ body: (Workshop) async throws -> Void) async throws {
        let workshop = try Workshop()
        defer { workshop.close() }
        try await body(workshop)
    }

    private init() throws {
        // Not in a deep folder: the path of a control socket has at most 107 bytes.
        folder = URL(fileURLWithPath: "/tmp/heddle-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func close() {
        for program in programs { program.kill() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The path of a file in the folder.
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func start(_ name: String, _ arguments: [String], input: String = "") throws -> RunningProgram {
        let output = folder.appendingPathComponent("\(programCount).output")
        programCount += 1
        let program = try RunningProgram(name, arguments, outputFile: output, input: input)
        programs.append(program)
        return program
    }

    /// Runs a program to its end.
    func finish(
        _ name: String, _ arguments: [String], input: String = "", within limit: Duration = .seconds(30)
    ) async throws -> (status: Int32?, output: String) {
        let program = try start(name, arguments, input: input)
        let status = try await program.status(within: limit)
        if !program.isRunning { programs.removeAll { $0 === program } }
        return (status, program.output)
    }

    /// Writes a file that only its owner may read.
    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
        return path(name)
    }

    /// A configuration for one daemon, whose ether is not there.
    func configuration(control: String = "a.sock", state: String = "a.sqlite", _ more: String = "") -> String {
        """
        state: ./\(state)
        control: ./\(control)
        radio: { type: ether, address: "127.0.0.1:9", node: A }
        \(more)
        """
    }

    /// Starts a daemon and waits until it listens on its control socket.
    func startDaemon(_ configuration: String) async throws -> RunningProgram {
        let daemon = try start("heddled", ["--config", configuration])
        guard try await eventually(within: .seconds(10), { daemon.output.contains("the control socket is") }) else {
            throw DaemonFailure(output: daemon.output)
        }
        return daemon
    }
}

/// A daemon that should have started did not.
struct DaemonFailure: Error {
    let output: String
}

/// The files in the repository that users start from.
enum Repository {
    static let folder = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
