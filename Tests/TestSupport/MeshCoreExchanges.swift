import Foundation

/// The exchanges that were recorded from MeshCore's firmware in Tests/Fixtures/meshcore: companion.json and kiss.json.
public enum MeshCoreExchanges {
    /// One step: what went in, and what came out.
    public struct Step: CustomStringConvertible, Sendable {
        public let id: String
        public let summary: String
        /// A command's frame, or what a KISS host wrote; nil when a radio packet came in instead.
        public let request: [UInt8]?
        public let injected: [UInt8]?
        /// Bytes that are nil differ each time: times, random numbers, measurements.
        public let frames: [[UInt8?]]
        /// What a KISS modem wrote, as it stood on the line.
        public let line: [UInt8]?
        public let radio: [[UInt8?]]

        public var description: String { "\(id) \(summary)" }
    }

    public struct Malformed: Error {
        public let text: String
    }

    public static func companion() throws -> [Step] {
        try steps("meshcore/companion.json", request: "command", "frames")
    }

    public static func kiss() throws -> [Step] {
        try steps("meshcore/kiss.json", request: "host_bytes", "modem_frames")
    }

    private static func steps(_ file: String, request: String, _ frames: String) throws -> [Step] {
        let root = try JSONSerialization.jsonObject(with: Data(try Fixtures.bytes(file))) as? [String: Any]
        guard let cases = root?["cases"] as? [[String: Any]] else { throw Malformed(text: file) }
        return try cases.map { entry in
            func fixed(_ name: String) throws -> [UInt8]? {
                try (entry[name] as? String).map { text in try bytes(text).map { $0 ?? 0 } }
            }
            func list(_ name: String) throws -> [[UInt8?]] {
                try (entry[name] as? [String] ?? []).map { try bytes($0) }
            }
            return Step(
                id: entry["id"] as? String ?? "", summary: entry["description"] as? String ?? "",
                request: try fixed(request), injected: try fixed("inject_radio"), frames: try list(frames),
                line: try fixed("modem_bytes"), radio: try list("radio_out"))
        }
    }

    private static func bytes(_ text: String) throws -> [UInt8?] {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { throw Malformed(text: text) }
        return try stride(from: 0, to: digits.count, by: 2).map { index in
            let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
            if pair == ".." { return nil }
            guard let byte = UInt8(pair, radix: 16) else { throw Malformed(text: text) }
            return byte
        }
    }
}
