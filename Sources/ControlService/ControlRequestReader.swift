/// Cuts what a client sends into requests.
///
/// A line that is too long is reported once, as soon as it is, and skipped to its end, so that a client cannot make
/// the server keep more than one line of it.
struct ControlRequestReader {
    /// One line of a client.
    enum Request: Equatable {
        case line(String)
        /// A line that no command can be, with the reason as a sentence.
        case refused(String)
    }

    private var partial: [UInt8] = []
    private var isSkipping = false
    let limit: Int

    init(limit: Int = ControlLimits.requestLength) {
        self.limit = limit
    }

    /// Whether a line has begun and not ended.
    var isWithinLine: Bool { isSkipping || !partial.isEmpty }

    /// Takes what was received and returns the requests that it completes. Lines of nothing but spaces are left out.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Request] {
        var requests: [Request] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if !isSkipping, let request = Self.request(partial) { requests.append(request) }
                partial.removeAll(keepingCapacity: true)
                isSkipping = false
            } else if isSkipping {
                continue
            } else if partial.count == limit, byte != UInt8(ascii: "\r") {
                requests.append(.refused("a request has at most \(limit) bytes"))
                partial = []
                isSkipping = true
            } else {
                partial.append(byte)
            }
        }
        return requests
    }

    private static func request(_ line: [UInt8]) -> Request? {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
        guard let text = String(validating: line, as: UTF8.self) else { return .refused("a request must be UTF-8") }
        guard line.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == UInt8(ascii: "\t") }) else {
            return .refused("a request must not contain control characters")
        }
        guard text.contains(where: { $0 != " " && $0 != "\t" }) else { return nil }
        return .line(text)
    }
}
