import WireCore

/// One frame of a capture, read as far as its keys and contexts are known.
public struct DissectedFrame: Sendable {
    /// Its place in the file.
    /// - Range: from 1
    public let number: Int
    /// Since the first frame of the file.
    /// - Units: ns
    public let time: UInt64
    /// The frame as captured.
    public let bytes: [UInt8]
    /// From outside to inside.
    public internal(set) var layers: [DissectedLayer] = []
    /// Where it comes from: the innermost IPv6 address, else the link address.
    public internal(set) var source = "-"
    /// Where it goes to: the innermost IPv6 address, else the link address.
    public internal(set) var destination = "-"
    /// Link frame or MLE message are sealed.
    public internal(set) var isSecured = false
    /// All that is sealed could be opened.
    public internal(set) var isDecrypted = false
    /// The frame as written again from the values that were read; nil when it could not be.
    public internal(set) var rewritten: [UInt8]?
    /// What could not be read, decrypted or written again.
    public internal(set) var problems: [String] = []

    init(number: Int, time: UInt64, bytes: [UInt8]) {
        self.number = number
        self.time = time
        self.bytes = bytes
    }

    /// Whether the values that were read give the very bytes that were captured.
    public var isExact: Bool { rewritten == bytes && problems.isEmpty }

    /// Notes one thing that is sealed, and whether it could be opened.
    mutating func noteSealed(isOpen: Bool) {
        isDecrypted = isOpen && (isDecrypted || !isSecured)
        isSecured = true
    }
}

extension DissectedFrame: CustomStringConvertible {
    public var description: String { line(isVerified: false) }

    /// One line: number, time in seconds, source, destination, then layer by layer.
    /// - Parameter isVerified: whether to tell when the frame as written again differs.
    public func line(isVerified: Bool) -> String {
        var text = "\(number) \(timeText) \(source) > \(destination)"
        for layer in layers { text += " | \(layer)" }
        for problem in problems { text += " | PROBLEM: \(problem)" }
        if isVerified, let rewritten, rewritten != bytes { text += " | DIFFERS: \(hexadecimal(rewritten))" }
        return text
    }

    /// Seconds with six decimals.
    var timeText: String {
        let microseconds = String(time / 1000 % 1_000_000)
        return "\(time / 1_000_000_000)." + String(repeating: "0", count: 6 - microseconds.utf8.count) + microseconds
    }

    /// One JSON object.
    public var json: String {
        JSONText.object([
            ("number", .number(UInt64(number))), ("time", .raw(timeText)), ("source", .text(source)),
            ("destination", .text(destination)), ("layers", .array(layers.map(JSONText.init))),
            ("problems", .array(problems.map { .text($0) })), ("secured", .flag(isSecured)),
            ("decrypted", .flag(isDecrypted)), ("exact", .flag(isExact)), ("bytes", .text(hexadecimal(bytes))),
        ]).description
    }
}

/// How many frames of a capture could be read and written again.
public struct DissectionSummary: Equatable, Sendable {
    public private(set) var frames = 0
    public private(set) var decrypted = 0
    public private(set) var exact = 0
    /// Frames that are sealed and could not be opened, or that differ when they are written again.
    public private(set) var failed: [Int] = []

    public init(_ frames: [DissectedFrame]) {
        for frame in frames {
            self.frames += 1
            if frame.isDecrypted { decrypted += 1 }
            if frame.isExact { exact += 1 }
            if !frame.isExact || frame.isSecured && !frame.isDecrypted { failed.append(frame.number) }
        }
    }
}

extension DissectionSummary: CustomStringConvertible {
    public var description: String { "frames \(frames), decrypted \(decrypted), byte-exact \(exact)" }

    /// One JSON object.
    public var json: String {
        JSONText.object([
            ("frames", .number(UInt64(frames))), ("decrypted", .number(UInt64(decrypted))),
            ("exact", .number(UInt64(exact))),
        ]).description
    }
}
