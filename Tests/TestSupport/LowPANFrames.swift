extension Fixtures {
    /// One data frame of a recording as another program decrypts and expands it.
    public struct LowPANFrame: Sendable {
        /// The recording, such as `thread/attach`, and the frame's number in it.
        public let recording: String
        public let number: Int
        /// Both, for messages.
        public var name: String { "\(recording) frame \(number)" }
        /// Hexadecimal link addresses, 4 or 16 digits; nil when the frame has none.
        public let source: String?
        public let destination: String?
        /// The frame's payload in clear.
        public let payload: [UInt8]
        /// The expanded datagram; nil when the frame does not begin one.
        public let datagram: [UInt8]?
        /// The whole datagram, beside its last fragment.
        public let reassembled: [UInt8]?
    }

    /// The data frames of all recordings, repetitions left out.
    public static func lowPANFrames() throws -> [LowPANFrame] {
        try text("lowpan/frames.tsv").split(separator: "\n").dropFirst().map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            func optional(_ column: Int) -> String? { columns[column] == "-" ? nil : columns[column] }
            return LowPANFrame(
                recording: columns[0], number: Int(columns[1])!, source: optional(2), destination: optional(3),
                payload: bytes(hex: columns[4]), datagram: optional(5).map(bytes(hex:)),
                reassembled: optional(6).map(bytes(hex:)))
        }
    }

    private static func bytes(hex text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)!
        }
    }
}
