/// A line that is being typed: takes the bytes of keys, tells what to do, draws the line.
///
/// It touches no terminal, so that it can be tested key by key.
struct LineEditor {
    /// What a key asks for.
    enum Action: Equatable {
        /// Nothing to see yet: part of a longer sequence, or a key without a meaning here.
        case none
        /// The line has changed.
        case redraw
        /// Enter: the line as it was; the next one begins empty.
        case submit(String)
        /// Ctrl-C: the line was given up.
        case interrupt
        /// Ctrl-D on an empty line.
        case endOfInput
        /// Tab: the names that the word could become.
        case list([String])
        /// Ctrl-L.
        case clearScreen
    }

    /// How far into a sequence of bytes the keyboard is.
    private enum Input {
        case ground
        /// Behind an escape.
        case escape
        /// Within a control sequence, with its parameters so far.
        case sequence([UInt8])
        /// Within a character of several bytes.
        case character([UInt8], missing: Int)
    }

    /// Ctrl-C.
    static let interruptKey: UInt8 = 0x03

    let prompt: String
    /// Names to complete the first word with, sorted.
    let completions: [String]
    private(set) var text: [Character] = []
    /// Before which character the cursor stands.
    private(set) var cursor = 0
    private var history: [[Character]] = []
    /// Which line of the history is shown; its count stands for the new line.
    private var historyIndex = 0
    /// The new line, while one of the history is shown.
    private var newLine: [Character] = []
    private var input = Input.ground

    init(prompt: String, completions: [String]) {
        self.prompt = prompt
        self.completions = Set(completions).sorted()
    }

    mutating func receive(_ byte: UInt8) -> Action {
        switch input {
        case .ground: return receiveInGround(byte)
        case .escape:
            input = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence([]) : .ground
            return .none
        case .sequence(let parameters):
            guard (0x40...0x7e).contains(byte) else {
                // A sequence of no end is a line fault, not a key.
                input = parameters.count < 16 ? .sequence(parameters + [byte]) : .ground
                return .none
            }
            input = .ground
            return receiveKey(final: byte, parameters: parameters)
        case .character(let bytes, let missing):
            guard byte & 0xc0 == 0x80 else {
                input = .ground
                return receiveInGround(byte)
            }
            input = missing > 1 ? .character(bytes + [byte], missing: missing - 1) : .ground
            guard missing == 1, let character = String(validating: bytes + [byte], as: UTF8.self) else { return .none }
            return insert(character)
        }
    }

    /// The line with its prompt and the cursor, drawn from the first column; the part around the cursor where the
    /// whole does not fit. Every character is taken to be one column wide.
    func rendering(columns: Int) -> String {
        let room = max(1, columns - prompt.count - 1)
        let start = max(0, cursor - room)
        let shown = String(text[start..<min(text.count, start + room)])
        return "\r\u{1b}[K\(prompt)\(shown)\r\u{1b}[\(prompt.count + cursor - start)C"
    }

    private mutating func receiveInGround(_ byte: UInt8) -> Action {
        switch byte {
        case 0x0d, 0x0a: return submit()
        case 0x09: return complete()
        case 0x1b:
            input = .escape
            return .none
        case Self.interruptKey:
            clear()
            return .interrupt
        case 0x04: return text.isEmpty ? .endOfInput : deleteForward()
        case 0x7f, 0x08:
            guard cursor > 0 else { return .none }
            cursor -= 1
            return deleteForward()
        case 0x01: return move(to: 0)
        case 0x05: return move(to: text.count)
        case 0x02: return move(to: cursor - 1)
        case 0x06: return move(to: cursor + 1)
        case 0x0b:
            text.removeSubrange(cursor...)
            return .redraw
        case 0x15:
            text.removeSubrange(..<cursor)
            cursor = 0
            return .redraw
        case 0x17: return deleteWord()
        case 0x0c: return .clearScreen
        case 0x10: return showHistory(historyIndex - 1)
        case 0x0e: return showHistory(historyIndex + 1)
        case 0x20...0x7e: return insert(String(UnicodeScalar(byte)))
        case 0xc2...0xdf: input = .character([byte], missing: 1)
        case 0xe0...0xef: input = .character([byte], missing: 2)
        case 0xf0...0xf4: input = .character([byte], missing: 3)
        default: break
        }
        return .none
    }

    private mutating func receiveKey(final: UInt8, parameters: [UInt8]) -> Action {
        switch (final, parameters) {
        case (UInt8(ascii: "A"), _): showHistory(historyIndex - 1)
        case (UInt8(ascii: "B"), _): showHistory(historyIndex + 1)
        case (UInt8(ascii: "C"), _): move(to: cursor + 1)
        case (UInt8(ascii: "D"), _): move(to: cursor - 1)
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), [0x31]), (UInt8(ascii: "~"), [0x37]): move(to: 0)
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), [0x34]), (UInt8(ascii: "~"), [0x38]): move(to: text.count)
        case (UInt8(ascii: "~"), [0x33]): deleteForward()
        default: .none
        }
    }

    private mutating func insert(_ typed: String) -> Action {
        let before = String(text[..<cursor]) + typed
        // A combining mark joins the character before it.
        let joined = Array(before)
        text = joined + text[cursor...]
        cursor = joined.count
        return .redraw
    }

    private mutating func move(to position: Int) -> Action {
        guard (0...text.count).contains(position), position != cursor else { return .none }
        cursor = position
        return .redraw
    }

    private mutating func deleteForward() -> Action {
        guard cursor < text.count else { return .none }
        text.remove(at: cursor)
        return .redraw
    }

    private mutating func deleteWord() -> Action {
        var start = cursor
        while start > 0, text[start - 1] == " " { start -= 1 }
        while start > 0, text[start - 1] != " " { start -= 1 }
        text.removeSubrange(start..<cursor)
        cursor = start
        return .redraw
    }

    private mutating func clear() {
        text = []
        cursor = 0
        newLine = []
        historyIndex = history.count
    }

    private mutating func submit() -> Action {
        let line = text
        if line.contains(where: { $0 != " " }), history.last != line { history.append(line) }
        clear()
        return .submit(String(line))
    }

    private mutating func showHistory(_ index: Int) -> Action {
        guard (0...history.count).contains(index), index != historyIndex else { return .none }
        if historyIndex == history.count { newLine = text }
        historyIndex = index
        text = index == history.count ? newLine : history[index]
        cursor = text.count
        return .redraw
    }

    private mutating func complete() -> Action {
        let word = String(text[..<cursor])
        // Only the command itself is known; its arguments are not.
        guard !word.contains(" ") else { return .none }
        let matches = completions.filter { $0.hasPrefix(word) }
        guard let first = matches.first else { return .none }
        if matches.count == 1 { return insert(String(first.dropFirst(word.count)) + " ") }
        let common = matches.dropFirst().reduce(first) { common, name in
            String(zip(common, name).prefix { $0 == $1 }.map(\.0))
        }
        return common.count > word.count ? insert(String(common.dropFirst(word.count))) : .list(matches)
    }
}
