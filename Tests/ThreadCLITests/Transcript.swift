import EngineCore
import TestSupport
import Testing

@testable import NodeEngine
@testable import ThreadCLI

/// What was typed at OpenThread's command line and what it answered, from the recording cliref.
struct Transcript {
    /// One command and its answer, the line that ends it included.
    struct Entry {
        let command: String
        let answer: [String]
        /// What C printed on its own thereupon.
        var printedByC: [String] = []
    }

    /// The commands of the section with a number, in the order in which they were typed.
    static func section(_ number: Int) throws -> [Entry] {
        var entries: [Entry] = []
        var command: String?
        var answer: [String] = []
        var isInside = false
        let mark = "   [on C, asynchronously] "
        for line in try Fixtures.text("thread/cliref.cli.txt").split(
            separator: "\n", omittingEmptySubsequences: false
        ) {
            if line.hasPrefix("=== ") {
                isInside = line.hasPrefix("=== \(number). ")
            } else if isInside, line.hasPrefix("> ") {
                command = String(line.dropFirst(2))
                answer = []
            } else if isInside, line.hasPrefix(mark) {
                entries[entries.count - 1].printedByC.append(String(line.dropFirst(mark.count)))
            } else if let typed = command {
                answer.append(String(line))
                if line == "Done" || line.hasPrefix("Error ") {
                    entries.append(Entry(command: typed, answer: answer))
                    command = nil
                }
            }
        }
        return entries
    }
}

/// The recorded network of cliref, in virtual time: the same places, addresses and settings.
///
/// A leads, B and C are routers in a line behind it, S is a sleepy child of A; N has no dataset.
struct RecordedNetwork {
    let terminals: Terminals

    static var configuration: CommandInterpreter.Configuration {
        var configuration = Terminals.configuration
        configuration.platform = "SIMULATION"
        configuration.instanceID = 1_594_837_304
        configuration.logLevel = 5
        configuration.transmitPower = DecibelMilliwatts(0)
        return configuration
    }

    /// - Parameter isFormed: whether the nodes are to have attached.
    init(isFormed: Bool = true) throws {
        terminals = Terminals(configuration: Self.configuration)
        for name in ["A", "B", "C", "S", "N"] {
            terminals.network.with(terminals.network[name]) { node, _ in
                node.threadConfiguration.identity.vendorName = ""
                node.threadConfiguration.identity.eui64 = Self.configuration.eui64
                node.threadConfiguration.identity.stackVersion = Self.configuration.version
                node.threadConfiguration.childLimit = 128
            }
        }
        guard isFormed else { return }
        for (name, identifier, id) in [
            ("A", "1d570a723aaf39a2", 52), ("B", "354d2a4027ad9e2a", 51), ("C", "f44188380cbff839", 59),
        ] {
            for line in ["mliid \(identifier)", "preferrouterid \(id)", "routerselectionjitter 1"] {
                #expect(terminals.type(line, at: name).result == .done, "\(line)")
            }
        }
        for line in ["extaddr 166e0a0000000006", "mliid 24f5b2cd05593ca4", "mode -", "pollperiod 500"] {
            #expect(terminals.type(line, at: "S").result == .done, "\(line)")
        }
        try #require(terminals.form(sleepy: true))
    }

    /// With what was published in the recorded network.
    static func published() throws -> RecordedNetwork {
        let network = try RecordedNetwork()
        for (command, name) in [
            ("prefix add 2001:cafe:cafe:cafe::/64 paros med", "A"), ("service add 44970 5d c0de", "A"),
            ("netdata register", "A"), ("route add 2001:db8:1::/48 s", "B"), ("netdata register", "B"),
            ("macfilter addr add 166e0a0000000002", "A"), ("macfilter addr add 166e0a0000000006", "A"),
            ("macfilter addr allowlist", "A"), ("dataset init active", "A"),
        ] { #expect(network.terminals.type(command, at: name).result == .done, "\(command)") }
        network.terminals.run(for: .seconds(10))
        return network
    }
}
