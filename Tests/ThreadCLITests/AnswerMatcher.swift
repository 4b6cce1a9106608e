/// Compares an answer with a recorded one: all words must be the same, and what differs from network to network must be
/// a value of the same kind at the same place. Nothing else is free.
enum AnswerMatcher {
    /// What a value can be. A text may be of several kinds: `1000` is a number as well as an RLOC16.
    enum Kind: Hashable {
        /// Decimal digits, with a sign and decimals where there are any.
        case number
        /// Four hexadecimal digits.
        case shortAddress
        /// `0x` and as many hexadecimal digits.
        case prefixedHexadecimal(digits: Int)
        /// Sixteen hexadecimal digits: an extended address or PAN id.
        case extendedAddress
        /// Whole bytes in hexadecimal digits: six of them or more, but not eight.
        case bytes
        /// An IPv6 address.
        case address
        /// An IPv6 prefix with its length.
        case prefix
        /// Hours, minutes and seconds, with days and milliseconds where there are any.
        case clock
    }

    /// Where two answers differ; nil when they match.
    static func difference(_ answer: [String], _ recorded: [String]) -> String? {
        guard answer.count == recorded.count else { return "\(answer.count) lines instead of \(recorded.count)" }
        for (line, (mine, theirs)) in zip(answer, recorded).enumerated() {
            if let reason = difference(inLine: mine, theirs) { return "line \(line + 1): \(reason)" }
        }
        return nil
    }

    static func difference(inLine mine: String, _ theirs: String) -> String? {
        guard mine != theirs else { return nil }
        // How a command ends is no value.
        guard !["Done", "Error"].contains(where: { mine.hasPrefix($0) || theirs.hasPrefix($0) }) else {
            return "\(mine.debugDescription) instead of \(theirs.debugDescription)"
        }
        let isRow = mine.hasPrefix("|") && theirs.hasPrefix("|")
        if isRow, bars(mine) != bars(theirs) { return "the bars of \(mine) do not stand as in \(theirs)" }
        let (words, recorded) = (tokens(mine, isRow: isRow), tokens(theirs, isRow: isRow))
        guard words.count == recorded.count else { return "\(mine) instead of \(theirs)" }
        for (token, other) in zip(words, recorded) where token != other {
            guard !kinds(token).isDisjoint(with: kinds(other)) else {
                return "\(token.debugDescription) instead of \(other.debugDescription) in \(theirs)"
            }
        }
        return nil
    }

    /// Where the bars of a table's row stand.
    static func bars(_ row: String) -> [Int] {
        row.utf8.enumerated().filter { $0.element == UInt8(ascii: "|") || $0.element == UInt8(ascii: "+") }
            .map(\.offset)
    }

    /// A line's words, and what stands between them; in a table's row the width of a cell counts and not its spaces.
    static func tokens(_ line: String, isRow: Bool) -> [String] {
        var tokens: [String] = []
        var word = ""
        func finish() {
            // A colon or dot that ends a word is punctuation.
            var ending = ""
            while word.count > 1, let last = word.last, last == "." || last == ":", !word.hasSuffix("::") {
                ending = String(last) + ending
                word.removeLast()
            }
            if !word.isEmpty { tokens += unit(of: word) }
            if !ending.isEmpty { tokens.append(ending) }
            word = ""
        }
        for character in line {
            if character.isLetter || character.isNumber || ".:-/".contains(character) {
                word.append(character)
            } else {
                finish()
                if !isRow || character != " " { tokens.append(String(character)) }
            }
        }
        finish()
        return tokens
    }

    /// A word such as `time=4ms`, `rloc16:0xd000` or `3-links`: its value apart from what names it.
    private static func unit(of word: String) -> [String] {
        guard kinds(word).isEmpty else { return [word] }
        for separator in [":", "-", "/"] as [Character] where word.contains(separator) {
            let parts = word.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
            guard parts.contains(where: { !kinds($0).isEmpty || !unit(of: $0).dropFirst().isEmpty }) else { continue }
            return Array(parts.map { unit(of: $0) }.joined(separator: [String(separator)]))
        }
        // A number with its unit.
        let digits = word.prefix { $0.isNumber || $0 == "." || $0 == "-" }
        let rest = word[digits.endIndex...]
        guard !digits.isEmpty, rest.allSatisfy(\.isLetter), ["ms", "s"].contains(rest) else { return [word] }
        return [String(digits), String(rest)]
    }

    static func kinds(_ token: String) -> Set<Kind> {
        var kinds: Set<Kind> = []
        let isHexadecimal = !token.isEmpty && token.allSatisfy { $0.isHexDigit && !$0.isUppercase }
        if token.wholeMatch(of: #/-?[0-9]+(\.[0-9]+)?/#) != nil { kinds.insert(.number) }
        if isHexadecimal, token.count == 4 { kinds.insert(.shortAddress) }
        if isHexadecimal, token.count == 16 { kinds.insert(.extendedAddress) }
        if isHexadecimal, token.count.isMultiple(of: 2), token.count >= 12, token.count != 16 { kinds.insert(.bytes) }
        if token.hasPrefix("0x"), token.dropFirst(2).allSatisfy(\.isHexDigit) {
            kinds.insert(.prefixedHexadecimal(digits: token.count - 2))
        }
        if token.wholeMatch(of: #/([0-9]+d\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?/#) != nil {
            kinds.insert(.clock)
        } else if token.wholeMatch(of: #/[0-9a-f:]*:[0-9a-f]*:[0-9a-f:]*/#) != nil {
            kinds.insert(.address)
        }
        if token.wholeMatch(of: #/[0-9a-f:]*:[0-9a-f]*:[0-9a-f:]*/[0-9]{1,3}/#) != nil { kinds.insert(.prefix) }
        return kinds
    }
}
