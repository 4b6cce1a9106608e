import Foundation

/// Pings that go on in the background, whatever becomes of the daemons that send and answer them.
///
/// A shell starts them: Foundation's `Process` must not be started from two threads at once.
final class Traffic {
    private let shell: RunningProgram

    /// - Parameters:
    ///   - control: the control socket of the daemon that sends.
    ///   - address: who is to answer.
    ///   - outputFile: where the answers go.
    init(control: String, to address: String, outputFile: URL) throws {
        let ping = "'\(RunningProgram.folder.path)/heddle' cli --control '\(control)' ping \(address) 16 2 0.2 64 1"
        shell = try RunningProgram(
            URL(fileURLWithPath: "/bin/sh"), ["-c", "while :; do \(ping); sleep 0.1; done"], outputFile: outputFile)
    }

    /// Ends it.
    /// - Returns: how many pings had an answer.
    func stop() -> Int {
        shell.kill()
        return shell.lineCount(with: " bytes from ")
    }
}
