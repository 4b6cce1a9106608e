import Foundation
import Scenarios
import TestSupport
import Testing

@Suite("Plots")
struct PlotScenarioTests {
    private static let repository = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()

    /// Runs a command and waits for its end.
    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    private static var hasMatplotlib: Bool { (try? run(["python3", "-c", "import matplotlib"]).status) == 0 }

    private static func plot(_ folder: URL) throws -> (status: Int32, output: String) {
        try run(["python3", repository.appendingPathComponent("scripts/plot-scenario").path, folder.path])
    }

    private static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("plots-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test(
        "A report becomes four drawings, with or without positions, the same each time",
        .enabled(if: hasMatplotlib, "needs python3-matplotlib"), arguments: ["rooftops", "outage"])
    func plots(name: String) throws {
        let scenario = try ScenarioFile.read(
            Self.repository.appendingPathComponent("config/scenarios/\(name).yaml").path)
        let report = ScenarioRun(scenario).run()
        try Self.withFolder { folder in
            try report.json().write(to: folder.appendingPathComponent("report.json"))
            func drawings() throws -> [String] {
                let (status, output) = try Self.plot(folder)
                #expect(status == 0, "\(output)")
                return try ["topology", "airtime", "latency", "partitions"].map {
                    try String(contentsOf: folder.appendingPathComponent("\($0).svg"), encoding: .utf8)
                }
            }
            let first = try drawings()
            #expect(first.allSatisfy { $0.contains("<svg") && $0.hasSuffix("</svg>\n") })
            #expect(Set(first).count == 4)
            #expect(try drawings() == first)
        }
    }

    @Test("What is no report is refused with its place", .enabled(if: hasMatplotlib, "needs python3-matplotlib"))
    func refusals() throws {
        try Self.withFolder { folder in
            let nothing = try Self.plot(folder)
            #expect(nothing.status == 1 && nothing.output.contains("report.json: No such file"), "\(nothing.output)")
            try Data("[1]".utf8).write(to: folder.appendingPathComponent("report.json"))
            let list = try Self.plot(folder)
            #expect(list.status == 1 && list.output.contains("nodes: found nothing"), "\(list.output)")
        }
    }
}
