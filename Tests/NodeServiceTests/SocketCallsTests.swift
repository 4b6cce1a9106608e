import IPEngine
import NodeEngine
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeService

@Suite("The calls for sockets")
struct SocketCallsTests {
    private let nobody = IPv6Address("fdde:ad00:beef:0:1:2:3:4")!

    @Test("Each program has three sockets, no others', and a closed one makes room")
    func ownership() throws {
        let programs = try TestPrograms()
        let other = MeshSession(echoIdentifier: 8)
        let sockets = try (0..<3).map { _ in try programs.call("N0", OpenCall()) }
        #expect(Set(sockets).count == 3)
        #expect(throws: BindError.socketLimit(3)) { try programs.call("N0", OpenCall()) }
        let foreign = try programs.call("N0", by: other, OpenCall())

        let unknown = SocketID(rawValue: foreign)
        #expect(throws: BindError.unknownSocket(unknown)) {
            try programs.call("N0", BindCall(socket: foreign, port: 5000))
        }
        #expect(throws: SendError.unknownSocket(unknown)) {
            try programs.call("N0", SendCall(socket: foreign, payload: [1], address: nobody, port: 5000))
        }
        #expect(throws: ReceiveError.unknownSocket(unknown)) {
            try programs.call("N0", ReceiveCall(socket: foreign))
        }
        try programs.call("N0", CloseCall(socket: foreign))
        #expect(try programs.call("N0", by: other, BindCall(socket: foreign, port: 5000)) == 5000)

        try programs.call("N0", CloseCall(socket: sockets[1]))
        try programs.call("N0", CloseCall(socket: sockets[1]))
        #expect(try !sockets.contains(programs.call("N0", OpenCall())))
        #expect(throws: BindError.socketLimit(3)) { try programs.call("N0", OpenCall()) }
        #expect(programs.network["N0"].engine.ip.sockets.count == 4)
    }

    @Test("A program that goes takes its sockets along, and nobody else's")
    func closing() throws {
        let programs = try TestPrograms()
        let other = MeshSession(echoIdentifier: 8)
        let socket = try programs.call("N0", OpenCall())
        try programs.call("N0", BindCall(socket: socket, port: 5000))
        let kept = try programs.call("N0", by: other, OpenCall())
        #expect(throws: BindError.portInUse(5000)) {
            try programs.call("N0", by: other, BindCall(socket: kept, port: 5000))
        }
        programs.network.with(programs.network["N0"]) { node, now in
            programs.sessions["N0"]?.close(on: node, now: now)
        }
        #expect(try programs.call("N0", by: other, BindCall(socket: kept, port: 5000)) == 5000)
        #expect(programs.network["N0"].engine.ip.sockets.map(\.id.rawValue) == [kept])
    }

    @Test("Ports outside of 1024 to 63535 and Thread's own are refused, the ends of the range are not")
    func ports() throws {
        let programs = try TestPrograms()
        let socket = try programs.call("N0", OpenCall())
        for port in [1, 80, 1023, 63536, 65535] as [UInt16] {
            #expect(throws: BindError.portOutOfRange(port)) {
                try programs.call("N0", BindCall(socket: socket, port: port))
            }
        }
        for port in [19788, 61631] as [UInt16] {
            #expect(throws: BindError.portReserved(port)) {
                try programs.call("N0", BindCall(socket: socket, port: port))
            }
        }
        for port in [1024, 63535] as [UInt16] {
            #expect(try programs.call("N0", BindCall(socket: socket, port: port)) == port)
        }
        #expect(try programs.call("N0", BindCall(socket: socket, port: 0)) >= 49152)
        #expect(throws: BindError.addressNotOurs("\(nobody)")) {
            try programs.call("N0", BindCall(socket: socket, address: nobody, port: 5000))
        }
    }

    @Test("A stopped node and one that looks for a parent say so, and reach themselves all the same")
    func noWay() throws {
        let programs = try TestPrograms()
        let socket = try programs.call("N0", OpenCall())
        func send(_ address: IPv6Address) throws -> Int {
            try programs.call("N0", SendCall(socket: socket, payload: [1, 2], address: address, port: 5000))
        }
        #expect(throws: SendError.stopped) { try send(nobody) }
        #expect(throws: SendError.stopped) { try programs.call("N0", EchoCall(to: nobody, size: 8)) }
        #expect(throws: MeshError.noNetwork) { try programs.call("N0", StartCall()) }
        #expect(throws: MeshError.keyTooLong(byteCount: 17)) {
            try programs.call("N0", StartCall(key: [UInt8](repeating: 1, count: 17)))
        }
        #expect(programs.network["N0"].engine.dataset == nil)

        try programs.call("N0", StartCall(key: [0x11, 0x22, 0x33]))
        #expect(try programs.call("N0", StateCall()) == .detached)
        #expect(throws: SendError.notAttached) { try send(nobody) }
        #expect(throws: SendError.notAttached) { try programs.call("N0", EchoCall(to: nobody, size: 8)) }
        let own = try #require(try programs.call("N0", MeshLocalAddressCall()))
        #expect(try programs.call("N0", BindCall(socket: socket, address: own, port: 5000)) == 5000)
        #expect(try send(own) == 2)
        #expect(try programs.call("N0", ReceiveCall(socket: socket))?.payload == [1, 2])
        #expect(try send(.linkLocalAllNodes) == 2)
    }

    @Test("A key starts its network, padded with zero bytes; the same key again changes nothing, another one does")
    func keys() throws {
        let programs = try TestPrograms()
        try programs.call("N0", StartCall(key: [0x11, 0x22, 0x33]))
        let node = programs.network["N0"].engine
        #expect(node.parameters.networkKey == [0x11, 0x22, 0x33] + [UInt8](repeating: 0, count: 13))
        _ = try #require(
            programs.network.run(until: { $0["N0"].engine.thread.role == .leader }, within: .seconds(600)))
        try programs.call("N0", StartCall(key: [0x11, 0x22, 0x33]))
        try programs.call("N0", StartCall())
        #expect(try programs.call("N0", StateCall()) == .leader)
        try programs.call("N0", StartCall(key: [0x44]))
        #expect(try programs.call("N0", StateCall()) == .detached)
        #expect(node.parameters.networkKey?.first == 0x44 && node.parameters.networkName == NetworkName("heddle"))
    }

    @Test("Datagrams cross two hops; each is noticed by its program alone")
    func twoHops() throws {
        let programs = try TestPrograms()
        try programs.form()
        let client = try programs.call("N0", OpenCall())
        let server = try programs.call("N2", OpenCall())
        try programs.call("N2", BindCall(socket: server, port: 5000))
        let address = try #require(try programs.call("N2", MeshLocalAddressCall()))
        #expect(
            try programs.call("N0", SendCall(socket: client, payload: [9, 8], address: address, port: 5000)) == 2)
        let datagram = try programs.received("N2", server)
        #expect(datagram.payload == [9, 8] && datagram.destination == address && datagram.destinationPort == 5000)
        #expect(try programs.call("N0", MeshLocalAddressCall()) == datagram.source)
        #expect(!datagram.isForOutside && datagram.rssi != nil && datagram.snr != nil)
        #expect(programs.notices["N2"] == [.readable(socket: server)])
        #expect(programs.notices["N0", default: []].isEmpty && programs.notices["N1", default: []].isEmpty)
        #expect(try programs.call("N2", ReceiveCall(socket: server)) == nil)

        let limit = 1232
        #expect(throws: SendError.payloadTooLarge(byteCount: limit + 1, limit: limit)) {
            try programs.call(
                "N0",
                SendCall(
                    socket: client, payload: [UInt8](repeating: 0, count: limit + 1), address: address, port: 5000))
        }
        #expect(throws: SendError.invalidDestination("[\(address)]:0")) {
            try programs.call("N0", SendCall(socket: client, payload: [], address: address, port: 0))
        }
    }

    @Test("An echo request is answered by a notice with its time; one nobody answers is not")
    func echo() throws {
        let programs = try TestPrograms()
        try programs.form()
        let address = try #require(try programs.call("N2", MeshLocalAddressCall()))
        let sent = try programs.call("N0", EchoCall(to: address, size: 16))
        #expect(sent.timeoutMicroseconds >= 3_000_000)
        programs.network.run(for: .seconds(10))
        let notices = programs.notices["N0", default: []]
        guard notices.count == 1, case .echo(sent.request, let microseconds) = notices[0] else {
            Issue.record("\(notices)")
            return
        }
        #expect((80_000...5_000_000).contains(microseconds))
        try programs.call("N0", EchoCall(to: nobody, size: 16))
        programs.network.run(for: .seconds(60))
        #expect(programs.notices["N0"]?.count == 1)
        for size in [-1, 1281] {
            #expect(throws: SendError.payloadTooLarge(byteCount: size, limit: 1280)) {
                try programs.call("N0", EchoCall(to: address, size: size))
            }
        }
        #expect(throws: SendError.self) { try programs.call("N0", EchoCall(to: address, size: 1280)) }
    }
}
