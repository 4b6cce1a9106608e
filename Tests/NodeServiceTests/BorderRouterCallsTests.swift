import EngineCore
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeService

@Suite("The calls for a border router")
struct BorderRouterCallsTests {
    private let prefix = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
    private let outside = IPv6Address("2600::99")!

    @Test("Prefixes that give no addresses or mean nothing outside are refused, and nothing is offered")
    func refusals() throws {
        let programs = try TestPrograms()
        try programs.call("N0", StartCall(key: [1]))
        for length in [0, 1, 48, 63, 65, 128] as [UInt8] {
            let wrong = IPv6Prefix(prefix.address, length: length)
            #expect(throws: BorderRouterError.invalidLength(length)) {
                try programs.call("N0", AddBorderRouterCall(wrong, preference: .medium))
            }
        }
        for text in ["fe80::/64", "ff03::/64", "::/64", "fdde:ad00:beef::/64"] {
            let wrong = try #require(IPv6Prefix(text))
            #expect(throws: BorderRouterError.notRoutable("\(wrong)")) {
                try programs.call("N0", AddBorderRouterCall(wrong, preference: .medium))
            }
        }
        #expect(throws: BorderRouterError.notOffered("\(prefix)")) {
            try programs.call("N0", RemoveBorderRouterCall(prefix))
        }
        #expect(try programs.call("N0", BorderRoutersCall()).isEmpty)
        #expect(programs.network["N0"].engine.ip.sockets.allSatisfy { !$0.receivesOutside })
    }

    @Test("As many prefixes as fit are taken, then the network data are full")
    func full() throws {
        let programs = try TestPrograms()
        var count = 0
        #expect(throws: BorderRouterError.full) {
            for number in 1...60 as ClosedRange<UInt64> {
                let next = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0000_0000 | number, low: 0), length: 64)
                try programs.call("N0", AddBorderRouterCall(next, preference: .high))
                count += 1
            }
        }
        #expect(count >= 10)
        let offered = try programs.call("N0", BorderRoutersCall())
        #expect(offered.count == count && offered.allSatisfy { $0.preference == .high })
    }

    @Test("Every node gains an address; what one sends outside comes with the header, and the answer finds its way")
    func crossing() throws {
        let programs = try TestPrograms()
        try programs.form()
        let socket = try programs.call("N0", OpenCall())
        try programs.call("N0", BindCall(socket: socket, port: 1234))
        try programs.call("N0", AddBorderRouterCall(prefix, preference: .low))
        #expect(
            try programs.call("N0", BorderRoutersCall()) == [BorderRouterPrefix(prefix: prefix, preference: .low)])
        try programs.call("N0", AddBorderRouterCall(prefix, preference: .medium))
        #expect(try programs.call("N0", BorderRoutersCall()).map(\.preference) == [.medium])
        _ = try #require(
            programs.network.run(
                until: {
                    $0.nodes.allSatisfy { $0.engine.ip.unicastAddresses.contains { prefix.contains($0.address) } }
                },
                within: .seconds(60)))
        let sensor = try programs.call("N2", OpenCall())
        try programs.call("N2", BindCall(socket: sensor, port: 4321))
        let sensorAddress = try #require(
            try programs.call("N2", AddressesCall()).first { prefix.contains($0) })

        try programs.call("N2", SendCall(socket: sensor, payload: [1, 2, 3], address: outside, port: 80))
        let datagram = try programs.received("N0", socket)
        #expect(datagram.isForOutside)
        #expect(datagram.payload.count == 19 + 3 && datagram.payload[0] == 0xbb)
        #expect(BorderRouterHeader(datagram.payload) == BorderRouterHeader(address: outside, port: 80))
        #expect(Array(datagram.content) == [1, 2, 3])
        #expect(datagram.source == sensorAddress && datagram.sourcePort == 4321)
        #expect(datagram.destination == outside && datagram.destinationPort == 80)

        try programs.call(
            "N0", SendCall(socket: socket, payload: [4], address: datagram.source, port: datagram.sourcePort))
        let answer = try programs.received("N2", sensor)
        #expect(answer.payload == [4] && !answer.isForOutside && prefix.contains(answer.source))
        #expect(answer.sourcePort == 1234)

        // Nothing of this node itself goes round to its own application.
        try programs.call("N0", SendCall(socket: socket, payload: [5], address: outside, port: 80))
        programs.network.run(for: .seconds(5))
        #expect(try programs.call("N0", ReceiveCall(socket: socket)) == nil)

        try programs.call("N0", RemoveBorderRouterCall(prefix))
        #expect(try programs.call("N0", BorderRoutersCall()).isEmpty)
        #expect(programs.network["N0"].engine.ip.sockets.allSatisfy { !$0.receivesOutside })
        // A prefix that is gone leaves an address that is not preferred, and after a while none.
        let hasGone = programs.network.run(
            until: { network in
                network.nodes.allSatisfy { node in
                    !node.engine.ip.unicastAddresses.contains { prefix.contains($0.address) && $0.isPreferred }
                }
            }, within: .seconds(120))
        #expect(hasGone != nil)
    }

    @Test("A border router's program that goes takes its prefix back")
    func gone() throws {
        let programs = try TestPrograms()
        try programs.form()
        try programs.call("N0", OpenCall())
        try programs.call("N0", AddBorderRouterCall(prefix, preference: .medium))
        programs.network.run(for: .seconds(20))
        #expect(programs.network["N2"].engine.thread.networkDatabase.data.onMeshPrefixes.map(\.prefix) == [prefix])
        programs.network.with(programs.network["N0"]) { node, now in
            programs.sessions["N0"]?.close(on: node, now: now)
        }
        programs.network.run(for: .seconds(20))
        #expect(programs.network["N2"].engine.thread.networkDatabase.data.onMeshPrefixes.isEmpty)
        #expect(programs.network["N0"].engine.ip.sockets.isEmpty)
    }

    @Test("Without a socket that takes it, the sender is told that there is no route")
    func noSocket() throws {
        let programs = try TestPrograms()
        try programs.form()
        try programs.call("N0", AddBorderRouterCall(prefix, preference: .medium))
        programs.network.run(for: .seconds(20))
        let sensor = try programs.call("N2", OpenCall())
        let before = programs.network["N0"].engine.drops[.noRoute]
        try programs.call("N2", SendCall(socket: sensor, payload: [1], address: outside, port: 80))
        programs.network.run(for: .seconds(5))
        #expect(programs.network["N0"].engine.drops[.noRoute] == before + 1)
    }
}
