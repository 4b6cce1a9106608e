import ControlService
import Glibc

/// A conversation with a node: takes commands from somewhere, prints what the node says.
final class CLISession {
    private var client: ControlClient
    private let output: any TextSink
    private static let prompt = "> "

    init(client: ControlClient, output: any TextSink) {
        self.client = client
        self.output = output
    }

    /// Runs one command.
    /// - Returns: whether it succeeded.
    func run(command: String) throws(ControlClientError) -> Bool {
        guard command.contains(where: { !$0.isWhitespace }) else { return true }
        let status: ControlStatus
        do throws(ControlClientError) {
            status = try client.execute(command) { show($0) }
        } catch .notALine {
            // What no node would take is refused as a node would refuse it.
            output.write("Error 6: Parse\n")
            return false
        }
        guard status == .done, Self.endsNode(command) else {
            show(.end(status))
            return status == .done
        }
        try reconnect()
        return true
    }

    /// Whether the node starts anew after a command. Nobody is there then to say that it is done, as in OpenThread.
    static func endsNode(_ command: String) -> Bool {
        let words = command.split(whereSeparator: \.isWhitespace)
        return words == ["reset"] || words == ["factoryreset"]
    }

    /// Waits until the node has gone and come back.
    private func reconnect() throws(ControlClientError) {
        do throws(ControlClientError) {
            while let message = try client.receive(timeout: Self.restartTimeout) { show(message) }
        } catch .closed {
            // As it should be.
        }
        var attempts = 0
        while true {
            do throws(ControlClientError) {
                client = try ControlClient(path: client.path)
                return
            } catch .nothingListens where attempts < Self.restartAttempts {
                attempts += 1
                usleep(Self.restartPause)
            }
        }
    }

    /// How long a node may take to go, and how often and at which distance it is looked for then.
    /// - Units: milliseconds; attempts; microseconds
    private static let restartTimeout: Int32 = 15_000
    private static let restartAttempts = 150
    private static let restartPause: UInt32 = 100_000

    /// Runs the lines of a file or pipe. Prompt and echo make the output read as on a terminal, as ot-cli does it.
    /// - Returns: whether all succeeded.
    func runLines(of descriptor: Int32) throws(ControlClientError) -> Bool {
        var pending: [UInt8] = []
        var succeeded = true
        output.write(Self.prompt)
        while true {
            // What comes on its own stands behind the prompt, and no other prompt follows, as in OpenThread.
            try waitForInput(on: descriptor) { show($0) }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            // The last line may lack its end.
            pending += count > 0 ? Array(chunk[..<count]) : pending.isEmpty ? [] : [UInt8(ascii: "\n")]
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                var line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                if line.hasSuffix("\r") { line.removeLast() }
                output.write(line + "\n")
                if Self.isFarewell(line) { return succeeded }
                succeeded = try run(command: line) && succeeded
                output.write(Self.prompt)
            }
            if count <= 0 {
                output.write("\n")
                return succeeded
            }
        }
    }

    /// Talks with a person until they end it.
    func interact(on terminal: Terminal) throws(ControlClientError) {
        var editor = LineEditor(prompt: Self.prompt, completions: try commandNames())
        terminal.enterRawMode()
        defer { terminal.leaveRawMode() }
        output.write(editor.rendering(columns: terminal.columns))
        var typed: [UInt8] = []
        while true {
            try waitForInput(on: terminal.descriptor) { message in
                output.write("\r\u{1b}[K")
                show(message)
                output.write(editor.rendering(columns: terminal.columns))
            }
            guard let bytes = terminal.read() else { return }
            typed += bytes
            while !typed.isEmpty {
                switch editor.receive(typed.removeFirst()) {
                case .none: continue
                case .redraw: break
                case .list(let names): output.write("\n" + names.joined(separator: "  ") + "\n")
                case .clearScreen: output.write("\u{1b}[H\u{1b}[2J")
                case .interrupt: output.write("^C\n")
                case .endOfInput:
                    output.write("\n")
                    return
                case .submit(let line):
                    output.write("\n")
                    if Self.isFarewell(line) { return }
                    try run(command: line, on: terminal, typed: &typed)
                }
                output.write(editor.rendering(columns: terminal.columns))
            }
        }
    }

    /// Runs a command that Ctrl-C ends.
    /// - Parameter typed: what was typed already and is typed meanwhile, but for what came before a Ctrl-C.
    private func run(
        command: String, on terminal: Terminal, typed: inout [UInt8]
    ) throws(ControlClientError) {
        guard command.contains(where: { !$0.isWhitespace }) else { return }
        do throws(ControlClientError) {
            try client.send(command)
        } catch .notALine {
            output.write("\(ControlClientError.notALine)\n")
            return
        }
        while true {
            while let message = try client.receive(timeout: 0) {
                if case .end(.done) = message, Self.endsNode(command) { return try reconnect() }
                show(message)
                if case .end = message { return }
            }
            if let interrupt = typed.firstIndex(of: LineEditor.interruptKey) {
                // The node ends what runs for a client when the client goes.
                client = try ControlClient(path: client.path)
                output.write("^C\n")
                typed.removeSubrange(...interrupt)
                return
            }
            guard Self.isReadable(terminal.descriptor, or: client.fileDescriptor) else { continue }
            guard let bytes = terminal.read() else { return }
            typed += bytes
        }
    }

    /// The commands that the node's `help` lists: the first word of each line.
    private func commandNames() throws(ControlClientError) -> [String] {
        var names: [String] = []
        try client.execute("help") { message in
            if case .line(let text) = message, let name = text.split(separator: " ").first {
                names.append(String(name))
            }
        }
        return names
    }

    /// Whether whoever typed a line wants to leave.
    static func isFarewell(_ line: String) -> Bool {
        let words = line.split(whereSeparator: \.isWhitespace)
        return words == ["exit"] || words == ["quit"]
    }

    /// Waits until a descriptor has something to read; what the node says meanwhile is shown.
    private func waitForInput(
        on descriptor: Int32, _ show: (ControlMessage) -> Void
    ) throws(ControlClientError) {
        while true {
            while let message = try client.receive(timeout: 0) { show(message) }
            if Self.isReadable(descriptor, or: client.fileDescriptor) { return }
        }
    }

    /// Waits until either descriptor can be read, or has ended.
    /// - Returns: whether the first one can.
    private static func isReadable(_ first: Int32, or second: Int32) -> Bool {
        var descriptors = [
            pollfd(fd: first, events: Int16(POLLIN), revents: 0), pollfd(fd: second, events: Int16(POLLIN), revents: 0),
        ]
        return poll(&descriptors, 2, -1) > 0 && descriptors[0].revents != 0
    }

    private func show(_ message: ControlMessage) {
        switch message {
        case .line(let text), .asynchronous(let text): output.write(Self.printable(text) + "\n")
        case .end(let status): output.write(Self.printable(status.description) + "\n")
        }
    }

    /// A text whose control characters cannot steer the terminal: it may come from a stranger in radio range.
    static func printable(_ text: String) -> String {
        var printable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if (scalar.value < 0x20 && scalar != "\t") || (0x7f...0x9f).contains(scalar.value) {
                let digits = String(scalar.value, radix: 16)
                printable.append(contentsOf: ("\\x" + (digits.count < 2 ? "0" : "") + digits).unicodeScalars)
            } else {
                printable.append(scalar)
            }
        }
        return String(printable)
    }
}

/// Where text is printed.
protocol TextSink {
    func write(_ text: String)
}

/// Standard output, without a buffer that would hold back a prompt.
struct StandardOutput: TextSink {
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return }
            start += max(0, count)
        }
    }
}
