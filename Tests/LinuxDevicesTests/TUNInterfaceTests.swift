import Foundation
import LinuxDevices
import Testing
import ThreadWire
import WireCore

@Suite(.enabled(if: NetworkNamespace.obstacle == nil, Comment(rawValue: NetworkNamespace.obstacle ?? "")))
struct TUNInterfaceTests {
    private static let own = IPv6Address(high: 0xfd00_0001_0002_0003, low: 1)
    private static let peer = IPv6Address(high: 0xfd00_0001_0002_0003, low: 2)

    /// Addresses of an interface, as hexadecimal digits and prefix length.
    private static func addresses(of name: String) throws -> [String] {
        try NetworkNamespace.lines("if_inet6").compactMap { line in
            let columns = line.split(separator: " ")
            return columns[5] == name ? "\(columns[0])/\(columns[2])" : nil
        }
    }

    /// Destinations that are routed to an interface by hand, as hexadecimal digits/length metric.
    private static func routes(to name: String) throws -> [String] {
        try NetworkNamespace.lines("ipv6_route").compactMap { line in
            let columns = line.split(separator: " ")
            return columns[9] == name ? "\(columns[0])/\(columns[1]) \(columns[5])" : nil
        }
    }

    /// The kernel inserts the route by which it accepts packets for a new address from a work queue.
    private static func waitForLocalRoute(to address: IPv6Address) throws {
        let route = hexadecimal(address.bytes) + "/80 "
        for _ in 0..<5000 where try !routes(to: "wpan0").contains(where: { $0.hasPrefix(route) }) { usleep(1000) }
    }

    private static func failure(_ body: () throws -> Void) throws -> TUNError? {
        do {
            try body()
            return nil
        } catch let error as TUNError {
            return error
        }
    }

    @Test("The interface is up, has the MTU asked for and only the addresses it was given, and vanishes when closed")
    func lifecycle() async throws {
        let seen = try await NetworkNamespace.run {
            let tun = try TUNInterface(name: "wpan0", mtu: 1280)
            // A link-local address of the kernel's own would come within this time or never: it is given on "up".
            var found = [try Self.addresses(of: "wpan0")]
            try tun.addAddress(Self.own, prefixLength: 64)
            try tun.addAddress(Self.own, prefixLength: 64)
            try tun.addAddress(IPv6Address(linkLocal: 7), prefixLength: 64)
            found.append(try Self.addresses(of: "wpan0").sorted())
            try tun.removeAddress(IPv6Address(linkLocal: 7), prefixLength: 64)
            try tun.removeAddress(IPv6Address(linkLocal: 7), prefixLength: 64)
            found.append(try Self.addresses(of: "wpan0"))
            let mtu = try String(contentsOfFile: "/proc/sys/net/ipv6/conf/wpan0/mtu", encoding: .utf8)
            tun.close()
            tun.close()
            // A child process that another test is starting keeps the descriptor until it runs its own program.
            for _ in 0..<5000 where if_nametoindex("wpan0") != 0 { usleep(1000) }
            return (
                found, mtu, if_nametoindex("wpan0"), tun.fileDescriptor, try Self.failure { try tun.writePacket([]) }
            )
        }
        let own = "fd000001000200030000000000000001/40"
        #expect(seen.0 == [[], [own, "fe800000000000000000000000000007/40"].sorted(), [own]])
        #expect(seen.1 == "1280\n")
        #expect(seen.2 == 0)
        #expect(seen.3 == nil)
        #expect(seen.4 == TUNError.closed)
    }

    @Test("Routes are added, replaced and removed")
    func routes() async throws {
        let prefix = IPv6Prefix(IPv6Address(high: 0xfd99_0000_0000_0000, low: 0), length: 48)
        let seen = try await NetworkNamespace.run {
            let tun = try TUNInterface(name: "wpan0")
            func routed() throws -> [String] { try Self.routes(to: "wpan0").filter { $0.hasPrefix("fd99") } }
            try tun.addRoute(prefix, metric: 256)
            try tun.addRoute(prefix, metric: 256)
            let added = try routed()
            try tun.removeRoute(prefix, metric: 256)
            try tun.removeRoute(prefix, metric: 256)
            return (added, try routed())
        }
        #expect(seen.0 == ["fd990000000000000000000000000000/30 00000100"])
        #expect(seen.1 == [])
    }

    @Test("A datagram of the host comes out as one packet, and the answer written back reaches the host's socket")
    func datagram() async throws {
        struct Seen: Sendable {
            var packet: [UInt8] = []
            var answer: [UInt8] = []
            var accepted = false
            var refused = true
            var idle = false
        }
        let seen = try await NetworkNamespace.run {
            var seen = Seen()
            let tun = try TUNInterface(name: "wpan0")
            try tun.addAddress(Self.own, prefixLength: 64)
            try Self.waitForLocalRoute(to: Self.own)
            while try tun.readPacket() != nil {}
            seen.idle = try tun.readPacket() == nil

            let socket = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(socket) }
            var limit = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = UInt16(1234).bigEndian
            withUnsafeMutableBytes(of: &target.sin6_addr) { $0.copyBytes(from: Self.peer.bytes) }
            _ = withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
            send(socket, "hello", 5, 0)
            // The kernel hands the packet over before `send` returns; its own reports may stand before it.
            while let packet = try tun.readPacket() {
                if packet.count > 6, packet[6] == 17 { seen.packet = packet }
            }
            guard seen.packet.count == 53 else { return seen }
            // Addresses and ports change places, which leaves the checksum as it is.
            let packet = seen.packet
            var answer = Array(packet[0..<8])
            for range in [24..<40, 8..<24, 42..<44, 40..<42, 44..<packet.count] { answer += packet[range] }
            seen.refused = try !tun.writePacket([0x00, 0x01])
            seen.accepted = try tun.writePacket(answer)
            var buffer = [UInt8](repeating: 0, count: 100)
            let count = recv(socket, &buffer, buffer.count, 0)
            seen.answer = Array(buffer.prefix(max(0, count)))
            return seen
        }
        #expect(seen.idle)
        #expect(seen.packet.count == 40 + 8 + 5)
        #expect(seen.packet.first == 0x60)
        #expect(Array(seen.packet.suffix(5)) == Array("hello".utf8))
        #expect(seen.refused)
        #expect(seen.accepted)
        #expect(seen.answer == Array("hello".utf8))
    }

    @Test("A name in use is refused with the process that holds it")
    func nameInUse() async throws {
        // No other process on this host, in whatever namespace, has an interface of this name.
        let name = "tun\(getpid())"
        let error = try await NetworkNamespace.run {
            let first = try TUNInterface(name: name)
            defer { first.close() }
            return try Self.failure { _ = try TUNInterface(name: name) }
        }
        #expect(error == .nameInUse(name, holder: RunningProcess(processID: getpid())))
        #expect(error?.description.contains("process \(getpid()) (") == true)
    }

    @Test("The name of another kind of interface is refused")
    func otherKind() async throws {
        let error = try await NetworkNamespace.run { try Self.failure { _ = try TUNInterface(name: "lo") } }
        #expect(error == .notATUNInterface("lo"))
    }

    @Test("A host without IPv6 is told how to switch it on")
    func ipv6Disabled() async throws {
        let error = try await NetworkNamespace.run {
            let tun = try TUNInterface(name: "wpan0")
            let switched = "/proc/sys/net/ipv6/conf/wpan0/disable_ipv6"
            // Where /proc/sys may not be written, the state cannot be brought about.
            guard (try? Data("1".utf8).write(to: URL(fileURLWithPath: switched))) != nil else {
                return TUNError?.some(.ipv6Disabled("wpan0"))
            }
            return try Self.failure { try tun.addAddress(Self.own, prefixLength: 64) }
        }
        #expect(error == .ipv6Disabled("wpan0"))
        #expect(error?.description.contains("sysctl") == true)
    }
}

@Suite struct TUNNameTests {
    @Test(
        "What the kernel would not take as a name, or would take for a pattern, is refused",
        arguments: ["", "sixteen-bytes-00", "a/b", "a b", "a:b", "tun%d", ".", "..", "wpän"])
    func invalidName(name: String) {
        #expect(throws: TUNError.invalidName(name)) { _ = try TUNInterface(name: name) }
    }

    @Test("The skipped tests say why", .enabled(if: NetworkNamespace.obstacle != nil))
    func obstacle() throws {
        print(try #require(NetworkNamespace.obstacle))
    }
}
