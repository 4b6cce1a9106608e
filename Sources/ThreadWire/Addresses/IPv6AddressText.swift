// An IPv6 address as people write it.

extension IPv6Address: CustomStringConvertible {
    /// The eight groups without leading zeros.
    public var groups: [UInt16] {
        (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - $0 % 4 * 16)) }
    }

    /// All eight groups, none left out: the form of OpenThread's command line.
    public var description: String {
        var text = ""
        for (index, group) in groups.enumerated() {
            text += (index == 0 ? "" : ":") + String(group, radix: 16)
        }
        return text
    }

    /// The shortest form, the longest run of zero groups left out.
    /// - Source: RFC 5952 §4
    public var compressedDescription: String {
        let groups = groups
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ range: Range<Int>) -> String {
            var text = ""
            for index in range { text += (index == range.lowerBound ? "" : ":") + String(groups[index], radix: 16) }
            return text
        }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }

    /// Reads an address in any of the forms of RFC 4291 §2.2 but the one with an embedded IPv4 address.
    /// - Returns: nil when the text is no such address.
    public init?(_ text: some StringProtocol) {
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var elided = false
        var group: UInt32 = 0
        var digits = 0
        var colons = 0
        func append(_ value: UInt32) {
            if elided { tail.append(UInt16(value)) } else { head.append(UInt16(value)) }
        }
        for character in text.utf8 {
            if character == UInt8(ascii: ":") {
                colons += 1
                if digits > 0 {
                    append(group)
                    (group, digits) = (0, 0)
                } else if colons == 2 {
                    guard !elided else { return nil }
                    elided = true
                } else if colons > 2 || !head.isEmpty || elided {
                    return nil
                }
                guard head.count + tail.count < 8 else { return nil }
                continue
            }
            if colons == 1, head.isEmpty, !elided { return nil }
            colons = 0
            guard let digit = Self.digit(character), digits < 4 else { return nil }
            group = group << 4 | digit
            digits += 1
        }
        if digits > 0 { append(group) } else if colons == 1 { return nil }
        let missing = 8 - head.count - tail.count
        guard elided ? missing >= 1 : missing == 0 else { return nil }
        let all = head + [UInt16](repeating: 0, count: missing) + tail
        func word(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
        self.init(high: word(all[0..<4]), low: word(all[4..<8]))
    }

    private static func digit(_ character: UInt8) -> UInt32? {
        switch character {
        case 0x30...0x39: UInt32(character - 0x30)
        case 0x41...0x46: UInt32(character - 0x41 + 10)
        case 0x61...0x66: UInt32(character - 0x61 + 10)
        default: nil
        }
    }
}

extension IPv6Prefix: CustomStringConvertible {
    /// As OpenThread prints prefixes: the groups that the length covers, then `::/` and the length.
    public var description: String {
        let shown = (Int(length) + 15) / 16
        guard shown < 8 else { return "\(address)/\(length)" }
        var text = ""
        for group in address.groups.prefix(shown) { text += String(group, radix: 16) + ":" }
        return text + (shown == 0 ? "::/" : ":/") + "\(length)"
    }

    /// Reads `address/length`.
    /// - Returns: nil when the text is no prefix, or the length is beyond 128.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv6Address(parts[0]), let length = UInt8(parts[1]), length <= 128
        else { return nil }
        self.init(address, length: length)
    }
}
