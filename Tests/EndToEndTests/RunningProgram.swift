import Foundation

/// A process of a built program, whose output goes to a file. It does not outlive this object.
final class RunningProgram {
    let process = Process()
    private let outputFile: URL

    /// - Parameters:
    ///   - name: `heddled` or another program of this package, or the absolute path of any other one.
    ///   - input: what it reads from standard input; the input ends behind it.
    convenience init(_ name: String, _ arguments: [String], outputFile: URL, input: String = "") throws {
        let executable =
            name.hasPrefix("/") ? URL(fileURLWithPath: name) : Self.folder.appendingPathComponent(name)
        try self.init(executable, arguments, outputFile: outputFile, input: input)
    }

    init(_ executable: URL, _ arguments: [String], outputFile: URL, input: String = "") throws {
        self.outputFile = outputFile
        let inputFile = outputFile.appendingPathExtension("input")
        try Data(input.utf8).write(to: inputFile)
        try Data().write(to: outputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.executableURL = executable
        process.arguments = arguments
        let readable = try FileHandle(forReadingFrom: inputFile)
        process.standardInput = readable
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // The process has its own; a test starts hundreds, and this program may not have so many files open.
        try readable.close()
        try output.close()
    }

    deinit { kill() }

    /// The programs are built beside the test bundle, which is an executable here.
    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    var processID: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// All that it has written so far, to standard output and standard error.
    var output: String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }

    /// How many lines of its output contain a text.
    func lineCount(with text: String) -> Int {
        output.split(separator: "\n").count { $0.contains(text) }
    }

    func send(signal: Int32) {
        if process.isRunning { Foundation.kill(processID, signal) }
    }

    /// Ends it as a crash would.
    func kill() { send(signal: SIGKILL) }

    /// Waits until it has ended.
    /// - Returns: its exit status; nil when it is still running after the time, or was ended by a signal.
    func status(within limit: Duration) async throws -> Int32? {
        guard try await eventually(within: limit, { !self.process.isRunning }) else { return nil }
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }
}

/// Asks again and again whether something has come true.
/// - Returns: false when it has not after the time.
func eventually(within limit: Duration, _ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        guard ContinuousClock.now < end else { return false }
        try await Task.sleep(for: .milliseconds(50))
    }
}
