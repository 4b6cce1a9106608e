import EngineCore
import ThreadWire
import WireCore

/// The words behind a command's name, read from front to back.
struct Arguments {
    private let words: [String]
    private var position: Int

    init(_ words: [String]) {
        self.words = words
        position = 0
    }

    /// Whether no word is left.
    var isEmpty: Bool { position == words.count }
    /// The next word, which stays; nil when none is left.
    var first: String? { isEmpty ? nil : words[position] }
    /// How many words are left.
    var count: Int { words.count - position }

    /// Takes the next word if it is this one.
    mutating func take(_ word: String) -> Bool {
        guard first == word else { return false }
        position += 1
        return true
    }

    /// - Throws: `.invalidArguments` when no word is left.
    mutating func word() throws(CommandError) -> String {
        guard let word = first else { throw .invalidArguments }
        position += 1
        return word
    }

    /// - Throws: `.invalidArguments` when words are left.
    func requireEnd() throws(CommandError) {
        guard isEmpty else { throw .invalidArguments }
    }

    /// A number in decimal or, behind `0x`, hexadecimal digits.
    /// - Throws: `.invalidArguments` when there is none, or it does not fit.
    mutating func unsigned<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type = Number.self
    ) throws(CommandError) -> Number {
        guard let value = Number(exactly: try Self.number(word()[...])) else { throw .invalidArguments }
        return value
    }

    /// A number with a sign before it or none.
    /// - Throws: `.invalidArguments` when there is none, or it does not fit.
    mutating func signed<Number: FixedWidthInteger & SignedInteger>(
        _ type: Number.Type = Number.self
    ) throws(CommandError) -> Number {
        let text = try word()
        let isNegative = text.hasPrefix("-")
        let magnitude = try Self.number(isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...])
        guard let value = Int64(exactly: magnitude), let number = Number(exactly: isNegative ? -value : value) else {
            throw .invalidArguments
        }
        return number
    }

    private static func number(_ text: Substring) throws(CommandError) -> UInt64 {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHexadecimal ? text.dropFirst(2) : text
        // A sign that the library would take is not one here.
        guard let leading = digits.utf8.first, leading != UInt8(ascii: "+"), leading != UInt8(ascii: "-"),
            let value = UInt64(digits, radix: isHexadecimal ? 16 : 10)
        else { throw .invalidArguments }
        return value
    }

    /// Bytes in hexadecimal digits; where their number is odd, the first stands for a byte of its own.
    /// - Throws: `.invalidArguments` when the word is anything else, or of another length.
    mutating func bytes(count: Int? = nil, atMost limit: Int = .max) throws(CommandError) -> [UInt8] {
        let text = try word()
        guard let bytes = WireCore.bytes(hexadecimal: text.utf8.count.isMultiple(of: 2) ? text : "0" + text),
            bytes.count == count ?? bytes.count, bytes.count <= limit
        else { throw .invalidArguments }
        return bytes
    }

    /// - Throws: `.invalidArguments` when the word is not 16 hexadecimal digits.
    mutating func extendedAddress() throws(CommandError) -> ExtendedAddress {
        ExtendedAddress(rawValue: try bytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// - Throws: `.invalidArguments` when there is no word, `.parse` when it is no address.
    mutating func address() throws(CommandError) -> IPv6Address {
        guard let address = IPv6Address(try word()) else { throw .parse }
        return address
    }

    /// - Throws: `.invalidArguments` when there is no word, `.parse` when it is no prefix.
    mutating func prefix() throws(CommandError) -> IPv6Prefix {
        guard let prefix = IPv6Prefix(try word()) else { throw .parse }
        return prefix
    }

    /// Seconds with up to three decimals.
    /// - Range: 0 to 2^32 − 1 ms
    /// - Throws: `.invalidArguments` when the word is anything else.
    mutating func seconds() throws(CommandError) -> Duration {
        var milliseconds: UInt64 = 0
        var decimalUnit: UInt64?
        for byte in try word().utf8 {
            if byte == UInt8(ascii: "."), decimalUnit == nil {
                decimalUnit = 100
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw .invalidArguments }
            let digit = UInt64(byte - UInt8(ascii: "0"))
            if let unit = decimalUnit {
                // Digits behind the third are below a millisecond.
                milliseconds += digit * unit
                decimalUnit = unit / 10
            } else {
                milliseconds = milliseconds * 10 + digit * 1000
            }
            guard milliseconds <= UInt64(UInt32.max) else { throw .invalidArguments }
        }
        return .milliseconds(Int64(milliseconds))
    }

    /// `enable` or `disable`.
    /// - Throws: `.invalidCommand` for any other word.
    mutating func enableOrDisable() throws(CommandError) -> Bool {
        switch try word() {
        case "enable": return true
        case "disable": return false
        default: throw .invalidCommand
        }
    }
}
