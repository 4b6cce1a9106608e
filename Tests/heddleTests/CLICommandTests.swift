import ControlService
import Foundation
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import heddle

@Suite struct CommandLineTests {
    @Test(
        "Words that the shell kept together stay together",
        arguments: [
            (["state"], "state"), (["ping", "fd00::1"], "ping fd00::1"), (["ping fd00::1"], "ping fd00::1"),
            (["networkname", "my mesh"], #"networkname my\ mesh"#), (["udp", "send", #"a\b"#], #"udp send a\\b"#),
            ([], ""),
        ])
    func words(words: [String], line: String) {
        #expect(CLICommand.line(of: words) == line)
    }

    @Test("Control characters of a stranger do not reach the terminal")
    func printable() {
        #expect(CLISession.printable("a\u{1b}[2Jb\u{7}\tc\u{9b}ö") == "a\\x1b[2Jb\\x07\tc\\x9bö")
    }

    @Test("The command is found with its options before it and the command's own behind")
    func parsing() throws {
        let parsed = try #require(
            try HeddleCommand.parseAsRoot(["cli", "--control", "/x", "ping", "-I", "--control"]) as? CLICommand)
        #expect(parsed.control == "/x")
        #expect(parsed.command == ["ping", "-I", "--control"])
    }
}

/// The built program against a server of this process.
@Suite(.timeLimit(.minutes(1))) struct CLIProgramTests {
    /// Knows a few commands.
    private final class Handler: ControlHandler {
        func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
            switch line.trimmingCharacters(in: .whitespaces) {
            case "help":
                output(.line("help\r\nstate\nwait"))
                output(.done)
            case "state":
                output(.line("leader"))
                output(.done)
            case "escape":
                output(.line("\u{1b}[31m"))
                output(.done)
            case "event":
                output(.done)
                output(.asynchronous("3 bytes from fd00::1"))
            case "wait":
                break
            default:
                output(.error(code: 35, name: "InvalidCommand"))
            }
        }

        func call(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
            output(.answer("{}"))
        }

        func clientClosed(_ client: ClientID) {}
    }

    private static let program = Bundle.main.bundleURL.appendingPathComponent("heddle")

    private func withServer(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sock").path
        defer { unlink(path + ".lock") }
        let server = try await ControlServer.listen(
            path: path, handler: Handler(), eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            try await body(path)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    private struct Outcome {
        var output: String
        var errors: String
        var status: Int32
    }

    private func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        process.environment = environment
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input.utf8))
        standardInput.fileHandleForWriting.closeFile()
        let output = String(decoding: standardOutput.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errors = String(decoding: standardError.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(output: output, errors: errors, status: process.terminationStatus)
    }

    @Test("A command's answer is printed, and its end is the exit status")
    func oneCommand() async throws {
        try await withServer { path in
            let good = try run(["cli", "--control", path, "state"])
            #expect(good.output == "leader\nDone\n" && good.status == 0, "\(good)")
            let bad = try run(["cli", "bogus", "--option"], environment: ["HEDDLE_CONTROL": path])
            #expect(bad.output == "Error 35: InvalidCommand\n" && bad.status == 1, "\(bad)")
            let escaped = try run(["cli", "--control", path, "escape"])
            #expect(escaped.output == "\\x1b[31m\nDone\n")
        }
    }

    @Test("Lines of standard input read as on a terminal, and one error is the exit status")
    func lines() async throws {
        try await withServer { path in
            let good = try run(["cli", "--control", path], input: "state\r\n\nstate")
            #expect(good.output == "> state\nleader\nDone\n> \n> state\nleader\nDone\n> \n", "\(good)")
            #expect(good.status == 0)
            let bad = try run(["cli", "--control", path], input: "bogus\nstate\n")
            #expect(bad.output == "> bogus\nError 35: InvalidCommand\n> state\nleader\nDone\n> \n", "\(bad)")
            #expect(bad.status == 1)
            // Nothing is asked of the node behind `exit`, and what is no line at all is refused where it is.
            let left = try run(["cli", "--control", path], input: "state\nexit\nbogus\n")
            #expect(left.output == "> state\nleader\nDone\n> exit\n", "\(left)")
            #expect(left.status == 0)
            let long = String(repeating: "x", count: 10_240)
            let refused = try run(["cli", "--control", path], input: "\(long)\nstate\n")
            #expect(refused.output == "> \(long)\nError 6: Parse\n> state\nleader\nDone\n> \n")
            #expect(refused.status == 1)
        }
    }

    @Test("What ends a session, and what the node does not outlive")
    func words() {
        for line in ["exit", " exit ", "quit"] { #expect(CLISession.isFarewell(line), "\(line)") }
        for line in ["exit now", "exi", "", "state exit"] { #expect(!CLISession.isFarewell(line), "\(line)") }
        for line in ["reset", "factoryreset "] { #expect(CLISession.endsNode(line), "\(line)") }
        for line in ["reset bootloader", "counters mac reset", ""] { #expect(!CLISession.endsNode(line), "\(line)") }
    }

    @Test("Without a node, a sentence tells what to do")
    func noNode() throws {
        let outcome = try run(["cli", "state"], environment: ["HEDDLE_CONTROL": "/nowhere/a.sock"])
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(
            outcome.errors == "Error: nothing listens on /nowhere/a.sock; start heddled, or name the control socket "
                + "of a running one with --control PATH or in HEDDLE_CONTROL\n")
    }

    @Test("A help text is printed for the program and the command")
    func help() throws {
        #expect(try run(["--help"]).output.contains("cli"))
        let help = try run(["cli", "--help"])
        #expect(help.output.contains("heddle cli [--control <path>] [<command> ...]") && help.status == 0, "\(help)")
    }

    @Test("On a terminal: completion, history, events above the line, Ctrl-C ends a command, Ctrl-D the program")
    func terminal() async throws {
        try await withServer { path in
            var (control, other): (Int32, Int32) = (-1, -1)
            try #require(openpty(&control, &other, nil, nil, nil) == 0)
            let line = FileHandle(fileDescriptor: other, closeOnDealloc: true)
            var before = termios()
            tcgetattr(line.fileDescriptor, &before)
            let screen = Screen(descriptor: control)

            let process = Process()
            process.executableURL = Self.program
            process.arguments = ["cli", "--control", path]
            process.standardInput = line
            process.standardOutput = line
            process.standardError = line
            try process.run()
            try screen.expect("> ")
            screen.type("st\t\r")
            try screen.expect("leader\r\nDone\r\n")
            screen.type("\u{1b}[A\r")
            try screen.expect("leader\r\nDone\r\n")
            screen.type("event\r")
            try screen.expect("Done\r\n")
            try screen.expect("3 bytes from fd00::1\r\n")
            screen.type("wait\r\u{3}")
            try screen.expect("^C\r\n")
            screen.type("state\r")
            try screen.expect("leader\r\nDone\r\n")
            screen.type("\u{4}")
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            var after = termios()
            tcgetattr(line.fileDescriptor, &after)
            #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag)
            close(control)
        }
    }
}

/// What a person at the terminal types and sees.
private final class Screen {
    struct NotSeen: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private var seen = ""

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    /// Reads until a text has appeared, and forgets all up to it.
    func expect(_ text: String) throws {
        while true {
            // By bytes, since to Swift a line end and what precedes it may be one character.
            if let range = seen.range(of: text, options: .literal) {
                seen = String(seen[range.upperBound...])
                return
            }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 10_000) > 0 else {
                throw NotSeen(description: "\(text.debugDescription) has not come, but \(seen.debugDescription)")
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else {
                throw NotSeen(description: "\(text.debugDescription) has not come, but \(seen.debugDescription)")
            }
            seen += String(decoding: chunk[..<count], as: UTF8.self)
        }
    }
}
