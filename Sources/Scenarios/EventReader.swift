import EngineCore
import NodeConfiguration
import ThreadWire

/// Reads one entry of `events`: a time, and one key that says what happens.
struct EventReader {
    let draft: ScenarioDraft
    let value: YAMLValue

    private enum Kind: String, CaseIterable {
        case down
        case up
        case reset
        case move
        case link
        case partition
        case heal
        case interference
        case rotateKeys = "rotate-keys"
        case prefix
        case withdraw
    }

    /// Nil only if an error was recorded.
    func event() -> Scenario.Event? {
        guard let mapping = value.mapping() else { return nil }
        let time = mapping.required("at", expected: "when it happens")?
            .duration(in: .zero...draft.scenario.duration)
        let found = Kind.allCases.filter { mapping.optional($0.rawValue) != nil }
        guard found.count == 1, let kind = found.first, let value = mapping.optional(kind.rawValue) else {
            let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            return self.value.refuse(found: "\(found.count) things that happen", expected: "one of \(kinds)")
        }
        guard let action = action(kind, value, mapping), let time else { return nil }
        return Scenario.Event(time: time, action: action, text: text(kind, action))
    }

    private func action(_ kind: Kind, _ value: YAMLValue, _ mapping: YAMLMapping) -> Scenario.Action? {
        switch kind {
        case .down: return draft.node(value).map { .powerOff($0) }
        case .up: return draft.node(value).map { .powerOn($0) }
        case .reset: return draft.node(value).map { .restart($0) }
        case .move: return move(value, mapping)
        case .link: return link(value, mapping)
        case .partition: return split(value)
        case .heal: return value.boolean().map { _ in .heal }
        case .interference:
            let share = mapping.required("loss", expected: "the share of frames that are lost, 0 to 1")?
                .number(in: 0...1)
            guard let nodes = nodes(value), let share else { return nil }
            return .interfere(nodes, share: share)
        case .rotateKeys: return draft.node(value).map { .rotateKeys($0) }
        case .prefix, .withdraw:
            let node = draft.node(mapping.required("node", expected: "the node that offers it"))
            let prefix = value.parsed(expected: "a prefix of 64 bits such as fd00:1::/64") { text in
                IPv6Prefix(text).flatMap { $0.length == 64 ? $0 : nil }
            }
            guard let node, let prefix else { return nil }
            return kind == .prefix ? .offerPrefix(node, prefix) : .withdrawPrefix(node, prefix)
        }
    }

    private func nodes(_ value: YAMLValue) -> [Int]? {
        guard let values = value.sequence() else { return nil }
        let nodes = values.compactMap { draft.node($0) }
        return nodes.count == values.count ? nodes : nil
    }

    private func move(_ value: YAMLValue, _ mapping: YAMLMapping) -> Scenario.Action? {
        let place = mapping.required("to", expected: "metres east and north, such as [120, 340]")
        guard let node = draft.node(value), let parts = place?.sequence() else { return nil }
        let coordinates = parts.compactMap { $0.number(in: -1_000_000...1_000_000, unit: "m") }
        guard coordinates.count == 2, parts.count == 2 else {
            return place?.refuse(found: "\(parts.count) values", expected: "two numbers of metres")
        }
        if case .city = draft.scenario.air {
            return value.refuse(found: "a node of an import, which has no place", expected: "a scenario with positions")
        }
        return .move(node, links: draft.links(of: node, at: Scenario.Position(x: coordinates[0], y: coordinates[1])))
    }

    private func link(_ value: YAMLValue, _ mapping: YAMLMapping) -> Scenario.Action? {
        guard let ends = nodes(value) else { return nil }
        guard ends.count == 2, ends[0] != ends[1] else {
            return value.refuse(found: "\(ends.count) nodes", expected: "two different nodes")
        }
        guard let loss = mapping.required("loss", expected: "the path loss in dB, or `none` to cut the link") else {
            return nil
        }
        let parsed = loss.parsed(expected: "a number from 0 to 300 dB, or `none`") { text -> Decibels?? in
            if text == "none" { return .some(nil) }
            return Double(text).flatMap { (0...300).contains($0) ? .some(Decibels($0)) : nil }
        }
        return parsed.map { .setLoss(from: ends[0], to: ends[1], loss: $0) }
    }

    private func split(_ value: YAMLValue) -> Scenario.Action? {
        guard let values = value.sequence() else { return nil }
        let groups = values.compactMap(nodes)
        guard groups.count == values.count else { return nil }
        let all = groups.flatMap { $0 }
        guard Set(all).count == all.count, groups.count >= 2 else {
            return value.refuse(found: "groups that overlap, or one alone", expected: "two groups or more, apart")
        }
        return .split(groups)
    }

    private func text(_ kind: Kind, _ action: Scenario.Action) -> String {
        func name(_ node: Int) -> String { draft.scenario.nodes[node].name }
        switch action {
        case .powerOff(let node), .powerOn(let node), .restart(let node), .move(let node, _), .rotateKeys(let node):
            return "\(kind.rawValue) \(name(node))"
        case .setLoss(let from, let to, let loss):
            return "link \(name(from))-\(name(to)) " + (loss.map { "\($0.value) dB" } ?? "cut")
        case .split(let groups): return "partition into \(groups.count)"
        case .heal: return "heal"
        case .interfere(let nodes, let share):
            return "interference at \(nodes.map(name).joined(separator: ", ")): \(share)"
        case .offerPrefix(let node, let prefix): return "\(name(node)) offers \(prefix)"
        case .withdrawPrefix(let node, let prefix): return "\(name(node)) withdraws \(prefix)"
        }
    }
}
