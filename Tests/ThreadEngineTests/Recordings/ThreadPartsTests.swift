import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("In place of a node of an OpenThread network")
struct ThreadPartsTests {
    private static func address(_ id: UInt64) -> ExtendedAddress {
        ExtendedAddress(rawValue: 0x166e_0a00_0000_0000 | id)
    }

    private func expectSame(_ part: Understudy.Part) throws {
        var understudy = try Understudy(part)
        understudy.play()
        #expect(understudy.differences.isEmpty, "\(understudy.differences.joined(separator: "\n"))")
    }

    @Test("The leader says what OpenThread's says: forming, a router, a child and a sleepy child")
    func leader() throws {
        try expectSame(
            Understudy.Part(recording: "thread/attach", node: "A", extendedAddress: Self.address(1), lastFrame: 47))
    }

    @Test("A node that attaches and becomes a router says what OpenThread's says")
    func router() throws {
        var profile = LinkProfile.ieee802154
        // As the recorded nodes were told, to make the recording short.
        profile.routerSelectionJitter = .seconds(1)
        try expectSame(
            Understudy.Part(
                recording: "thread/attach", node: "B", extendedAddress: Self.address(2), lastFrame: 47,
                profile: profile))
    }

    @Test("A minimal device says what OpenThread's says")
    func minimalDevice() throws {
        try expectSame(
            Understudy.Part(
                recording: "thread/attach", node: "E", extendedAddress: Self.address(5),
                mode: DeviceMode(
                    isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true),
                lastFrame: 36))
    }
}
