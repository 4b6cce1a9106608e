import EngineCore
public import LoRaChannel
public import NodeConfiguration

/// Reads a topology from YAML:
///
///     nodes: [A, B, C]
///     links:
///       - { from: A, to: B, loss: 90 }                  # path loss in dB, both ways
///       - { from: B, to: C, loss: 95, one-way: true }   # only C hears B
public enum TopologyFile {
    /// The most nodes of one ether.
    public static let maximumNodes = 1000
    /// - Units: dB
    public static let losses: ClosedRange<Double> = 0...300

    /// - Throws: All that is wrong with the file.
    public static func read(_ path: String) throws(ConfigurationErrors) -> Topology {
        try read(try YAMLReader(file: path))
    }

    /// - Parameter file: The name that errors carry.
    public static func read(text: String, file: String) throws(ConfigurationErrors) -> Topology {
        try read(try YAMLReader(text: text, file: file))
    }

    private static func read(_ reader: YAMLReader) throws(ConfigurationErrors) -> Topology {
        let names = reader.root.required("nodes", expected: "a list of 1 to \(maximumNodes) names")?.sequence()
        let nodes = nodeNames(names ?? [])
        if let names, names.isEmpty || names.count > maximumNodes {
            let _: Never? = reader.root.optional("nodes")?.refuse(
                found: "\(names.count) nodes", expected: "1 to \(maximumNodes) names")
        }
        let entries = reader.root.optional("links")?.sequence() ?? []
        let links = links(entries, among: nodes)
        return try reader.finish(topology(nodes, links, entries))
    }

    private static func nodeNames(_ values: [YAMLValue]) -> [String] {
        var names: [String] = []
        for value in values {
            guard let name = value.string(bytes: 1...64) else { continue }
            if names.contains(name) {
                let _: Never? = value.refuse(expected: "a name that no other node has")
            } else {
                names.append(name)
            }
        }
        return names
    }

    /// The links that could be read, each with its place in the file.
    private static func links(_ entries: [YAMLValue], among nodes: [String]) -> [Topology.Link] {
        let expected = "one of the nodes: \(nodes.prefix(20).joined(separator: ", "))"
        func node(_ value: YAMLValue?) -> String? {
            value?.parsed(expected: expected) { nodes.contains($0) ? $0 : nil }
        }
        var links: [Topology.Link] = []
        for entry in entries {
            guard let mapping = entry.mapping() else { continue }
            let from = node(mapping.required("from", expected: expected))
            let to = node(mapping.required("to", expected: expected))
            let loss = mapping.required("loss", expected: "the path loss in dB")?.number(in: losses, unit: "dB")
            let isOneWay = mapping.optional("one-way")?.boolean() ?? false
            guard let from, let to, let loss else { continue }
            links.append(Topology.Link(from: from, to: to, loss: Decibels(loss), isOneWay: isOneWay))
        }
        return links
    }

    /// The topology, or nil with an error recorded at the link that does not fit.
    private static func topology(_ nodes: [String], _ links: [Topology.Link], _ entries: [YAMLValue]) -> Topology? {
        do {
            return try Topology(nodes: nodes, links: links)
        } catch {
            // A link's place in the list is its place in the file as long as every link could be read.
            guard links.count == entries.count else { return nil }
            switch error {
            case .duplicateNode, .unknownNode: return nil
            case .linkToItself(let name, let index):
                return entries[index].refuse(found: "a link from \(name) to itself", expected: "two nodes")
            case .duplicateLink(let from, let to, let index):
                return entries[index].refuse(
                    found: "a second link from \(from) to \(to)", expected: "one link for each direction")
            }
        }
    }
}
