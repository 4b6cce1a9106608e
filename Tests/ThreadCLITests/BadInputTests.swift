import EngineCore
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeEngine
@testable import ThreadCLI

@Suite("Lines that are wrong", .serialized)
struct BadInputTests {
    /// Nothing that any command would take for a value of its own.
    private static let garbage = [
        "!", "zz!", "\u{1}\u{7f}", "--", "99999999999999999999999", "0x", "%n%s%x", "☃",
        String(repeating: "q", count: 300),
    ]
    /// Values that take any text of a fitting length.
    private static let freeText: Set<String> = ["NAME", "TEXT", "PASSPHRASE", "VERSION", "URL"]

    /// A usage line with its values replaced.
    private static func line(of usage: String, _ value: (String) -> String) -> String {
        usage.split(separator: " ").map { token in
            let bare = token.filter { !"[].".contains($0) }
            let first = bare.split(separator: "|").first.map(String.init) ?? ""
            return first.contains(where: \.isUppercase) && first.allSatisfy { $0.isUppercase || $0.isNumber }
                ? value(first) : first
        }.joined(separator: " ")
    }

    private static func hasValue(_ usage: String) -> Bool {
        usage.split(separator: " ").dropFirst().contains { $0.contains(where: \.isUppercase) }
    }

    /// All that a command could change.
    private func state(_ terminals: Terminals, _ name: String) -> [String] {
        let node = terminals.network[name].engine
        let getters = [
            "state", "ifconfig", "mode", "extaddr", "dataset", "dataset active -x", "dataset pending -x", "ipaddr -v",
            "ipmaddr", "macfilter", "prefix", "route", "service", "keysequence counter", "keysequence guardtime",
            "unsecureport get", "promiscuous", "radiofilter", "deviceprops", "netstat", "udp linksecurity",
            "mac retries direct", "mac retries indirect", "partitionid", "rloc16", "networkkey", "pskc", "networkname",
        ]
        return getters.map { "\($0): \(terminals.type($0, at: name, session: 9).text)" } + [
            "\(node.threadConfiguration)", "\(node.parameters.bytes)", "\(node.thread.meshLocalInterfaceIdentifier)",
        ]
    }

    private func expectRefusal(_ line: String, at name: String, _ terminals: Terminals, _ before: [String]) {
        let answer = terminals.type(line, at: name, session: 9, within: .seconds(60))
        guard case .failed = answer.result else {
            Issue.record("\(name) > \(line.debugDescription): \(answer.text)")
            return
        }
        let after = state(terminals, name)
        #expect(after == before, "\(name) > \(line.debugDescription) changed something")
    }

    /// A node that is stopped, and one that leads.
    private func nodes() throws -> Terminals {
        let terminals = Terminals(nodes: ["A", "N"], links: [])
        for name in ["A", "N"] {
            for line in [
                "dataset set active \(hexadecimal(Terminals.dataset.bytes))", "dataset init active",
                "childtimeout 1000",
            ] { #expect(terminals.type(line, at: name).result == .done, "\(line)") }
        }
        for line in ["ifconfig up", "thread start"] { _ = terminals.type(line, at: "A") }
        _ = try #require(terminals.network.run(until: { $0["A"].engine.thread.role == .leader }, within: .seconds(60)))
        return terminals
    }

    @Test("Garbage in place of any value is refused, and nothing changes")
    func garbageValues() throws {
        let terminals = try nodes()
        for name in ["A", "N"] {
            let before = state(terminals, name)
            var refused = 0
            for usage in CommandTable.all.flatMap(\.usage) where Self.hasValue(usage) {
                // Any digits have a check digit.
                for garbage in Self.garbage where !usage.contains("DIGITS") || !garbage.allSatisfy(\.isNumber) {
                    var isFree = false
                    let line = Self.line(of: usage) { value in
                        guard Self.freeText.contains(value) else { return garbage }
                        isFree = true
                        return String(repeating: "q", count: 300)
                    }
                    // A text is sent as it is, and a key is made of any passphrase.
                    guard !(isFree && usage.hasPrefix("udp send [ADDRESS PORT] [-t]")) || name == "N" else { continue }
                    expectRefusal(line, at: name, terminals, before)
                    refused += 1
                }
            }
            #expect(refused > 500)
        }
    }

    @Test("Too many words are refused, and nothing changes")
    func surplus() throws {
        let terminals = try nodes()
        for name in ["A", "N"] {
            let before = state(terminals, name)
            var refused = 0
            for command in CommandTable.all where command.surplus != .ignored {
                for usage in command.usage where !usage.contains("...") {
                    expectRefusal(
                        Self.line(of: usage) { _ in "1" } + " 1 1 1 1 1 1 1 1", at: name, terminals, before)
                    refused += 1
                }
            }
            #expect(refused > 150)
        }
    }

    @Test("A value that is missing is an error, and nothing changes")
    func missingValues() throws {
        let terminals = try nodes()
        for name in ["A", "N"] {
            let before = state(terminals, name)
            for command in CommandTable.all {
                for usage in command.usage {
                    let tokens = usage.split(separator: " ")
                    // What stands in brackets may be missing.
                    guard let value = tokens.firstIndex(where: { $0.first?.isUppercase == true }),
                        !tokens[..<value].contains(where: { $0.hasPrefix("[") })
                    else { continue }
                    let line = tokens[..<value].map { $0.split(separator: "|").first.map(String.init) ?? "" }
                        .filter { !$0.hasPrefix("[") && !$0.hasSuffix("]") }.joined(separator: " ")
                    // Without its value such a line may be a whole one of another form.
                    let isOther = command.usage.contains { other in
                        other != usage && Self.line(of: String(other.prefix { $0 != "[" }), { $0 }).trimmed == line
                    }
                    guard !isOther else { continue }
                    expectRefusal(line, at: name, terminals, before)
                }
            }
        }
    }

    @Test(
        "Long and binary lines, unknown commands and open escapes have their errors",
        arguments: [
            (String(repeating: "state ", count: 1700), CommandError.parse),
            (String(repeating: "x", count: 10_240), .parse), (String(repeating: "x", count: 4096), .invalidCommand),
            ("state " + String(repeating: "x ", count: 31), .invalidArguments),
            (String(decoding: (0...255).map { UInt8($0) }, as: UTF8.self), .invalidCommand),
            ("\u{0}", .invalidCommand), ("state\u{0}", .invalidCommand), ("networkname \\", .invalidState),
            ("bogus \\", .invalidCommand), ("\\", .invalidCommand), ("\\\\\\ \\", .invalidCommand),
            ("STATE", .invalidCommand), ("stat", .invalidCommand), ("state;rloc16", .invalidCommand),
            ("\"state\"", .invalidCommand), ("ping\\ fd00::1", .invalidCommand), ("help\\", .invalidCommand),
        ] as [(String, CommandError)])
    func lines(line: String, error: CommandError) throws {
        let terminals = try nodes()
        let before = state(terminals, "A")
        #expect(terminals.type(line, at: "A", session: 9).result == .failed(error))
        #expect(state(terminals, "A") == before)
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 0xf, radix: 16) }.joined()
    }
}

extension String {
    fileprivate var trimmed: String { split(separator: " ").joined(separator: " ") }
}
