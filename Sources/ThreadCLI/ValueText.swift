import EngineCore
import ThreadWire
import WireCore

// Values in the forms that OpenThread's command line gives them.

/// A number padded with zeros to `digits`.
func zeroPadded(_ value: Int64, digits: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

extension Duration {
    /// Hours, minutes and seconds, behind the days where there are any: `1d.02:03:04`.
    /// A negative duration counts as none.
    var clockText: String {
        let seconds = max(0, wholeSeconds)
        let days = seconds / 86_400
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { zeroPadded($0, digits: 2) }
        return (days > 0 ? "\(days)d." : "") + "\(clock[0]):\(clock[1]):\(clock[2])"
    }
}

extension RLOC16 {
    /// `0x` and four digits.
    var prefixed: String { "0x\(self)" }
}

extension PANID {
    /// `0x` and four digits.
    var prefixed: String { "0x" + hexadecimal(UInt64(rawValue), digits: 4) }
}

extension DecibelMilliwatts {
    /// What OpenThread prints for a signal of which nothing is known.
    static let unknownText = "127"

    /// Rounded to a whole number.
    var wholeText: String {
        let rounded = value.rounded()
        return rounded > -1000 && rounded < 1000 ? String(Int(rounded)) : Self.unknownText
    }
}

/// `1` or `0`.
func digit(_ flag: Bool) -> String { flag ? "1" : "0" }

/// `Enabled` or `Disabled`.
func enabledText(_ isEnabled: Bool) -> String { isEnabled ? "Enabled" : "Disabled" }

/// What was received as text: up to the first zero byte, as OpenThread prints it.
func text(received bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}

extension String {
    /// The same with control characters replaced, so that nothing a peer sent can forge lines of an answer.
    var onOneLine: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar)
        }
        return String(scalars)
    }
}
