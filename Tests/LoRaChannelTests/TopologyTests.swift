import EngineCore
import LoRaChannel
import Testing

@Suite("Topology")
struct TopologyTests {
    static func link(_ from: String, _ to: String, isOneWay: Bool = false) -> Topology.Link {
        Topology.Link(from: from, to: to, loss: Decibels(90), isOneWay: isOneWay)
    }

    @Test("A link counts both ways unless it is one-way")
    func directions() throws {
        let topology = try Topology(
            nodes: ["A", "B", "C"], links: [Self.link("A", "B"), Self.link("C", "B", isOneWay: true)])
        #expect(topology.number(of: "C") == 2)
        #expect(topology.number(of: "D") == nil)
        #expect(
            topology.channelLinks == [
                ChannelLink(from: 0, to: 1, loss: Decibels(90)), ChannelLink(from: 1, to: 0, loss: Decibels(90)),
                ChannelLink(from: 2, to: 1, loss: Decibels(90)),
            ])
    }

    @Test("Two one-way links make a link with different losses")
    func asymmetric() throws {
        let topology = try Topology(
            nodes: ["A", "B"], links: [Self.link("A", "B", isOneWay: true), Self.link("B", "A", isOneWay: true)])
        #expect(topology.channelLinks.count == 2)
    }

    @Test("What makes no sense is refused with the number of the link")
    func refusals() {
        #expect(throws: TopologyError.duplicateNode("A")) { try Topology(nodes: ["A", "A"], links: []) }
        #expect(throws: TopologyError.unknownNode("X", linkIndex: 1)) {
            try Topology(nodes: ["A", "B"], links: [Self.link("A", "B"), Self.link("A", "X")])
        }
        #expect(throws: TopologyError.unknownNode("X", linkIndex: 0)) {
            try Topology(nodes: ["A"], links: [Self.link("X", "A")])
        }
        #expect(throws: TopologyError.linkToItself("A", linkIndex: 0)) {
            try Topology(nodes: ["A"], links: [Self.link("A", "A")])
        }
        for second in [Self.link("A", "B"), Self.link("B", "A"), Self.link("B", "A", isOneWay: true)] {
            #expect(throws: TopologyError.duplicateLink(second.from, second.to, linkIndex: 1)) {
                try Topology(nodes: ["A", "B"], links: [Self.link("A", "B"), second])
            }
        }
    }

    @Test("A refusal is a sentence")
    func sentences() {
        #expect(
            TopologyError.unknownNode("X", linkIndex: 1).description
                == "link 1 names node X, which is not among the nodes")
        #expect(TopologyError.duplicateNode("A").description == "node A is there twice")
        #expect(TopologyError.linkToItself("A", linkIndex: 0).description == "link 0 leads from A to itself")
        #expect(TopologyError.duplicateLink("A", "B", linkIndex: 3).description.hasSuffix("is there already"))
    }
}
