import EngineCore
import NodeConfiguration

/// Reads one entry of `traffic`.
struct FlowReader {
    let draft: ScenarioDraft
    let value: YAMLValue
    /// Its place in the list, from 1.
    let number: Int

    /// What identifies a message stands in its payload.
    static let byteCounts = 8...1000

    /// Nil only if an error was recorded.
    func flow() -> Scenario.Flow? {
        guard let mapping = value.mapping() else { return nil }
        let kinds = Scenario.Flow.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let kind: Scenario.Flow.Kind? = mapping.required("kind", expected: "one of \(kinds)")?.choice()
        let from = draft.node(mapping.required("from", expected: "the node that sends"))
        let to = receivers(mapping, of: kind, from: from)
        let byteCount = mapping.optional("bytes")?.integer(in: Self.byteCounts, unit: "bytes") ?? 32
        let answer = mapping.optional("answer-bytes")?.integer(in: Self.byteCounts, unit: "bytes") ?? 8
        let attempts = mapping.optional("attempts")?.integer(in: 1...20) ?? 1
        let timeout = mapping.optional("timeout")?.duration(in: .milliseconds(100)...(.seconds(3600)))
        let schedule = schedule(mapping)
        let name = mapping.optional("name")?.string(bytes: 1...64)
        guard let kind, let from, let to, let schedule else { return nil }
        return Scenario.Flow(
            name: name ?? "\(kind.rawValue) \(number)", kind: kind, from: from, to: to, byteCount: byteCount,
            answerByteCount: answer, schedule: schedule, attempts: attempts, timeout: timeout ?? .seconds(30))
    }

    private func receivers(_ mapping: YAMLMapping, of kind: Scenario.Flow.Kind?, from: Int?) -> [Int]? {
        if kind == .multicast {
            guard let list = mapping.optional("to")?.sequence() else {
                return draft.scenario.nodes.indices.filter { $0 != from }
            }
            let nodes = list.compactMap { draft.node($0) }
            return nodes.count == list.count ? nodes : nil
        }
        guard let value = mapping.required("to", expected: "the node that receives"), let to = draft.node(value) else {
            return nil
        }
        guard to != from else { return value.refuse(expected: "another node than the one that sends") }
        return [to]
    }

    private func schedule(_ mapping: YAMLMapping) -> Scenario.Schedule? {
        let duration = draft.scenario.duration
        if let list = mapping.optional("at") {
            for key in ["every", "mean", "start", "end"] where mapping.optional(key) != nil {
                let _: Never? = list.refuse(found: "times beside `\(key)`", expected: "one or the other")
            }
            guard let values = list.sequence() else { return nil }
            let times = values.compactMap { $0.duration(in: .zero...duration) }
            return times.count == values.count ? .times(times.sorted()) : nil
        }
        let start = mapping.optional("start")?.duration(in: .zero...duration) ?? .zero
        let endValue = mapping.optional("end")
        let end = endValue?.duration(in: .zero...duration) ?? duration
        if end < start { return endValue?.refuse(expected: "a time that is not before `start`") }
        let steps = Duration.milliseconds(10)...ScenarioFile.maximumDuration
        if let mean = mapping.optional("mean") {
            if mapping.optional("every") != nil {
                return mean.refuse(found: "`mean` beside `every`", expected: "one or the other")
            }
            return mean.duration(in: steps).map { .poisson(mean: $0, from: start, until: end) }
        }
        return mapping.required("every", expected: "`every`, `mean` or `at`: when messages are sent")?
            .duration(in: steps).map { .every($0, from: start, until: end) }
    }
}
