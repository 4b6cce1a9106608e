import CLinux
import Glibc

/// A terminal that a person types at.
final class Terminal {
    let descriptor: Int32
    private var original: termios

    /// - Returns: nil when the descriptor is no terminal.
    init?(descriptor: Int32) {
        var settings = termios()
        guard isatty(descriptor) == 1, tcgetattr(descriptor, &settings) == 0 else { return nil }
        self.descriptor = descriptor
        original = settings
    }

    /// Passes every key on at once and unechoed, also Ctrl-C. Line ends in output stay as they are elsewhere.
    func enterRawMode() {
        var raw = original
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | ISTRIP)
        // What was typed before stays to be read.
        tcsetattr(descriptor, TCSADRAIN, &raw)
    }

    func leaveRawMode() {
        tcsetattr(descriptor, TCSADRAIN, &original)
    }

    /// The width; 80 where the terminal does not know.
    var columns: Int {
        let columns = Int(clinux_terminal_columns(descriptor))
        return columns > 0 ? columns : 80
    }

    /// What was typed, at least one byte; waits for it.
    /// - Returns: nil when the terminal has gone.
    func read() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 256)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 { return Array(chunk[..<count]) }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}
