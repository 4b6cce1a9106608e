import EngineCore
import Foundation
import TestSupport
import Testing

@testable import ThreadCLI

@Suite("OpenThread's commands, and those of Pymesh")
struct CommandListTests {
    /// What `help` of OpenThread's program for full devices lists.
    private func recorded() throws -> [String] {
        try #require(try Transcript.section(3).first { $0.command == "help" }).answer.dropLast()
    }

    @Test("Every one is there, or in the list of those that are not, with a reason")
    func everyCommand() throws {
        let names = try recorded()
        #expect(names.count == 103)
        for name in names {
            let isThere = CommandTable.command(name) != nil
            let isAbsent = AbsentCommand.all.contains { $0.name == name }
            #expect(isThere != isAbsent, "\(name)")
        }
        #expect(AbsentCommand.all.allSatisfy { !$0.reason.isEmpty && names.contains($0.name) })
        #expect(Set(AbsentCommand.all.map(\.name)).count == AbsentCommand.all.count)
        let present = names.count { CommandTable.command($0) != nil }
        #expect(present == 84)
        #expect(present + AbsentCommand.all.count == names.count)
        // Beyond them there are the names of 2018, and what the recorded program was built without.
        let others = Set(CommandTable.all.map(\.name)).subtracting(names)
        #expect(others == Set(formerCommands.map(\.name)).union(["locate"]))
    }

    @Test("Those that are not there answer as where OpenThread is built without them")
    func absentCommands() throws {
        let terminals = Terminals()
        for command in AbsentCommand.all {
            for line in [command.name, command.name + " enable", command.name + " x y z"] {
                #expect(
                    terminals.type(line, at: "N") == .init(lines: [], result: .failed(command.error)), "\(line)")
            }
        }
        let parts = [
            "LEVEL": "4", "COUNTRY": "US", "POWER": "10",
        ]
        for part in AbsentCommand.parts {
            var line = part.name
            for (word, value) in parts { line = line.replacing(word, with: value) }
            if line.hasPrefix("ping") { line += " ff03::1" }
            #expect(terminals.type(line, at: "N").result == .failed(part.error), "\(line)")
        }
        // The recording has answers of both kinds.
        for name in ["rcp", "history", "srp", "br", "trel", "dua"] {
            let entry = try #require(try Transcript.section(3).first { $0.command == name })
            #expect(terminals.type(name, at: "N").text == entry.answer, "\(name)")
        }
    }

    @Test("What Pymesh programs ask for with mesh.cli() is answered")
    func pymesh() {
        var configuration = Terminals.configuration
        configuration.transmitPower = DecibelMilliwatts(14)
        configuration.startsByItself = true
        let terminals = Terminals(configuration: configuration)
        // `help` of Pymesh's own engine.
        let names = """
            autostart bufferinfo channel child childmax childtimeout contextreusedelay counter dataset delaytimermin \
            discover eidcache eui64 extaddr extpanid factoryreset ifconfig ipaddr ipmaddr joinerport keysequence \
            leaderdata leaderpartitionid leaderweight masterkey mode neighbor netdataregister networkdiagnostic \
            networkidtimeout networkname panid parent parentpriority ping pollperiod promiscuous prefix pskc \
            releaserouterid reset rloc16 route router routerdowngradethreshold routerrole routerselectionjitter \
            routerupgradethreshold scan singleton state thread txpower udp version
            """.split(separator: " ").map(String.init)
        #expect(names.count == 55)
        for name in names { #expect(CommandTable.command(name) != nil, "\(name)") }
        // Its defaults where they do not depend on the speed of the link.
        for (line, answer) in [
            ("autostart", ["true", "Done"]), ("counter", ["airtime", "drops", "ip", "mac", "mle", "Done"]),
            ("leaderpartitionid", ["0", "Done"]), ("leaderpartitionid 7", ["Done"]),
            ("partitionid preferred", ["7", "Done"]), ("leaderweight", ["64", "Done"]),
            ("keysequence counter", ["0", "Done"]), ("keysequence guardtime", ["624", "Done"]),
            ("parentpriority", ["-2", "Done"]), ("delaytimermin", ["30", "Done"]), ("singleton", ["true", "Done"]),
            ("thread version", ["5", "Done"]), ("joinerport", ["1000", "Done"]), ("promiscuous", ["Disabled", "Done"]),
            ("routerrole", ["Enabled", "Done"]), ("routerrole disable", ["Done"]),
            ("routereligible", ["Disabled", "Done"]), ("routerrole enable", ["Done"]), ("prefix", ["Done"]),
            ("route", ["Done"]), ("ipmaddr", ["Done"]), ("netdataregister", ["Done"]), ("netdatashow", ["", "Done"]),
            ("mode rsdn", ["Done"]), ("mode", ["rdn", "Done"]), ("txpower", ["14 dBm", "Done"]),
            ("dataset masterkey 00112233445566778899aabbccddeeff", ["Done"]),
            ("dataset networkkey", ["00112233445566778899aabbccddeeff", "Done"]),
            ("masterkey 0134C0DE1AB51234C0DE1AB5CA1A110F", ["Done"]),
            ("masterkey", ["0134c0de1ab51234c0de1ab5ca1a110f", "Done"]),
            ("networkkey", ["0134c0de1ab51234c0de1ab5ca1a110f", "Done"]),
            ("router list", ["", "Done"]), ("child list", ["", "Done"]), ("eidcache", ["Done"]),
        ] as [(String, [String])] { #expect(terminals.type(line, at: "N").text == answer, "\(line)") }
        #expect(terminals.type("counter mac", at: "N").lines.first == "TxTotal: 0")
        #expect(terminals.type("router table", at: "N").lines.count == 3)
        #expect(terminals.type("help masterkey", at: "N").lines == ["masterkey", "masterkey KEY"])
    }

    // MARK: docs/command-line.md

    private func page() throws -> [String] {
        let root = Fixtures.directory.resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/command-line.md"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    @Test("The page about the command line lists the families as they are")
    func families() throws {
        let lines = try page()
        for family in CommandTable.families {
            let names = family.commands.map(\.name).sorted().map { "`\($0)`" }.joined(separator: ", ")
            #expect(lines.contains("| \(family.title) | \(names) |"), "| \(family.title) | \(names) |")
        }
    }

    @Test("It lists what is not there, with the reasons and the answers")
    func absences() throws {
        let lines = try page()
        for command in AbsentCommand.all + AbsentCommand.parts {
            let row = "| `\(command.name)` | \(command.reason) | `\(command.error)` |"
            #expect(lines.contains(row), "\(row)")
        }
    }
}
