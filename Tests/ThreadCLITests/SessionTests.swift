import EngineCore
import LinkProfiles
import LoRaPHY
import Simulator
import Testing
import ThreadEngine
import ThreadWire

@testable import ThreadCLI

@Suite("Sessions, pings and sockets on a network", .serialized)
struct SessionTests {
    private func formed(_ configuration: CommandInterpreter.Configuration = Terminals.configuration) throws -> Terminals
    {
        let terminals = Terminals(configuration: configuration)
        try #require(terminals.form())
        return terminals
    }

    // MARK: Ping

    @Test("A ping is lost where the link is cut, and found again where it is mended")
    func pingLoss() throws {
        let terminals = try formed()
        let network = terminals.network
        network.setLoss(network["B"], network["C"], nil)
        let lost = terminals.type("ping \(terminals.address("C")) 8 2 1 64 2", at: "A")
        #expect(lost.lines == ["2 packets transmitted, 0 packets received. Packet loss = 100.0%."])
        network.setLoss(network["B"], network["C"], Decibels(60))
        terminals.run(for: .seconds(120))
        let found = terminals.type("ping \(terminals.address("C")) 8 2", at: "A")
        #expect(found.lines.count == 3, "\(found)")
        #expect(found.lines.last?.contains("Packet loss = 0.0%.") == true)
    }

    @Test("A ping ends at its timeout, and its requests keep their interval")
    func pingTimes() throws {
        let terminals = try formed()
        let start = terminals.network.now
        terminals.begin("ping fdde:ad00:beef:0:0:0:0:1 8 3 0.5 64 4", at: "A")
        #expect(terminals.nextDeadline("A") == start + .milliseconds(500))
        terminals.wait("A")
        #expect(terminals.take("A").lines.last?.hasPrefix("3 packets transmitted, 0 packets received.") == true)
        #expect(terminals.network.now == start + .milliseconds(5000))
        #expect(terminals.nextDeadline("A") == nil)
    }

    @Test("Every size from 1 to 1232 bytes comes back over two hops", arguments: [1, 8, 64, 255, 1000, 1232])
    func pingSizes(size: Int) throws {
        let terminals = try formed()
        let answer = terminals.type("ping \(terminals.address("C")) \(size) 1 1 64 20", at: "A")
        #expect(answer.lines.first?.hasPrefix("\(size + 8) bytes from \(terminals.address("C"))") == true, "\(answer)")
        #expect(answer.lines.last?.contains("1 packets received") == true)
    }

    @Test("Answers wait behind a ping in their own session only")
    func waitingLines() throws {
        let terminals = try formed()
        terminals.begin("ping fdde:ad00:beef:0:0:0:0:1", at: "A", session: 1)
        terminals.begin("state", at: "A", session: 1)
        terminals.begin("rloc16", at: "A", session: 1)
        #expect(terminals.take("A", session: 1).result == nil)
        #expect(terminals.type("state", at: "A", session: 2).lines == ["leader"])
        terminals.wait("A", session: 1)
        #expect(terminals.take("A", session: 1).lines.last?.contains("Packet loss") == true)
        #expect(terminals.take("A", session: 1) == .init(lines: ["leader"], result: .done))
        #expect(terminals.take("A", session: 1).lines.count == 1)
    }

    @Test("Pings of two sessions get their own answers")
    func pingsSideBySide() throws {
        let terminals = try formed()
        terminals.begin("ping \(terminals.address("B")) 8 3 1", at: "A", session: 1)
        terminals.begin("ping \(terminals.address("C")) 20 3 1", at: "A", session: 2)
        terminals.wait("A", session: 1)
        terminals.wait("A", session: 2)
        let first = terminals.take("A", session: 1).lines
        let second = terminals.take("A", session: 2).lines
        #expect(first.count == 4 && second.count == 4, "\(first) \(second)")
        #expect(first.dropLast().allSatisfy { $0.hasPrefix("16 bytes from \(terminals.address("B"))") })
        #expect(second.dropLast().allSatisfy { $0.hasPrefix("28 bytes from \(terminals.address("C"))") })
    }

    @Test("A ping in the background lets its session go on, and one at a time runs")
    func asynchronousPing() throws {
        let terminals = try formed()
        let start = "ping async \(terminals.address("C")) 8 2 0.5"
        #expect(terminals.type(start, at: "A") == .init(lines: [], result: .done))
        #expect(terminals.type(start, at: "A").result == .failed(.busy))
        #expect(terminals.type("state", at: "A").lines == ["leader"])
        terminals.run(for: .seconds(5))
        let lines = terminals.takeAsynchronous("A")
        let recorded = try #require(try Transcript.section(6).first { $0.command.hasPrefix("ping async") })
        #expect(recorded.answer == ["Done"])
        let reply = "16 bytes from fd00::1: icmp_seq=1 hlim=64 time=4ms"
        let statistics =
            "2 packets transmitted, 2 packets received. Packet loss = 0.0%. Round-trip min/avg/max = 4/4.000/4 ms."
        #expect(AnswerMatcher.difference(lines, [reply, reply, statistics]) == nil, "\(lines)")
        #expect(terminals.type(start, at: "A").result == .done)
        #expect(terminals.type("ping stop", at: "A").result == .done)
        terminals.run(for: .seconds(5))
        #expect(terminals.takeAsynchronous("A").filter { $0.contains("packets transmitted") }.isEmpty)
    }

    @Test("Whoever waits for a ping can stop it")
    func stopWaiting() throws {
        let terminals = try formed()
        terminals.begin("ping fdde:ad00:beef:0:0:0:0:1 8 1000", at: "A")
        terminals.run(for: .seconds(3))
        terminals.begin("ping stop", at: "A")
        let ping = terminals.take("A")
        #expect(ping.lines.last?.contains("packets transmitted, 0 packets received") == true)
        #expect(ping.result == .done)
        #expect(terminals.take("A") == .init(lines: [], result: .done))
        #expect(terminals.nextDeadline("A") == nil)
    }

    @Test("Too many waiting lines and too many sessions are refused")
    func limits() throws {
        var configuration = Terminals.configuration
        configuration.waitingLineLimit = 1
        configuration.sessionLimit = 2
        let terminals = try formed(configuration)
        terminals.begin("ping fdde:ad00:beef:0:0:0:0:1", at: "A", session: 1)
        terminals.begin("state", at: "A", session: 1)
        #expect(terminals.take("A", session: 1).result == nil)
        terminals.begin("state", at: "A", session: 1)
        #expect(terminals.take("A", session: 1).result == .failed(.busy))
        #expect(terminals.type("state", at: "A", session: 2).result == .done)
        #expect(terminals.type("state", at: "A", session: 3).result == .failed(.noBuffers))
        terminals.close(2, at: "A")
        #expect(terminals.type("state", at: "A", session: 3).result == .done)
    }

    @Test("A closed session is heard of no more, and its port is free")
    func closing() throws {
        let terminals = try formed()
        #expect(terminals.type("udp open", at: "A", session: 1).result == .done)
        #expect(terminals.type("udp bind :: 4321", at: "A", session: 1).result == .done)
        #expect(terminals.type("udp open", at: "A", session: 2).result == .done)
        #expect(terminals.type("udp bind :: 4321", at: "A", session: 2).result == .failed(.already))
        terminals.begin("ping \(terminals.address("C")) 8 100", at: "A", session: 1)
        terminals.begin("state", at: "A", session: 1)
        terminals.close(1, at: "A")
        #expect(terminals.nextDeadline("A") == nil)
        terminals.run(for: .seconds(5))
        #expect(terminals.take("A", session: 1) == .init(lines: [], result: nil))
        #expect(terminals.type("udp bind :: 4321", at: "A", session: 2).result == .done)
    }

    @Test("Slow links are given more time to answer than OpenThread's three seconds")
    func timeouts() throws {
        let interpreter = CommandInterpreter()
        #expect(interpreter.pingTimeout(on: Terminals().network["N"].engine) == .seconds(3))
        let slow = Terminals(
            profile: .lora(try LoRaModulation(bandwidth: Hertz(125_000), spreadingFactor: 12))
        ).network["N"].engine
        #expect(interpreter.pingTimeout(on: slow) == slow.profile.airtime(of: 64) * 32)
        #expect(interpreter.pingTimeout(on: slow) > .seconds(30))
        var configuration = CommandInterpreter.Configuration()
        configuration.pingTimeout = .seconds(7)
        #expect(CommandInterpreter(configuration: configuration).pingTimeout(on: slow) == .seconds(7))
    }

    // MARK: UDP

    @Test("Two nodes talk, and each session of a node has a socket of its own")
    func conversation() throws {
        let terminals = try formed()
        for (name, session, port) in [("A", 1, 1000), ("A", 2, 2000), ("C", 1, 3000)] as [(String, UInt64, Int)] {
            #expect(terminals.type("udp open", at: name, session: session).result == .done)
            #expect(terminals.type("udp bind :: \(port)", at: name, session: session).result == .done)
        }
        #expect(terminals.type("udp connect \(terminals.address("C")) 3000", at: "A", session: 2).result == .done)
        #expect(terminals.type("udp send hello\\ there", at: "A", session: 2).result == .done)
        terminals.run(for: .seconds(2))
        #expect(terminals.takeAsynchronous("C") == ["11 bytes from \(terminals.address("A")) 2000 hello there"])
        #expect(terminals.type("udp send \(terminals.address("A")) 1000 -s 64", at: "C").result == .done)
        terminals.run(for: .seconds(2))
        let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01"
        #expect(
            terminals.takeAsynchronous("A", session: 1) == [
                "64 bytes from \(terminals.address("C")) 3000 \(digits)"
            ])
        #expect(terminals.takeAsynchronous("A", session: 2).isEmpty)
    }

    @Test("A datagram cannot forge lines of an answer")
    func forgedLines() throws {
        let terminals = try formed()
        _ = terminals.type("udp open", at: "C")
        _ = terminals.type("udp bind :: 3000", at: "C")
        _ = terminals.type("udp open", at: "A")
        _ = terminals.type("udp send \(terminals.address("C")) 3000 -x 410a446f6e650d0a42", at: "A")
        terminals.run(for: .seconds(2))
        let lines = terminals.takeAsynchronous("C")
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("A\u{fffd}Done\u{fffd}\u{fffd}B") == true, "\(lines)")
    }

    @Test(
        "What cannot be sent is refused with a reason",
        arguments: [
            ("udp send", CommandError.invalidArguments), ("udp send hi", .invalidArguments),
            ("udp send :: 1 hi", .invalidArguments), ("udp send fd00::1 0 hi", .invalidArguments),
            ("udp send fd00::1 70000 hi", .invalidArguments), ("udp send fd00::1 x hi", .invalidArguments),
            ("udp send zz 1 hi", .parse), ("udp send fd00::1 1 -x 1g", .invalidArguments),
            ("udp send fd00::1 1 -x", .invalidArguments), ("udp send -s", .invalidArguments),
            ("udp send fd00::1 1 -s 5000", .noBuffers), ("udp bind zz 1", .parse), ("udp bind :: ", .invalidArguments),
            ("udp bind fd00::99 1", .invalidArguments), ("udp bind :: 19788", .invalidArguments),
            ("udp connect :: 1", .invalidArguments), ("udp bogus", .invalidCommand),
        ])
    func refusedDatagrams(line: String, error: CommandError) throws {
        let terminals = Terminals()
        _ = terminals.network.with(terminals.network["N"]) { node, now in
            node.setActiveDataset(Terminals.dataset, now: now)
        }
        _ = terminals.type("ifconfig up", at: "N")
        _ = terminals.type("udp open", at: "N")
        #expect(terminals.type(line, at: "N").result == .failed(error), "\(line)")
    }
}
