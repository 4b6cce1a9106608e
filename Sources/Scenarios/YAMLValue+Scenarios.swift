import EngineCore
import NodeConfiguration

// Values that scenario files have and configurations do not.
extension YAMLValue {
    /// A time span such as `90`, `90 s`, `500 ms`, `1.5 min` or `2 h`; without a unit seconds.
    func duration(in range: ClosedRange<Duration>) -> Duration? {
        let expected = "a time from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound)), such as 90 s"
        return parsed(expected: expected) { text in
            guard let duration = Self.duration(text), range.contains(duration) else { return nil }
            return duration
        }
    }

    /// The span that a text stands for; nil when it is none.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { "0123456789.-".contains($0) }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let scale: Double
        switch unit {
        case "ms": scale = 1000
        case "", "s": scale = 1_000_000
        case "min": scale = 60_000_000
        case "h": scale = 3_600_000_000
        default: return nil
        }
        guard let number = Double(digits), number.isFinite, abs(number * scale) < 1e15 else { return nil }
        return .microseconds(Int64((number * scale).rounded()))
    }

    /// A span in the largest unit that leaves no fraction.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds % 3_600_000 == 0, milliseconds > 0 { return "\(milliseconds / 3_600_000) h" }
        if milliseconds % 60_000 == 0, milliseconds > 0 { return "\(milliseconds / 60_000) min" }
        if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
        return "\(milliseconds) ms"
    }
}
