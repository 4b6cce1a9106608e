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

    /// How many answers each recording has, and lines that came on their own.
    private static let answers = [
        "attach": 98, "attach_default_jitter": 85, "joiner": 18, "keyswitch": 88, "line_seq": 123, "line_sim": 103,
        "line_traffic": 184, "merge": 99, "prefix": 184, "scan": 35, "sleepy": 58, "steady": 95,
    ]

    @Test("The recordings are read to their ends")
    func recordings() throws {
        var lines = 0
        for name in Recording.names {
            let recording = try Recording(name)
            lines += recording.lineCount
            #expect(!recording.nodes.isEmpty)
            for case .command(_, let line, let answer) in recording.events.map(\.event) {
                #expect(answer.last == "Done" || answer.last?.hasPrefix("Error ") == true, "\(name): \(line)")
            }
        }
        #expect(lines == 4108)
    }

    @Test("Every answer has the recorded one's shape", arguments: Recording.names)
    func replay(name: String) throws {
        let recording = try Recording(name)
        let replay = Replay(recording, interfaceIdentifiers: Self.owners[name] ?? [:])
        replay.run()
        #expect(replay.comparedAnswers == Self.answers[name])
        // Only what Heddle does not have is left out.
        #expect(replay.skipped.allSatisfy { $0.hasPrefix("commissioner") || $0 == "scan energy 10" })
    }
}

/// Where an answer can only be alike, for a reason that lies in the simulated network.
private enum Likeness {
    /// The channel does not tell channels apart, so that a scan of all of them finds everybody on each.
    case rowsOfOneShape
    /// Which places a node remembers depends on what it overheard: each line must be of a recorded kind.
    case linesOfRecordedKinds
    /// Who answers first is for chance.
    case blocksInAnyOrder

    init?(_ command: String) {
        switch command {
        case "scan", "discover": self = .rowsOfOneShape
        case "eidcache": self = .linesOfRecordedKinds
        case _ where command.hasPrefix("meshdiag topology"): self = .blocksInAnyOrder
        default: return nil
        }
    }

    private static let cacheLines = [
        "fdde:ad00:beef:0:1:2:3:4 ec00 cache canEvict=1 transTime=0 eid=fdde:ad00:beef:0:1:2:3:4",
        "fdde:ad00:beef:0:1:2:3:4 cc00 snoop canEvict=1 timeout=0",
        "fdde:ad00:beef:0:1:2:3:4 cc00 snoop canEvict=0 timeout=1",
        "fdde:ad00:beef:0:1:2:3:4 fffe retry canEvict=1 timeout=75 retryDelay=30 rampDown=1",
        "fdde:ad00:beef:0:1:2:3:4 d000 cache canEvict=1",
    ]

    func difference(_ answer: [String], _ recorded: [String]) -> String? {
        switch self {
        case .rowsOfOneShape:
            guard answer.count > 3, recorded.count > 3 else { return "nobody was found" }
            return AnswerMatcher.difference(
                Array(answer.prefix(2)) + answer.dropFirst(2).dropLast(),
                Array(recorded.prefix(2)) + Array(repeating: recorded[2], count: answer.count - 3))
        case .linesOfRecordedKinds:
            let strange = answer.dropLast().first { line in
                !Self.cacheLines.contains { AnswerMatcher.difference(inLine: line, $0) == nil }
            }
            return strange ?? (answer.last == recorded.last ? nil : answer.last)
        case .blocksInAnyOrder:
            return AnswerMatcher.difference(Self.sorted(answer), Self.sorted(recorded))
        }
    }

    /// What is told of each router, by its id; what is told of this node stays in front.
    private static func sorted(_ lines: [String]) -> [String] {
        var blocks: [[String]] = []
        for line in lines.dropLast() {
            if line.hasPrefix("id:") { blocks.append([line]) } else { blocks[blocks.count - 1].append(line) }
        }
        return (blocks.prefix(1) + blocks.dropFirst().sorted { $0[0] < $1[0] }).flatMap { $0 } + lines.suffix(1)
    }
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
    /// Commands that change nothing and tell of what spreads in a network.
    private static let settling: Set = ["netdata show", "ipaddr", "ipaddr -v", "router table", "leaderdata"]

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
            if let id = recording.partitionIDs[name] { type("partitionid preferred \(id)", at: name) }
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
            case .command(let node, let line, let answer):
                compare(line, answer, at: node)
                // All that follows is about the joiner, which needs it.
                if line.hasPrefix("commissioner") { return }
            case .asynchronous(let node, let line): expect(line, at: node)
            case .role(let node, let name): wait(for: name, at: node)
            }
        }
    }

    /// Nodes need not be equally quick, but they come into the same roles.
    private func wait(for role: String, at name: String) {
        // Who had the role for a moment has been in it.
        let came = terminals.network.run(
            until: { network in
                let reached = network[name].engine.thread.role.description
                return reached == role || role == "child" && reached == "router"
            }, within: .seconds(120))
        #expect(came != nil, "\(name) does not become \(role), it is \(terminals.network[name].engine.thread.role)")
    }

    private func compare(_ line: String, _ recorded: [String], at name: String) {
        let isMinimal = recording.minimalNodes.contains(name) && recorded == ["Error 35: InvalidCommand"]
        let isAbsent = (AbsentCommand.all + AbsentCommand.parts).contains { line.hasPrefix($0.name) }
        guard !isMinimal, !isAbsent else {
            if !isMinimal { skipped.append(line) }
            return
        }
        var typed = line
        for (theirs, mine) in translations { typed = typed.replacing(theirs, with: mine) }
        func judge(_ answer: [String]) -> String? {
            guard let likeness = Likeness(line) else { return AnswerMatcher.difference(answer, recorded) }
            return likeness.difference(answer, recorded)
        }
        var answer = terminals.type(typed, at: name).text
        // The recording's script had waited until all nodes knew of a change.
        for _ in 0..<10 where judge(answer) != nil && Self.settling.contains(line) {
            terminals.run(for: .seconds(1))
            answer = terminals.type(typed, at: name).text
        }
        comparedAnswers += 1
        let difference = judge(answer)
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
