import EngineCore
public import Foundation
public import LoRaPHY
import Synchronization

/// Many runs of one scenario: each combination of values with each seed.
///
/// Every run is a pure function of its scenario and seed, so that it does not matter on which thread, or on which
/// machine, it goes on.
public struct SweepPlan: Sendable {
    /// What can be varied.
    public enum Parameter: String, CaseIterable, Sendable {
        /// - Range: 7 to 12
        case spreadingFactor = "sf"
        /// - Range: 5 to 8
        case codingRate = "cr"
        /// - Units: dBm
        case power
    }

    /// One run to be made.
    public struct Point: Sendable {
        /// What is varied, such as `sf=8`.
        public var label: String
        public var seed: UInt64
        var scenario: Scenario
    }

    public let points: [Point]
    /// More runs than anybody waits for.
    public static let maximumRuns = 100_000

    /// - Parameters:
    ///   - axes: such as `sf=7..10` or `power=10,14,20`.
    ///   - seeds: such as `1..20`.
    /// - Throws: what is wrong with an axis or the seeds.
    public init(_ scenario: Scenario, axes: [String], seeds: String) throws(SweepError) {
        let seeds = try Self.values("seeds", seeds, in: 0...Int.max).map { UInt64($0) }
        var variants: [(label: String, scenario: Scenario)] = [("", scenario)]
        for axis in axes {
            let parts = axis.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let parameter = Parameter(rawValue: parts[0]) else { throw .unknownAxis(axis) }
            let values = try Self.values(axis, parts[1], in: parameter.range)
            var next: [(label: String, scenario: Scenario)] = []
            for variant in variants {
                for value in values {
                    let label = variant.label + (variant.label.isEmpty ? "" : " ") + "\(parameter.rawValue)=\(value)"
                    next.append((label, variant.scenario.with(parameter, value)))
                }
            }
            variants = next
            for variant in variants { try variant.scenario.checkLaw(axis) }
            guard variants.count * seeds.count <= Self.maximumRuns else { throw .tooMany }
        }
        points = variants.flatMap { variant in
            seeds.map { Point(label: variant.label, seed: $0, scenario: variant.scenario) }
        }
    }

    /// The numbers of a list such as `1..4,8`.
    static func values(_ axis: String, _ text: String, in range: ClosedRange<Int>) throws(SweepError) -> [Int] {
        var values: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.components(separatedBy: "..").map { Int($0) }
            guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, first <= last,
                range.contains(first), range.contains(last), last - first < maximumRuns
            else { throw .badValues(axis: axis, range: range) }
            values += Array(first...last)
        }
        guard values.count <= maximumRuns else { throw .tooMany }
        return values
    }

    /// Makes all runs.
    /// - Parameters:
    ///   - jobs: how many go on at once, each on a thread of its own.
    ///   - goOn: is told how many are done of how many; false ends the sweep with the runs that are done.
    public func run(jobs: Int, _ goOn: @Sendable (Int, Int) -> Bool = { _, _ in true }) -> SweepResults {
        let state = Mutex(
            (next: 0, done: 0, isStopped: false, reports: [RunReport?](repeating: nil, count: points.count)))
        DispatchQueue.concurrentPerform(iterations: max(1, jobs)) { _ in
            while true {
                let index = state.withLock { state -> Int? in
                    guard !state.isStopped, state.next < points.count else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }
                guard let index else { return }
                let report = ScenarioRun(points[index].scenario, seed: points[index].seed).run { _ in
                    !state.withLock { $0.isStopped }
                }
                let done = state.withLock { state in
                    if !report.isPartial { state.reports[index] = report }
                    state.done += 1
                    return state.done
                }
                if !goOn(done, points.count) { state.withLock { $0.isStopped = true } }
            }
        }
        let reports = state.withLock { $0.reports }
        return SweepResults(
            runs: zip(points, reports).compactMap { point, report in
                report.map { SweepResults.Run(label: point.label, report: $0) }
            })
    }
}

extension SweepPlan.Parameter {
    var range: ClosedRange<Int> {
        switch self {
        case .spreadingFactor: 7...12
        case .codingRate: 5...8
        case .power: -9...30
        }
    }
}

extension Scenario {
    fileprivate func checkLaw(_ axis: String) throws(SweepError) {
        do throws(RegionViolation) {
            _ = try rules()
        } catch {
            throw .forbidden(axis: axis, error)
        }
    }

    /// The same with another value.
    func with(_ parameter: SweepPlan.Parameter, _ value: Int) -> Scenario {
        var scenario = self
        let old = radio.modulation
        func modulation(factor: UInt8, rate: UInt8) -> LoRaModulation {
            do {
                return try LoRaModulation(
                    bandwidth: old.bandwidth, spreadingFactor: factor, codingRate: rate,
                    preambleLength: old.preambleLength)
            } catch {
                preconditionFailure("\(parameter) = \(value) is in range, yet \(error)")
            }
        }
        switch parameter {
        case .spreadingFactor:
            scenario.radio.modulation = modulation(factor: UInt8(value), rate: old.codingRate)
        case .codingRate: scenario.radio.modulation = modulation(factor: old.spreadingFactor, rate: UInt8(value))
        case .power: scenario.radio.power = DecibelMilliwatts(Double(value))
        }
        return scenario
    }
}

/// Why a sweep cannot be made.
public enum SweepError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownAxis(String)
    case badValues(axis: String, range: ClosedRange<Int>)
    /// The region of the scenario does not allow a value.
    case forbidden(axis: String, RegionViolation)
    case tooMany

    public var description: String {
        switch self {
        case .unknownAxis(let found):
            let names = SweepPlan.Parameter.allCases.map(\.rawValue).joined(separator: ", ")
            return "found \(found), expected one of \(names) and values, such as sf=7..10"
        case .badValues(let axis, let range):
            return
                "\(axis): expected numbers from \(range.lowerBound) to \(range.upperBound), such as 7..10 or 7,9,12"
        case .forbidden(let axis, let violation): return "\(axis): the scenario's region forbids it: \(violation)"
        case .tooMany: return "found more than \(SweepPlan.maximumRuns) runs, expected fewer"
        }
    }
}

/// The runs of a sweep, in the order of the plan.
public struct SweepResults: Codable, Equatable, Sendable {
    public struct Run: Codable, Equatable, Sendable {
        public var label: String
        public var report: RunReport
    }

    public var runs: [Run]

    public var holds: Bool { runs.allSatisfy(\.report.holds) }

    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return try encoder.encode(self)
    }

    /// All runs in one table.
    public var csv: String {
        (["variant," + RunReport.csvHeader] + runs.map { RunReport.quoted($0.label) + "," + $0.report.csvRow })
            .joined(separator: "\n") + "\n"
    }

    /// The means over the seeds of each variant, and their extremes.
    public var text: String {
        var labels: [String] = []
        for run in runs where !labels.contains(run.label) { labels.append(run.label) }
        var rows = [
            ["", "runs", "arrived", "least", "most", "answered", "median", "formed", "on the air", "airtime a message"]
        ]
        for label in labels {
            let reports = runs.filter { $0.label == label }.map(\.report)
            func mean(_ values: [Double]) -> Double? {
                values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
            func percent(_ value: Double?) -> String { value.map { RunReport.fixed($0 * 100, 1) + " %" } ?? "–" }
            func seconds(_ value: Double?) -> String { value.map { RunReport.fixed($0, 1) + " s" } ?? "–" }
            let deliveries = reports.compactMap(\.delivery)
            let arrived = reports.reduce(0) { $0 + $1.messages.count { $0.delivered > 0 } }
            let airtime = reports.reduce(0) { $0 + $1.measuredAirtimeSeconds }
            rows.append([
                label.isEmpty ? "all" : label, "\(reports.count)", percent(mean(deliveries)), percent(deliveries.min()),
                percent(deliveries.max()), percent(mean(reports.compactMap(\.answered))),
                seconds(mean(reports.compactMap { RunReport.Percentiles($0.messages.compactMap(\.latency))?.p50 })),
                seconds(mean(reports.compactMap(\.formedSeconds))),
                seconds(mean(reports.map(\.measuredAirtimeSeconds))),
                seconds(arrived > 0 ? airtime / Double(arrived) : nil),
            ])
        }
        return RunReport.table(rows).joined(separator: "\n")
    }
}
