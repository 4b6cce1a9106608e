import EngineCore

// Who can reach whom, by links that are strong enough.
extension Scenario {
    /// For each node those that receive it.
    var receivers: [[Int]] {
        var receivers = [[Int]](repeating: [], count: nodes.count)
        switch air {
        case .modelled:
            let sensitivity = radio.modulation.sensitivity()
            for link in links where (nodes[link.from].power ?? radio.power) - link.loss >= sensitivity {
                receivers[link.from].append(link.to)
            }
        case .city(let links):
            for link in links where link.snr >= radio.modulation.demodulationFloor {
                receivers[link.from].append(link.to)
            }
        }
        return receivers
    }

    /// For each node the number of the group that it can talk with, both ways and over others.
    /// - Parameter isThere: whether a node counts.
    static func components(of receivers: [[Int]], where isThere: (Int) -> Bool = { _ in true }) -> [Int?] {
        let hears = receivers.map { Set($0) }
        var groups = [Int?](repeating: nil, count: receivers.count)
        var count = 0
        for start in receivers.indices where groups[start] == nil && isThere(start) {
            var open = [start]
            groups[start] = count
            while let node = open.popLast() {
                for other in receivers[node] where groups[other] == nil && isThere(other) && hears[other].contains(node)
                {
                    groups[other] = count
                    open.append(other)
                }
            }
            count += 1
        }
        return groups
    }

    /// The first node that the first one cannot reach; nil when all are connected.
    var firstStranded: Int? {
        let groups = Self.components(of: receivers)
        return groups.firstIndex { $0 != groups.first ?? nil }
    }
}
