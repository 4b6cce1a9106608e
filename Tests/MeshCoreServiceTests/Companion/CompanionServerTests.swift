import Foundation
import Logging
import MeshCoreEngine
import MeshCoreWire
import NIOCore
import NIOPosix
import Testing

@testable import MeshCoreService

@Suite("The server for MeshCore's apps", .timeLimit(.minutes(1)))
struct CompanionServerTests {
    /// Of the application `name`, at the end of the command's seven reserved bytes.
    private static func start(_ name: String) -> [UInt8] { [1] + [UInt8](repeating: 0, count: 7) + name.utf8 }

    @Test("Each app has its own place in the messages, and goes on there when it comes back")
    func places() async throws {
        let desk = try await Desk()
        for text in ["one", "two"] { try await desk.receive(text) }
        let (first, second) = (try await desk.app(), try await desk.app())
        try await first.say(Self.start("phone"))
        #expect(try await first.answer(5) != nil)
        try await second.say(Self.start("desk"))
        #expect(try await second.answer(5) != nil)
        #expect(try await first.message() == "one")
        try await first.close()

        #expect(try await second.message() == "one", "the other app has taken nothing")
        #expect(try await second.message() == "two")
        #expect(try await second.message() == nil)

        let again = try await desk.app()
        try await again.say(Self.start("phone"))
        #expect(try await again.message() == "two")
        #expect(try await again.message() == nil)
        try await desk.close()
    }

    @Test("A message that came while no app was there waits through a start of the node")
    func restart() async throws {
        let desk = try await Desk()
        try await desk.receive("late")
        try await desk.restart()
        let app = try await desk.app()
        try await app.say(Self.start("phone"))
        #expect(try await app.message() == "late")
        try await desk.restart()
        let again = try await desk.app()
        try await again.say(Self.start("phone"))
        #expect(try await again.message() == nil, "it has been fetched")
        try await desk.close()
    }

    @Test("Bytes before a marker are skipped; a frame may come in pieces, several at once, or be empty")
    func stream() async throws {
        let desk = try await Desk()
        let app = try await desk.app()
        try await app.send([0x00, 0xff, 0x3c, 0, 0])
        for byte in [0x3c, 1, 0, 5] as [UInt8] { try await app.send([byte]) }
        #expect(try await app.answer(9)?.count == 5)
        try await app.send([0x3c, 1, 0, 5, 0x3c, 2, 0, 22, 3])
        #expect(try await app.answer(9) != nil)
        #expect(try await app.answer(13)?.count == 82)
        try await desk.close()
    }

    @Test(
        "A command that is not known, or too short, gets the firmware's error",
        arguments: [
            ([0], 1), ([67], 1), ([255], 1), ([1, 0], 1), ([22], 1), ([2, 0], 1), ([6, 0], 1), ([6, 0, 0, 0, 0], 6),
            ([2, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 65], 2), ([3, 0, 9, 0, 0, 0, 0, 65], 2), ([31, 40], 2),
            ([13] + [UInt8](repeating: 1, count: 32), 2), ([9] + [UInt8](repeating: 1, count: 34), 1),
        ] as [([UInt8], UInt8)])
    func errors(command: [UInt8], error: UInt8) async throws {
        let desk = try await Desk()
        let app = try await desk.app()
        try await app.say(command)
        #expect(try await app.answer(1) == [1, error])
        try await desk.close()
    }

    @Test("With newest-wins a new app ends the connection of the one before; without, more than the limit are refused")
    func clients() async throws {
        var configuration = CompanionServer.Configuration()
        configuration.newestWins = true
        let firmware = try await Desk(configuration)
        let first = try await firmware.app()
        try await first.say([5])
        #expect(try await first.answer(9) != nil)
        let second = try await firmware.app()
        try await second.say([5])
        #expect(try await second.answer(9) != nil)
        #expect(try await first.answer(9) == nil, "its connection has ended")
        try await firmware.close()

        configuration = CompanionServer.Configuration()
        configuration.clientLimit = 1
        let shared = try await Desk(configuration)
        let one = try await shared.app()
        try await one.say([5])
        #expect(try await one.answer(9) != nil)
        let two = try await shared.app()
        #expect(try await two.answer(9) == nil)
        try await shared.close()
    }
}
