public import EngineCore

/// Which nodes there are and how well they hear each other.
public struct Topology: Equatable, Sendable {
    /// How much weaker a node's signal is at another node.
    public struct Link: Equatable, Sendable {
        public var from: String
        public var to: String
        /// The path loss.
        /// - Units: dB
        public var loss: Decibels
        /// Whether only `to` hears `from`, and not the other way round.
        public var isOneWay: Bool

        public init(from: String, to: String, loss: Decibels, isOneWay: Bool = false) {
            self.from = from
            self.to = to
            self.loss = loss
            self.isOneWay = isOneWay
        }
    }

    /// The names of the nodes; a node's place here is its number in the channel.
    public let nodes: [String]
    /// Two nodes without a link do not hear each other at all.
    public let links: [Link]

    private let numbers: [String: Int]

    /// - Throws: The first node that is named twice, and the first link that makes no sense.
    public init(nodes: [String], links: [Link]) throws(TopologyError) {
        var numbers: [String: Int] = [:]
        for (number, name) in nodes.enumerated() {
            guard numbers.updateValue(number, forKey: name) == nil else { throw .duplicateNode(name) }
        }
        var directions: Set<[Int]> = []
        for (index, link) in links.enumerated() {
            guard let from = numbers[link.from] else { throw .unknownNode(link.from, linkIndex: index) }
            guard let to = numbers[link.to] else { throw .unknownNode(link.to, linkIndex: index) }
            guard from != to else { throw .linkToItself(link.from, linkIndex: index) }
            let isNew = directions.insert([from, to]).inserted
            let isReverseNew = link.isOneWay || directions.insert([to, from]).inserted
            guard isNew, isReverseNew else { throw .duplicateLink(link.from, link.to, linkIndex: index) }
        }
        self.nodes = nodes
        self.links = links
        self.numbers = numbers
    }

    /// A node's number; nil for a name that is not in the topology.
    public func number(of name: String) -> Int? { numbers[name] }

    /// The links, one for each direction, with the nodes' numbers.
    public var channelLinks: [ChannelLink] {
        var result: [ChannelLink] = []
        for link in links {
            guard let from = numbers[link.from], let to = numbers[link.to] else { continue }
            result.append(ChannelLink(from: from, to: to, loss: link.loss))
            if !link.isOneWay { result.append(ChannelLink(from: to, to: from, loss: link.loss)) }
        }
        return result
    }
}

/// Why nodes and links are no topology.
public enum TopologyError: Error, Equatable, Sendable {
    case duplicateNode(String)
    case unknownNode(String, linkIndex: Int)
    case linkToItself(String, linkIndex: Int)
    /// The link, or its other direction, is there already.
    case duplicateLink(String, String, linkIndex: Int)
}

extension TopologyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .duplicateNode(let name): "node \(name) is there twice"
        case .unknownNode(let name, let index): "link \(index) names node \(name), which is not among the nodes"
        case .linkToItself(let name, let index): "link \(index) leads from \(name) to itself"
        case .duplicateLink(let from, let to, let index): "link \(index) from \(from) to \(to) is there already"
        }
    }
}
