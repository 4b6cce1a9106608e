import TestSupport

/// What was typed at OpenThread's command line and what it answered, from the recording cliref.
struct Transcript {
    /// One command and its answer, the line that ends it included.
    struct Entry {
        let command: String
        let answer: [String]
    }

    /// The commands of the section with a number, in the order in which they were typed.
    static func section(_ number: Int) throws -> [Entry] {
        var entries: [Entry] = []
        var command: String?
        var answer: [String] = []
        var isInside = false
        for line in try Fixtures.text("thread/cliref.cli.txt").split(
            separator: "\n", omittingEmptySubsequences: false
        ) {
            if line.hasPrefix("=== ") {
                isInside = line.hasPrefix("=== \(number). ")
            } else if isInside, line.hasPrefix("> ") {
                command = String(line.dropFirst(2))
                answer = []
            } else if let typed = command {
                answer.append(String(line))
                if line == "Done" || line.hasPrefix("Error ") {
                    entries.append(Entry(command: typed, answer: answer))
                    command = nil
                }
            }
        }
        return entries
    }
}

/// Lines with all that differs from network to network taken for fields, so that two answers can be compared by what
/// must be equal: every word and every bar.
enum Shape {
    /// Each kind of line once where several of a kind follow one another.
    static func lines(_ lines: [String]) -> [String] {
        var shapes: [String] = []
        for line in lines {
            let shape = Self.line(line)
            if shape != shapes.last { shapes.append(shape) }
        }
        return shapes
    }

    static func line(_ line: String) -> String {
        // Titles and rules of tables stand for themselves.
        if line.hasPrefix("+-") || line.contains("| Extended MAC") || line.contains("|NxtHop|") { return line }
        var text = line
        text = text.replacing(#/[0-9a-f]*(:[0-9a-f]*){3,}/#, with: "ADDRESS")
        text = text.replacing(#/0x[0-9a-f]+/#, with: "HEX")
        text = text.replacing(#/\b[0-9a-f]{8,}\b/#, with: "HEX")
        text = text.replacing(#/\b[0-9a-f]{4}\b/#, with: "N")
        text = text.replacing(#/-?\b[0-9]+(\.[0-9]+)?/#, with: "N")
        // Lists of any length, and cells of any width.
        text = text.replacing(#/(N ){2,}/#, with: "N ")
        text = text.replacing(#/(HEX ){2,}/#, with: "HEX ")
        text = text.replacing(#/ {2,}/#, with: " ")
        text = text.replacing(#/^Mode: .*/#, with: "Mode: LETTERS")
        text = text.replacing(#/^Network Name: .*/#, with: "Network Name: NAME")
        text = text.replacing(#/\| [CR] \|/#, with: "| ROLE |")
        return text
    }

    /// Where the bars of a table's row stand.
    static func bars(_ line: String) -> [Int] {
        line.utf8.enumerated().filter { $0.element == UInt8(ascii: "|") || $0.element == UInt8(ascii: "+") }
            .map(\.offset)
    }
}
