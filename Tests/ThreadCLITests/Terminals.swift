import CryptoProviders
import EngineCore
import LinkProfiles
import LoRaChannel
import LoRaPHY
import NodeEngine
import Simulator
import ThreadCLI
import ThreadEngine
import ThreadWire
import WireCore

/// A network in virtual time with a command line on each node.
///
/// A leads, B and C are routers in a line behind it, S is a child of A that cannot route; N has no dataset.
final class Terminals {
    let network: VirtualNetwork
    private var interpreters: [String: CommandInterpreter] = [:]
    private var outputs: [String: [CommandInterpreter.Output]] = [:]

    /// An answer: its lines and how it ended.
    struct Answer: Equatable {
        var lines: [String]
        var result: CommandResult?

        /// Lines and end as a terminal shows them.
        var text: [String] { lines + (result?.line.map { [$0] } ?? []) }
    }

    static let dataset = try! OperationalDataset(
        bytes(
            hexadecimal: "0e080000000000010000000300000f35060004001fffe0020811111111222222220708fddead00beef0000"
                + "051000112233445566778899aabbccddeeff030a686564646c652d726566010212340410445f2b5ca6f2a93a55ce570a70"
                + "efeecb0c0402a0f778")!)

    init(
        nodes: [String] = ["A", "B", "C", "S", "N"], links: [(String, String)] = [("A", "B"), ("B", "C"), ("A", "S")],
        seed: UInt64 = 1, profile: LinkProfile = .ieee802154,
        airtimeRules: SubBand? = nil,
        configuration: CommandInterpreter.Configuration = Terminals.configuration
    ) {
        network = VirtualNetwork(
            topology: try! Topology(
                nodes: nodes, links: links.map { Topology.Link(from: $0.0, to: $0.1, loss: Decibels(60)) }),
            profile: profile, seed: seed, cryptography: MbedTLSCryptography(),
            secretEntropy: { seed in
                var writer = ByteWriter()
                for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                return SodiumEntropy(seed: writer.bytes)
            }, configure: { _, configuration in configuration.mac.airtimeRules = airtimeRules })
        for node in network.nodes {
            let interpreter = CommandInterpreter(configuration: configuration)
            interpreters[node.name] = interpreter
            node.observer = { [weak self] output, now in
                interpreter.handle(output, on: node.engine, now: now)
                self?.collect(node.name)
            }
        }
    }

    static var configuration: CommandInterpreter.Configuration {
        var configuration = CommandInterpreter.Configuration()
        configuration.version = "OPENTHREAD/34bb0e4ab; SIMULATION; Nov 21 2026 04:34:21"
        configuration.eui64 = ExtendedAddress(rawValue: 0x18b4_3000_0000_0001)
        return configuration
    }

    /// Starts A, B, C and S one after another and waits until each is what it is meant to be.
    /// - Parameter sleepy: whether S sleeps, as its mode says already.
    /// - Returns: whether they came so far.
    func form(sleepy: Bool = false) -> Bool {
        func start(_ name: String, until role: Role, routers: Int) -> Bool {
            network.start(Self.dataset, nodes: [network[name]])
            return network.run(
                until: {
                    let thread = $0[name].engine.thread
                    return thread.role == role && thread.routers.count >= routers
                }, within: .seconds(400)) != nil
        }
        if !sleepy { type("mode rn", at: "S") }
        guard start("A", until: .leader, routers: 1), start("B", until: .router, routers: 2),
            start("C", until: .router, routers: 3), start("S", until: .child, routers: 0)
        else { return false }
        let isRouted = network.run(
            until: { network in
                ["A", "B", "C"].allSatisfy { name in
                    let thread = network[name].engine.thread
                    return thread.routers.routers.allSatisfy { thread.path(to: $0.id.rloc16) != nil }
                }
            }, within: .seconds(400))
        network.run(for: .seconds(20))
        return isRouted != nil
    }

    // MARK: Typing

    /// Types a line and waits for the end of its answer.
    @discardableResult
    func type(_ line: String, at name: String, session: UInt64 = 1, within limit: Duration = .seconds(600)) -> Answer {
        begin(line, at: name, session: session)
        wait(name, session: session, within: limit)
        return take(name, session: session)
    }

    /// Types a line and goes on.
    func begin(_ line: String, at name: String, session: UInt64 = 1) {
        guard let interpreter = interpreters[name] else { return }
        network.with(network[name]) { node, now in
            interpreter.execute(line, session: .init(rawValue: session), on: node, now: now)
        }
        collect(name)
    }

    /// Closes a session.
    func close(_ session: UInt64, at name: String) {
        guard let interpreter = interpreters[name] else { return }
        network.with(network[name]) { node, now in
            interpreter.sessionClosed(.init(rawValue: session), on: node, now: now)
        }
        collect(name)
    }

    /// Lets time pass until a session's command has ended.
    func wait(_ name: String, session: UInt64 = 1, within limit: Duration = .seconds(600)) {
        let end = network.now + limit
        while !hasEnded(name, session), network.now < end { step(until: end) }
    }

    /// Lets time pass; command lines are served meanwhile.
    func run(for duration: Duration) {
        let end = network.now + duration
        while network.now < end { step(until: end) }
    }

    private func step(until end: Instant) {
        var next = min(end, network.now + .milliseconds(100))
        for interpreter in interpreters.values { next = min(next, interpreter.nextDeadline ?? next) }
        network.run(for: max(.zero, next.since(network.now)))
        for (name, interpreter) in interpreters where interpreter.nextDeadline.map({ $0 <= network.now }) ?? false {
            network.with(network[name]) { node, now in interpreter.handleDeadline(on: node, now: now) }
            collect(name)
        }
    }

    // MARK: Answers

    private func collect(_ name: String) {
        guard let interpreter = interpreters[name] else { return }
        while let output = interpreter.pollOutput() { outputs[name, default: []].append(output) }
    }

    private func hasEnded(_ name: String, _ session: UInt64) -> Bool {
        outputs[name, default: []].contains {
            if case .end(let ended, _) = $0 { ended.rawValue == session } else { false }
        }
    }

    /// The oldest answer of a session; without an end when it has not ended.
    func take(_ name: String, session: UInt64 = 1) -> Answer {
        var answer = Answer(lines: [], result: nil)
        var rest: [CommandInterpreter.Output] = []
        for output in outputs[name, default: []] {
            switch output {
            case .line(let writer, let line) where writer.rawValue == session && answer.result == nil:
                answer.lines.append(line)
            case .end(let ended, let result) where ended.rawValue == session && answer.result == nil:
                answer.result = result
            case .line, .end, .asynchronous, .restart: rest.append(output)
            }
        }
        outputs[name] = rest
        return answer
    }

    /// Lines that came apart from any answer.
    func takeAsynchronous(_ name: String, session: UInt64 = 1) -> [String] {
        var lines: [String] = []
        outputs[name]?.removeAll {
            guard case .asynchronous(let reader, let line) = $0, reader.rawValue == session else { return false }
            lines.append(line)
            return true
        }
        return lines
    }

    /// Whether the program around the command line was asked to start anew; nil when it was not.
    func takeRestart(_ name: String) -> Bool? {
        guard let index = outputs[name]?.firstIndex(where: { if case .restart = $0 { true } else { false } }),
            case .restart(let isFactoryReset)? = outputs[name]?.remove(at: index)
        else { return nil }
        return isFactoryReset
    }

    func nextDeadline(_ name: String) -> Instant? { interpreters[name]?.nextDeadline }

    func address(_ name: String) -> String { network[name].engine.thread.meshLocalEID?.description ?? "::" }
}
