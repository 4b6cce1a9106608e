/// How a command line falls apart into words.
///
/// Words are separated by spaces, tabs and line ends; a backslash takes the separator or backslash behind it for a
/// part of the word.
/// - Source: OpenThread as observed, which also refuses more than 31 words and too long lines
enum ArgumentSplitting {
    /// - Units: bytes
    static let maximumLineLength = 4096
    static let maximumArguments = 31

    /// - Throws: `.parse` when the line is too long, `.invalidArguments` when it has too many words.
    static func words(of line: String) throws(CommandError) -> [String] {
        guard line.utf8.count <= maximumLineLength else { throw .parse }
        var words: [String] = []
        var word: [UInt8] = []
        var isEscaped = false
        func finish() throws(CommandError) {
            guard !word.isEmpty else { return }
            guard words.count < maximumArguments else { throw .invalidArguments }
            words.append(String(decoding: word, as: UTF8.self))
            word.removeAll(keepingCapacity: true)
        }
        for byte in line.utf8 {
            let isSeparator =
                byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
                || byte == UInt8(ascii: "\n")
            if isEscaped {
                // Before anything else a backslash stands for itself.
                if !isSeparator, byte != UInt8(ascii: "\\") { word.append(UInt8(ascii: "\\")) }
                word.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if isSeparator {
                try finish()
            } else {
                word.append(byte)
            }
        }
        if isEscaped { word.append(UInt8(ascii: "\\")) }
        try finish()
        return words
    }
}
