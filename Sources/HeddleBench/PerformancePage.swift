import Foundation

/// Puts tables into the page on performance, between the lines that mark their place.
enum PerformancePage {
    static let start = "<!-- what heddle-bench --simulator wrote -->"
    static let end = "<!-- until here -->"

    /// Replaces what stands between the marks.
    /// - Throws: what is wrong with the file.
    static func write(_ table: [String], command: String, into path: String) throws {
        let page = try String(contentsOfFile: path, encoding: .utf8)
        guard let from = page.range(of: start), let to = page.range(of: end), from.upperBound <= to.lowerBound else {
            throw BenchError.noMarks(path)
        }
        let day = Date().formatted(.iso8601.year().month().day())
        let lines =
            [
                "",
                "`\(command)` on one core of \(processor), \(day), seed 1 (up to 100 nodes the median of seeds 1 to 3):",
                "",
            ]
            + table.map { $0.isEmpty ? "" : "    " + $0 }
        let text = page[..<from.upperBound] + lines.joined(separator: "\n") + "\n" + page[to.lowerBound...]
        try String(text).write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// As the kernel names it.
    private static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = lines.split(separator: "\n").first { $0.hasPrefix("model name") }
        return model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
            ?? "an unnamed processor"
    }
}
