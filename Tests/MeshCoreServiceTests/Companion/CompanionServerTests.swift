import CryptoProviders
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
            ([37, 1, 0, 0], 1), ([37, 1, 0, 0, 0], 6),
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

    @Test("What is signed in pieces is signed as a whole, and only between the beginning and the end")
    func signing() async throws {
        let desk = try await Desk()
        let app = try await desk.app()
        for command: [UInt8] in [[34, 1], [35]] {
            try await app.say(command)
            #expect(try await app.answer(1) == [1, 4])
        }
        try await app.say([33])
        #expect(try await app.answer(19) == [19, 0, 0, 0x20, 0, 0])
        for piece: [UInt8] in [[34, 1, 2], [34, 3]] {
            try await app.say(piece)
            #expect(try await app.answer(0) == [0])
        }
        try await app.say([35])
        let signature = try #require(try await app.answer(20))
        try await app.say([1] + [UInt8](repeating: 0, count: 7))
        let information = try #require(try await app.answer(5))
        let key = try #require(MeshCorePublicKey(Array(information[4..<36])))
        let security = MeshCoreSecurity(MeshCoreSodiumCryptography())
        #expect(security.verify(signature: Array(signature.dropFirst()), message: [1, 2, 3], by: key))
        try await desk.close()
    }

    @Test("A factory reset leaves another node, without the messages of the former one")
    func factoryReset() async throws {
        let desk = try await Desk()
        try await desk.receive("old")
        let app = try await desk.app()
        try await app.say(Self.start(""))
        let former = try #require(try await app.answer(5))[4..<36]
        try await app.say([51] + Array("reset".utf8))
        #expect(try await app.answer(0) == [0])
        var wishes = desk.restarts.makeAsyncIterator()
        #expect(await wishes.next() == .factoryReset)
        try await desk.restart()
        let again = try await desk.app()
        try await again.say(Self.start(""))
        let information = try #require(try await again.answer(5))
        #expect(information[4..<36] != former)
        #expect(try await again.message() == nil)
        try await desk.close()
    }

    @Test("What the owner sets through an app is told to the next one")
    func owner() async throws {
        let desk = try await Desk()
        let app = try await desk.app()
        let commands: [[UInt8]] = [
            [8] + Array("new name".utf8), [12, 5], [14, 1, 0, 0, 0, 2, 0, 0, 0], [38, 1, 0b10_01_00, 1, 3],
            [11, 0xa8, 0x4b, 0x0d, 0, 0x90, 0xd0, 0x03, 0, 9, 6], [61, 0, 2], [58, 3, 70],
            [21, 7, 0, 0, 0, 8, 0, 0, 0], [37, 0x40, 0xe2, 1, 0],
        ]
        for command in commands {
            try await app.say(command)
            #expect(try await app.answer(0) == [0], "\(command)")
        }
        try await app.say(Self.start("x"))
        let information = try #require(try await app.answer(5))
        #expect(information[2] == 5 && information[36] == 1 && information[40] == 2)
        #expect(Array(information[44...47]) == [3, 1, 0b10_01_00, 1])
        #expect(Array(information[48...57]) == [0xa8, 0x4b, 0x0d, 0, 0x90, 0xd0, 0x03, 0, 9, 6])
        #expect(String(decoding: information[58...], as: UTF8.self) == "new name")
        try await app.say([59])
        #expect(try await app.answer(25) == [25, 3, 64])
        try await app.say([43])
        #expect(try await app.answer(23) == [23, 7, 0, 0, 0, 8, 0, 0, 0])
        try await app.say([22, 3])
        #expect(try #require(try await app.answer(13))[4...7] == [0x40, 0xe2, 1, 0])
        try await app.say([56, 2])
        #expect(try await app.answer(24)?.count == 30)
        try await app.say([20])
        #expect(try await app.answer(12)?.count == 11)
        try await desk.close()
    }
}
