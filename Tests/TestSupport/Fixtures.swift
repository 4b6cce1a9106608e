public import Foundation

/// Where the recorded networks and vectors stand that tests read; their origin is told in Tests/Fixtures/README.md.
public enum Fixtures {
    public static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    /// The bytes of one fixture, named by its path below Tests/Fixtures.
    public static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: directory.appendingPathComponent(name)))
    }

    /// The text of one fixture.
    public static func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
    }

    /// One frame of a recording.
    public struct Frame: Sendable {
        public let number: Int
        /// Seconds since the first frame.
        public let time: Double
        /// The node that sent it: A, B, ...
        public let node: String
        public let channel: Int
        /// PSDU with its frame check sequence.
        public let psdu: [UInt8]
    }

    /// The frames of a recording such as `thread/attach`.
    public static func recording(_ name: String) throws -> [Frame] {
        try text("\(name).frames.tsv").split(separator: "\n").dropFirst().map { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            let hex = Array(columns[6].utf8)
            let psdu = stride(from: 0, to: hex.count - 1, by: 2).map { index in
                UInt8(String(decoding: hex[index...index + 1], as: UTF8.self), radix: 16)!
            }
            return Frame(
                number: Int(columns[0])!, time: Double(columns[2])!, node: String(columns[3]),
                channel: Int(columns[4])!, psdu: psdu)
        }
    }

    /// Names of the recordings of a folder (`thread` or `pymesh`), sorted.
    public static func recordings(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.appendingPathComponent(folder).path)
            .filter { $0.hasSuffix(".frames.tsv") }
            .map { "\(folder)/" + $0.dropLast(".frames.tsv".count) }
            .sorted()
    }
}
