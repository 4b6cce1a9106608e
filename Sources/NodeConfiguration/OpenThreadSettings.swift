/// Where a node is in OpenThread's simulation.
public struct OpenThreadSettings: Equatable, Sendable {
    /// Tells the nodes on one air apart.
    /// - Range: 1 to 33
    public var nodeID: UInt8
    /// The port of the air: OpenThread's `PORT_BASE` and 34 times its `PORT_OFFSET`.
    /// - Range: 1 to 65502
    /// - Default: 9000
    public var portBase: UInt16
    /// The address of the interface that carries the air.
    /// - Range: 127.0.0.0/8
    /// - Default: 127.0.0.1
    public var interface: String

    static let keys = ["node-id", "port-base", "interface"]

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        let nodeID = mapping.required("node-id", expected: "the node's number in the simulation, 1 to 33")?
            .integer(in: 1...33)
        // A port is needed for every node that there may be.
        let portBase = mapping.optional("port-base")?.integer(in: 1...65502)
        let interface = mapping.optional("interface")?
            .parsed(expected: "an address of the loopback interface, such as 127.0.0.1") { text in
                Self.isLoopback(text) ? text : nil
            }
        guard let nodeID else { return nil }
        self.nodeID = UInt8(nodeID)
        self.portBase = UInt16(portBase ?? 9000)
        self.interface = interface ?? "127.0.0.1"
    }

    /// Whether a text is an address in 127.0.0.0/8: what is simulated must not leave this computer.
    /// - Source: RFC 1122 §3.2.1.3 (g)
    private static func isLoopback(_ text: String) -> Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            (1...3).contains(part.count) && part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? UInt8(part) : nil
        }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}
