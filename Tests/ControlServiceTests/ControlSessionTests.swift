import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import ControlService

/// One client's connection in virtual time.
@Suite struct ControlSessionTests {
    private let handler = ScriptedHandler()
    private let channel = EmbeddedChannel()

    private func connect(_ configuration: ControlServer.Configuration = .init()) throws {
        try channel.pipeline.syncOperations.addHandler(
            ControlSession(
                client: ClientID(number: 1), handler: handler, configuration: configuration,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
    }

    private func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    /// What the server has written since the last call, in lines.
    private func output() throws -> [String] {
        channel.embeddedEventLoop.run()
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test("Requests are answered in their order, each with its end")
    func answers() throws {
        try connect()
        try send("state\nbogus\ntwo\n")
        #expect(
            try output() == ["=disabled", ".Done", ".Error 35: InvalidCommand", "=one", "=two", ".Done"])
    }

    @Test("A command waits until the one before has ended, and its own lines come between nothing else")
    func serial() throws {
        try connect()
        try send("wait\nstate\n")
        #expect(try output() == [])
        #expect(handler.lines == ["wait"])
        handler.running[0](.line("1"))
        #expect(try output() == ["=1"])
        handler.running[0](.done)
        #expect(try output() == [".Done", "=disabled", ".Done"])
    }

    @Test("Events come at any time, and what a command says after its end does not")
    func events() throws {
        try connect()
        try send("event\nwait\n")
        #expect(try output() == ["!before", "=answer", ".Done", "!after"])
        handler.running[0](.asynchronous("a\nb"))
        handler.running[0](.error(code: 1, name: "Failed"))
        handler.running[0](.error(code: 1, name: "Failed"))
        handler.running[0](.asynchronous("later"))
        #expect(try output() == ["!a", "!b", ".Error 1: Failed", "!later"])
    }

    @Test("A late end of one command does not end the next")
    func lateEnd() throws {
        try connect()
        try send("wait\nwait\n")
        handler.running[0](.done)
        #expect(try output() == [".Done"])
        handler.running[0](.done)
        handler.running[0](.line("x"))
        #expect(try output() == [])
        handler.running[1](.done)
        #expect(try output() == [".Done"])
    }

    @Test("Refused lines are answered in their turn")
    func refused() throws {
        try connect()
        try send("wait\n" + String(repeating: "x", count: 5000) + "\nstate\n")
        #expect(try output() == [])
        handler.running[0](.done)
        #expect(
            try output() == [".Done", "=a request has at most 4096 bytes", ".Error 6: Parse", "=disabled", ".Done"])
    }

    @Test("A JSON request has one line of JSON as its answer, and events become JSON too")
    func json() throws {
        try connect()
        try send(#"{"id":1,"command":"two"}"# + "\n" + #"{"id":"x","command":"bogus"}"# + "\n{\n")
        try send(#"{"command":" "}"# + "\n" + #"{"id":2,"command":"event"}"# + "\n")
        #expect(
            try output() == [
                #"{"id":1,"lines":["one","two"],"status":"Done"}"#,
                #"{"error":{"code":35,"name":"InvalidCommand"},"id":"x","lines":[],"status":"Error 35: InvalidCommand"}"#,
                #"{"error":{"code":6,"name":"Parse"},"lines":["a JSON request has the form {\"id\": 1, \"command\": "#
                    + #"\"state\"}"],"status":"Error 6: Parse"}"#,
                #"{"lines":[],"status":"Done"}"#,
                #"{"event":"before"}"#, #"{"id":2,"lines":["answer"],"status":"Done"}"#, #"{"event":"after"}"#,
            ])
    }

    @Test("A call is answered once, in its turn, and what happens comes before and behind it")
    func calls() throws {
        try connect()
        try send(#"{"id":1,"call":"state"}"# + "\nwait\n" + #"{"id":2,"call":"notice"}"# + "\n")
        #expect(try output() == [#"{"id":1,"call":"state"}"#])
        handler.running[0](.done)
        #expect(
            try output() == [".Done", #"{"notice":"before"}"#, #"{"id":2,"call":"notice"}"#, #"{"notice":"after"}"#])
        try send(#"{"call":"wait","socket":3}"# + "\nstate\n")
        #expect(try output() == [])
        handler.running[1](.notice("{}"))
        handler.running[1](.answer("{}"))
        handler.running[1](.answer("{}"))
        #expect(try output() == ["{}", "{}", "=disabled", ".Done"])
        #expect(handler.calls.count == 3 && handler.lines == ["wait", "state"])
    }

    @Test("A request with both a command and a call is a command, and one with neither is refused")
    func ambiguous() throws {
        try connect()
        try send(#"{"call":"x","command":"state"}"# + "\n" + #"{"id":1}"# + "\n")
        let answers = try output()
        #expect(answers.count == 2 && answers[0] == #"{"lines":["disabled"],"status":"Done"}"#)
        #expect(answers[1].contains(#""id":1,"#) && answers[1].contains(#""status":"Error 6: Parse""#))
        #expect(handler.calls.isEmpty)
    }

    @Test("A client that asks faster than it may waits, loses nothing, and has its whole allowance after a pause")
    func allowance() throws {
        var configuration = ControlServer.Configuration()
        configuration.requestsPerSecond = 10
        configuration.requestBurst = 5
        try connect(configuration)
        try send(String(repeating: "state\n", count: 12))
        #expect(try output().count == 10)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(99))
        #expect(try output().isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try output().count == 2)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(600))
        #expect(try output().count == 12)
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        try send(String(repeating: "state\n", count: 6))
        #expect(try output().count == 10)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(try output().count == 2)
    }

    @Test("A half line closes the connection after its time; whole lines and silence do not")
    func halfLine() throws {
        try connect()
        try send("state\n")
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        try send("sta")
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        try send("t")
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        try send("e\n")
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        #expect(try output() == ["=disabled", ".Done", "=disabled", ".Done"])
        try send("half")
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(!channel.isActive)
        #expect(handler.closed == [ClientID(number: 1)])
    }

    @Test("What ends after the client has gone has no effect")
    func gone() throws {
        try connect()
        try send("wait\nstate\n")
        try channel.close().wait()
        #expect(handler.closed == [ClientID(number: 1)])
        handler.running[0](.asynchronous("x"))
        handler.running[0](.done)
        #expect(try output() == [])
        #expect(handler.lines == ["wait"])
    }

    @Test("A client that sends no more still gets all of its answers, then the connection ends")
    func halfClosed() throws {
        try connect()
        try send("wait\nstate\nhalf")
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try output() == [])
        #expect(channel.isActive)
        handler.running[0](.done)
        #expect(try output() == [".Done", "=disabled", ".Done"])
        #expect(!channel.isActive)
    }

    @Test("A JSON answer beyond the limit cuts the client off")
    func hugeAnswer() throws {
        try connect()
        try send(#"{"id":1,"command":"big 1100"}"# + "\n")
        #expect(try output() == [#"{"notice":"closing","reason":"its answer is longer than 1048576 bytes"}"#])
        #expect(!channel.isActive)
    }

    @Test("Thousands of requests at once are answered one and all")
    func flood() throws {
        try connect()
        try send(String(repeating: "state\n", count: 5000))
        var lines = try output()
        // Its allowance spreads them over a few seconds.
        for _ in 0..<50 {
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
            lines += try output()
        }
        #expect(lines.count == 10000)
        #expect(lines.allSatisfy { $0 == "=disabled" || $0 == ".Done" })
    }

    @Test("While many requests wait, nothing more is read")
    func backpressure() throws {
        let counter = ReadCounter()
        try channel.pipeline.syncOperations.addHandler(counter)
        try connect()
        try send("wait\n" + String(repeating: "wait\n", count: 15))
        let before = counter.count
        channel.read()
        #expect(counter.count == before + 1)
        try send("wait\nwait\n")
        channel.read()
        channel.read()
        #expect(counter.count == before + 1)
        handler.running[0](.done)
        handler.running[1](.done)
        #expect(counter.count == before + 2)
    }
}

/// Counts how often the connection was asked to read.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
