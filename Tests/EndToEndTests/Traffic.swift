import Foundation

/// Pings that go on in the background, whatever becomes of the daemons that send and answer them.
final class Traffic: Sendable {
    private let task: Task<Int, Never>

    /// - Parameters:
    ///   - control: the control socket of the daemon that sends.
    ///   - address: who is to answer.
    ///   - scratch: a path that nothing else uses.
    init(control: String, to address: String, scratch: String) {
        task = Task {
            var answered = 0
            while !Task.isCancelled {
                let ping = try? RunningProgram(
                    "heddle", ["cli", "--control", control, "ping", address, "16", "2", "0.2", "64", "1"],
                    outputFile: URL(fileURLWithPath: scratch))
                _ = try? await ping?.status(within: .seconds(5))
                if ping?.output.contains(" bytes from ") == true { answered += 1 }
                try? await Task.sleep(for: .milliseconds(100))
            }
            return answered
        }
    }

    deinit { task.cancel() }

    /// Ends it.
    /// - Returns: how many rounds of pings had an answer.
    func stop() async -> Int {
        task.cancel()
        return await task.value
    }
}
