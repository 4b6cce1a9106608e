import EngineCore
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

/// Types what was typed at the nodes of recorded OpenThread networks, at the same times, and compares every answer.
@Suite("Recorded command lines, typed again", .serialized)
struct ReplayTests {
    /// Whose address is asked for where the recording does not tell.
    private static let owners: [String: [String: String]] = [
        "keyswitch": ["C": "39f112a24b47fe75"], "merge": ["D": "9a527084748b84c8"],
    ]

    @Test("Every answer has the recorded one's shape", arguments: Recording.names)
    func replay(name: String) throws {
        let recording = try Recording(name)
        let replay = Replay(recording, interfaceIdentifiers: Self.owners[name] ?? [:])
        replay.run()
        #expect(replay.comparedAnswers > 20)
        print("\(name): \(replay.comparedAnswers) answers compared, \(replay.skipped.count) left out")
        // What is left out is what Heddle does not have, or a minimal device does not.
        for command in replay.skipped {
            let isAbsent = (AbsentCommand.all + AbsentCommand.parts).contains { command.hasPrefix($0.name) }
            #expect(isAbsent || KnownDifference.reason(command, in: name) != nil, "\(command)")
        }
    }
}

/// Answers that differ for a reason that is written down.
enum KnownDifference {
    static func reason(_ command: String, in recording: String) -> String? {
        all.first { command.hasPrefix($0.command) && ($0.recording ?? recording) == recording }?.reason
    }

    private static let all: [(recording: String?, command: String, reason: String)] = []
}

/// A recording that is typed again in virtual time.
private final class Replay {
    private let recording: Recording
    private let terminals: Terminals
    private(set) var comparedAnswers = 0
    private(set) var skipped: [String] = []
    /// Addresses of the recording that are others here.
    private var translations: [String: String] = [:]
    private var asynchronous: [String: [String]] = [:]

    init(_ recording: Recording, interfaceIdentifiers: [String: String]) {
        self.recording = recording
        let names = recording.nodes.keys.sorted()
        let links = names.flatMap { first in names.filter { first < $0 }.map { (first, $0) } }
        terminals = Terminals(nodes: names, links: links)
        for (name, number) in recording.nodes {
            terminals.network.with(terminals.network[name]) { node, _ in
                node.threadConfiguration.identity.eui64 = ExtendedAddress(
                    rawValue: 0x18b4_3000_0000_0000 | UInt64(number))
                node.threadConfiguration.identity.vendorName = ""
                // The programs were built with it.
                node.threadConfiguration.childLimit = 128
            }
            type("dataset init new", at: name)
            type("dataset clear", at: name)
            if let identifier = recording.interfaceIdentifiers[name] ?? interfaceIdentifiers[name] {
                type("mliid \(identifier)", at: name)
            }
            if let id = recording.routerIDs[name] { type("preferrouterid \(id)", at: name) }
            if recording.minimalNodes.contains(name) { type("mode rn", at: name) }
        }
    }

    private func type(_ line: String, at name: String) {
        let answer = terminals.type(line, at: name)
        #expect(answer.result == .done, "\(name) > \(line)")
    }

    func run() {
        var last = 0.0
        for timed in recording.events {
            terminals.run(for: .milliseconds(Int64((timed.time - last) * 1000)))
            last = timed.time
            switch timed.event {
            case .command(let node, let line, let answer): compare(line, answer, at: node)
            case .asynchronous(let node, let line): expect(line, at: node)
            case .role(let node, let name): wait(for: name, at: node)
            }
        }
    }

    /// Nodes need not be equally quick, but they come into the same roles.
    private func wait(for role: String, at name: String) {
        let came = terminals.network.run(
            until: { $0[name].engine.thread.role.description == role }, within: .seconds(120))
        #expect(came != nil, "\(name) does not become \(role), it is \(terminals.network[name].engine.thread.role)")
    }

    private func compare(_ line: String, _ recorded: [String], at name: String) {
        let isMinimal = recording.minimalNodes.contains(name) && recorded == ["Error 35: InvalidCommand"]
        let isAbsent = (AbsentCommand.all + AbsentCommand.parts).contains { line.hasPrefix($0.name) }
        guard !isMinimal, !isAbsent, KnownDifference.reason(line, in: recording.name) == nil else {
            if !isMinimal { skipped.append(line) }
            return
        }
        var typed = line
        for (theirs, mine) in translations { typed = typed.replacing(theirs, with: mine) }
        let answer = terminals.type(typed, at: name).text
        comparedAnswers += 1
        let difference = AnswerMatcher.difference(answer, recorded)
        let context =
            "\(recording.name): \(name) > \(typed)\n\(answer.joined(separator: "\n"))\ninstead of\n"
            + recorded.joined(separator: "\n")
        #expect(difference == nil, "\(difference ?? "") in \(context)")
        guard line.hasPrefix("ipaddr") else { return }
        for (mine, theirs) in zip(answer, recorded) where mine != theirs {
            translations[String(theirs.prefix { $0 != " " })] = String(mine.prefix { $0 != " " })
        }
    }

    private func expect(_ line: String, at name: String) {
        asynchronous[name, default: []] += terminals.takeAsynchronous(name)
        if asynchronous[name]?.isEmpty != false {
            terminals.run(for: .seconds(1))
            asynchronous[name, default: []] += terminals.takeAsynchronous(name)
        }
        guard let mine = asynchronous[name]?.first else {
            Issue.record("\(recording.name): \(name) does not print \(line)")
            return
        }
        asynchronous[name]?.removeFirst()
        comparedAnswers += 1
        let difference = AnswerMatcher.difference(inLine: mine, line)
        #expect(difference == nil, "\(recording.name): \(name): \(difference ?? "")")
    }
}
