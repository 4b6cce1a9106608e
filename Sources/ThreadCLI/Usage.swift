/// One form of a command, read from the line that `help COMMAND` prints.
///
/// Words in small letters stand for themselves, alternatives are separated by bars, words in capital letters stand for
/// values, brackets surround what may be left out, and three dots say that a word may come again.
struct Usage: Sendable, Equatable {
    /// The words that every line of this form begins with; several where one of them is chosen.
    let leading: [[String]]
    /// How many words a line may have in all; nil for as many as one likes.
    let limit: Int?
    let text: String

    init(_ text: String) {
        self.text = text
        let tokens = text.split(separator: " ")
        var leading: [[String]] = []
        for token in tokens {
            let alternatives = token.split(separator: "|").map(String.init)
            guard !token.hasPrefix("["), !token.hasSuffix("..."), alternatives.allSatisfy(Self.isLiteral) else { break }
            leading.append(alternatives)
        }
        self.leading = leading
        limit = text.utf8.contains(UInt8(ascii: ".")) ? nil : tokens.count
    }

    /// Whether a line with these words is of this form, as far as both say.
    func matches(_ words: [String]) -> Bool {
        zip(leading, words).allSatisfy { $0.contains($1) }
    }

    /// Whether a line of this form has too many words.
    func isExceeded(by words: [String]) -> Bool {
        limit.map { words.count > $0 } ?? false
    }

    /// Whether this form begins with all the words of another one, which has no values of its own.
    func isLonger(than other: Usage) -> Bool {
        other.leading.count == other.limit && (limit ?? .max) > other.leading.count
            && zip(leading, other.leading).allSatisfy { $0 == $1 } && leading.count >= other.leading.count
    }

    private static func isLiteral(_ word: String) -> Bool {
        word.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}
