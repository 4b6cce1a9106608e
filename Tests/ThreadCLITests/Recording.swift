import TestSupport

/// What was typed at the nodes of a recorded OpenThread network, and what they answered, in the order of time.
struct Recording {
    enum Event: Equatable {
        /// Something typed at a node, with the answer, the line that ends it included.
        case command(node: String, line: String, answer: [String])
        /// What a node printed apart from any answer.
        case asynchronous(node: String, line: String)
        /// A node came into a role.
        case role(node: String, name: String)
    }

    struct TimedEvent {
        /// Seconds since the recording began.
        let time: Double
        var event: Event
    }

    let name: String
    /// Each node's number in the recording, which its EUI-64 and extended address end with.
    private(set) var nodes: [String: Int] = [:]
    /// The nodes whose program knows only the commands of a minimal device.
    private(set) var minimalNodes: Set<String> = []
    private(set) var events: [TimedEvent] = []
    /// The last 64 bits of each node's mesh-local address, as far as the recording tells them.
    private(set) var interfaceIdentifiers: [String: String] = [:]
    /// The router id of each node, likewise.
    private(set) var routerIDs: [String: Int] = [:]
    /// The partition that each node was in when it was asked first.
    private(set) var partitionIDs: [String: UInt32] = [:]
    /// How many lines were typed or printed.
    private(set) var lineCount = 0

    static let names = [
        "attach", "attach_default_jitter", "joiner", "keyswitch", "line_seq", "line_sim", "line_traffic", "merge",
        "prefix", "scan", "sleepy", "steady",
    ]

    init(_ name: String) throws {
        self.name = name
        var open: [String: Int] = [:]
        for line in try Fixtures.text("thread/\(name).cli.txt").split(separator: "\n") {
            guard let match = line.wholeMatch(of: #/\[ *([0-9.]+)\] (.*)/#), let time = Double(match.1) else {
                continue
            }
            let text = match.2
            if let node = text.wholeMatch(of: #/# node ([A-Z]) = id ([0-9]+) \((ftd|mtd)\).*/#) {
                nodes[String(node.1)] = Int(node.2)
                if node.3 == "mtd" { minimalNodes.insert(String(node.1)) }
            } else if let role = text.wholeMatch(of: #/# ([A-Z]) state .* -> ([a-z]+) .*/#) {
                events.append(TimedEvent(time: time, event: .role(node: String(role.1), name: String(role.2))))
            } else if let address = text.wholeMatch(of: #/# ([A-Z]) mleid ([0-9a-f:]+) rloc .*:([0-9a-f]+)/#) {
                interfaceIdentifiers[String(address.1)] = Self.identifier(of: String(address.2))
                if let rloc16 = UInt16(address.3, radix: 16) { routerIDs[String(address.1)] = Int(rloc16 >> 10) }
            } else if let command = text.wholeMatch(of: #/([A-Z]) > (.*)/#) {
                open[String(command.1)] = events.count
                lineCount += 1
                events.append(
                    TimedEvent(
                        time: time,
                        event: .command(node: String(command.1), line: String(command.2), answer: [])))
            } else if let printed = text.wholeMatch(of: #/([A-Z]):(?: (.*))?/#) {
                lineCount += 1
                note(String(printed.2 ?? ""), at: String(printed.1), time: time, &open)
            }
        }
        noteValues()
    }

    private mutating func note(_ line: String, at node: String, time: Double, _ open: inout [String: Int]) {
        guard let index = open[node], case .command(_, let typed, let answer) = events[index].event else {
            return events.append(TimedEvent(time: time, event: .asynchronous(node: node, line: line)))
        }
        events[index].event = .command(node: node, line: typed, answer: answer + [line])
        if line == "Done" || line.hasPrefix("Error ") { open[node] = nil }
    }

    /// The last 64 bits of a mesh-local address; nil for a locator and for any other address.
    private static func identifier(of address: String) -> String? {
        guard let match = address.wholeMatch(of: #/fdde:ad00:beef:0:([0-9a-f:]+)/#), !match.1.hasPrefix("0:ff:fe00")
        else { return nil }
        return match.1.split(separator: ":").map { String(repeating: "0", count: 4 - $0.count) + $0 }.joined()
    }

    /// Looks for addresses and router ids, so that the nodes that replay it get the same.
    private mutating func noteValues() {
        for case .command(let node, let line, let answer) in events.map(\.event) {
            for text in answer where line.hasPrefix("ipaddr") {
                let address = String(text.prefix { $0 != " " })
                if let identifier = Self.identifier(of: address) { interfaceIdentifiers[node] = identifier }
            }
            if line == "leaderdata", partitionIDs[node] == nil, let first = answer.first,
                first.hasPrefix("Partition ID: ")
            {
                partitionIDs[node] = UInt32(first.dropFirst("Partition ID: ".count))
            }
            for row in answer where line == "router table" {
                let cells = row.split(separator: "|").map { String($0.filter { $0 != " " }) }
                guard cells.count == 9, let id = Int(cells[0]), let number = Int(cells[7].suffix(2), radix: 16),
                    let node = nodes.first(where: { $0.value == number })?.key
                else { continue }
                routerIDs[node] = id
            }
        }
    }
}
