import EngineCore
import Testing
import TestSupport
import ThreadWire

@testable import IngressFilter

@Suite("What a border router lets in and out")
struct IngressFilterTests {
    private let node = Place.node
    private let host = Place.host
    private let outside = Place.outside

    @Test("By default nothing comes in unasked but echo requests")
    func unasked() {
        let cases: [([UInt8], IngressFilter.Verdict)] = [
            (echo(outside, node, request: true, identifier: 1), .pass),
            (echo(outside, node, request: false, identifier: 1), .discard(.unaskedReply)),
            (udp(outside, 1000, node, 5683), .discard(.udpPort)),
            (tcp(outside, 1000, node, 22, .synchronize), .discard(.tcpPort)),
            (tcp(outside, 1000, node, 22, []), .discard(.tcpPort)),
            (message(1, outside, node, about: udp(node, 5, outside, 6)), .discard(.unrelatedError)),
            (message(2, outside, node), .discard(.unrelatedError)),
            (message(134, outside, node), .discard(.messageType)),
            (message(137, outside, node), .discard(.messageType)),
            (packet(outside, node, NextHeader(rawValue: 50), [1, 2, 3, 4]), .discard(.protocolNumber)),
            (packet(outside, node, .none, []), .discard(.protocolNumber)),
            (packet(outside, node, .routing, [17, 0, 0, 0, 0, 0, 0, 0]), .discard(.protocolNumber)),
            ([0x45, 0, 0, 20], .discard(.malformed)),
        ]
        var filter = makeFilter()
        for (packet, verdict) in cases { #expect(filter.enter(packet, now: .zero) == verdict, "\(packet)") }
        #expect(filter.flowCount == 0)
        #expect(filter.counters.entered == 1)
        #expect(filter.counters[.tcpPort] == 2 && filter.counters[.unrelatedError] == 2)
        #expect(filter.counters.nonzero.reduce(0) { $0 + $1.count } == UInt64(cases.count - 1))
    }

    @Test("Open ports are reached from everywhere, and only they")
    func openPorts() {
        var filter = makeFilter {
            $0.udpPorts = [5683...5684]
            $0.tcpPorts = [22...22]
            $0.allowsEchoRequests = false
        }
        #expect(filter.enter(udp(outside, 1, node, 5683), now: .zero) == .pass)
        #expect(filter.enter(udp(outside, 1, node, 5684), now: .zero) == .pass)
        #expect(filter.enter(udp(outside, 1, node, 5685), now: .zero) == .discard(.udpPort))
        #expect(filter.enter(tcp(outside, 1, node, 22, .synchronize), now: .zero) == .pass)
        #expect(filter.enter(tcp(outside, 1, node, 5683, .synchronize), now: .zero) == .discard(.tcpPort))
        let ping = echo(outside, node, request: true, identifier: 1)
        #expect(filter.enter(ping, now: .zero) == .discard(.echoRequest))
        // Outsiders cannot fill the table by knocking.
        #expect(filter.flowCount == 0)
    }

    @Test("Addresses of the mesh do not come from outside, and mesh-local and link-local ones neither come nor go")
    func addresses() {
        func ping(_ source: IPv6Address, _ destination: IPv6Address) -> [UInt8] {
            echo(source, destination, request: true, identifier: 1)
        }
        let inward: [(IPv6Address, IPv6Address, FilterReason)] = [
            (outside, Place.nodeMeshLocal, .meshLocal),
            (address("fdde:ad00:beef::99"), node, .meshLocal),
            (address("fd11:22::99"), node, .spoofedSource),
            (address("fe80::1"), node, .linkLocal),
            (outside, address("fe80::1"), .linkLocal),
            (outside, address("ff03::1"), .multicast),
            (outside, address("ff05::1"), .multicast),
            (outside, address("ff0e::1"), .multicast),
            (address("ff03::1"), node, .invalidAddress),
            (address("::"), node, .invalidAddress),
            (address("::1"), node, .invalidAddress),
        ]
        var filter = makeFilter()
        for (source, destination, reason) in inward {
            #expect(filter.enter(ping(source, destination), now: .zero) == .discard(reason), "\(source) \(destination)")
        }
        let outward: [(IPv6Address, IPv6Address, FilterReason)] = [
            (Place.nodeMeshLocal, outside, .meshLocal),
            (node, address("fdde:ad00:beef::99"), .meshLocal),
            (address("fe80::1"), outside, .linkLocal),
            (node, address("fe80::1"), .linkLocal),
        ]
        for (source, destination, reason) in outward {
            #expect(filter.leave(ping(source, destination), now: .zero) == .discard(reason), "\(source) \(destination)")
        }
        #expect(filter.flowCount == 0)
    }

    @Test("The host itself speaks and is spoken to as a node of the mesh")
    func ownHost() {
        var filter = makeFilter { $0.allowsEchoRequests = false }
        for source in [host, Place.hostMeshLocal] {
            #expect(filter.enter(udp(source, 1, node, 2), now: .zero) == .pass)
            #expect(filter.enter(udp(source, 1, address("ff03::1"), 2), now: .zero) == .pass)
            #expect(filter.leave(udp(Place.nodeMeshLocal, 2, source, 1), now: .zero) == .pass)
        }
        #expect(filter.leave(udp(Place.nodeMeshLocal, 2, address("ff03::1"), 1), now: .zero) == .pass)
        #expect(filter.flowCount == 0)
    }

    @Test("An answer comes in by its tuple alone, until nothing was heard of it for five minutes")
    func answers() {
        var filter = makeFilter()
        #expect(filter.leave(udp(node, 1000, outside, 53), now: .zero) == .pass)
        let answer = udp(outside, 53, node, 1000)
        #expect(filter.enter(answer, now: .seconds(299)) == .pass)
        #expect(filter.enter(udp(outside, 54, node, 1000), now: .seconds(299)) == .discard(.udpPort))
        #expect(filter.enter(udp(outside, 53, node, 1001), now: .seconds(299)) == .discard(.udpPort))
        #expect(filter.enter(udp(Place.router, 53, node, 1000), now: .seconds(299)) == .discard(.udpPort))
        #expect(filter.enter(tcp(outside, 53, node, 1000, []), now: .seconds(299)) == .discard(.tcpPort))
        #expect(filter.enter(answer, now: .seconds(299 + 299)) == .pass)
        #expect(filter.enter(answer, now: .seconds(299 + 299 + 300)) == .discard(.udpPort))
    }

    @Test("A TCP connection is remembered for hours once it is open, and four minutes while it opens or ends")
    func connection() {
        let syn = tcp(node, 1000, outside, 80, .synchronize)
        let answer = tcp(outside, 80, node, 1000, .synchronize)
        let data = tcp(outside, 80, node, 1000, [])
        var unanswered = makeFilter()
        _ = unanswered.leave(syn, now: .zero)
        #expect(unanswered.enter(answer, now: .seconds(240)) == .discard(.tcpPort))

        var filter = makeFilter()
        _ = filter.leave(syn, now: .zero)
        #expect(filter.enter(answer, now: .seconds(239)) == .pass)
        #expect(filter.enter(data, now: .seconds(239 + 7439)) == .pass)
        let end = 239 + 7439
        #expect(filter.enter(tcp(outside, 80, node, 1000, .finish), now: .seconds(end)) == .pass)
        // What comes behind its end does not keep it alive.
        #expect(filter.enter(data, now: .seconds(end + 200)) == .pass)
        #expect(filter.enter(data, now: .seconds(end + 240)) == .discard(.tcpPort))
        // The same ports may be used again.
        _ = filter.leave(syn, now: .seconds(end + 300))
        #expect(filter.enter(answer, now: .seconds(end + 301)) == .pass)
    }

    @Test("Errors come in when they are about something that left, from any router on the way")
    func errors() {
        var filter = makeFilter()
        let sent = [
            udp(node, 1000, outside, 53), tcp(node, 1000, outside, 80, .synchronize),
            echo(node, outside, request: true, identifier: 9),
        ]
        for packet in sent { _ = filter.leave(packet, now: .zero) }
        for packet in sent {
            for type in [1, 2, 3, 4] as [UInt8] {
                #expect(filter.enter(message(type, Place.router, node, about: packet), now: .seconds(1)) == .pass)
            }
            // About the same datagram, but to somebody else.
            let astray = message(3, Place.router, address("fd11:22::8"), about: packet)
            #expect(filter.enter(astray, now: .seconds(1)) == .discard(.unrelatedError))
        }
        let never = message(3, Place.router, node, about: udp(node, 1001, outside, 53))
        #expect(filter.enter(never, now: .seconds(1)) == .discard(.unrelatedError))
        let spoofed = message(3, address("fd11:22::66"), node, about: sent[0])
        #expect(filter.enter(spoofed, now: .seconds(1)) == .discard(.spoofedSource))
        // The answer to a ping from outside left as well.
        _ = filter.leave(echo(node, outside, request: false, identifier: 77), now: .zero)
        let about = echo(node, outside, request: false, identifier: 77)
        #expect(filter.enter(message(1, Place.router, node, about: about), now: .seconds(1)) == .pass)
    }

    @Test("Later fragments follow the first one of their datagram, and no other")
    func fragments() {
        var filter = makeFilter()
        _ = filter.leave(udp(node, 1000, outside, 53), now: .zero)
        func later(_ identification: UInt8) -> [UInt8] {
            fragment(outside, node, offset: 1232, more: false, identification: identification, .udp, [1, 2, 3])
        }
        #expect(filter.enter(later(1), now: .zero) == .discard(.orphanFragment))
        let first = fragment(outside, node, offset: 0, more: true, identification: 1, .udp, udpPayload(53, 1000))
        #expect(filter.enter(first, now: .zero) == .pass)
        #expect(filter.enter(later(1), now: .seconds(59)) == .pass)
        #expect(filter.enter(later(2), now: .seconds(59)) == .discard(.orphanFragment))
        #expect(filter.enter(later(1), now: .seconds(60)) == .discard(.orphanFragment))
        let refused = fragment(outside, node, offset: 0, more: true, identification: 3, .udp, udpPayload(53, 1001))
        #expect(filter.enter(refused, now: .seconds(60)) == .discard(.udpPort))
        #expect(filter.enter(later(3), now: .seconds(60)) == .discard(.orphanFragment))
    }

    @Test("A full table forgets the flow that would be forgotten first")
    func fullTable() {
        var filter = makeFilter { $0.flowLimit = 3 }
        _ = filter.leave(tcp(node, 1, outside, 80, []), now: .zero)
        _ = filter.leave(udp(node, 2, outside, 53), now: .seconds(1))
        _ = filter.leave(echo(node, outside, request: true, identifier: 3), now: .seconds(2))
        _ = filter.leave(udp(node, 4, outside, 53), now: .seconds(3))
        #expect(filter.flowCount == 3)
        let forgotten = echo(outside, node, request: false, identifier: 3)
        #expect(filter.enter(forgotten, now: .seconds(4)) == .discard(.unaskedReply))
        #expect(filter.enter(udp(outside, 53, node, 2), now: .seconds(4)) == .pass)
        #expect(filter.enter(udp(outside, 53, node, 4), now: .seconds(4)) == .pass)
        // Those that ended make room before any other has to.
        _ = filter.leave(udp(node, 5, outside, 53), now: .seconds(250))
        #expect(filter.enter(udp(outside, 53, node, 2), now: .seconds(251)) == .pass)
        #expect(filter.enter(tcp(outside, 80, node, 1, []), now: .seconds(251)) == .discard(.tcpPort))
    }

    @Test("Extension headers lead to what they carry")
    func extensionHeaders() {
        var filter = makeFilter { $0.udpPorts = [7...7] }
        let options: [UInt8] = [NextHeader.destinationOptions.rawValue, 0, 1, 4, 0, 0, 0, 0]
        let more: [UInt8] = [NextHeader.udp.rawValue, 0, 1, 4, 0, 0, 0, 0]
        let open = packet(outside, node, .hopByHop, options + more + udpPayload(1, 7))
        let closed = packet(outside, node, .hopByHop, options + more + udpPayload(1, 8))
        #expect(filter.enter(open, now: .zero) == .pass)
        #expect(filter.enter(closed, now: .zero) == .discard(.udpPort))
    }

    @Test("No bytes do harm: cut off anywhere, or changed at random")
    func foreignBytes() {
        let error = message(3, Place.router, node, about: tcp(node, 1, outside, 2, .synchronize))
        let packets = [
            udp(outside, 1, node, 2), tcp(outside, 1, node, 2, []), error,
            echo(outside, node, request: false, identifier: 1),
            fragment(outside, node, offset: 0, more: true, identification: 1, .udp, udpPayload(53, 1000)),
        ]
        var filter = makeFilter()
        for packet in packets {
            for count in 0..<packet.count {
                #expect(filter.enter(Array(packet.prefix(count)), now: .zero) == .discard(.malformed))
            }
        }
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var judged: UInt64 = filter.counters[.malformed]
        for round in 0..<20_000 {
            let mutant = generator.mutated(packets[round % packets.count])
            _ = round.isMultiple(of: 2) ? filter.enter(mutant, now: .zero) : filter.leave(mutant, now: .zero)
            judged += 1
        }
        let counters = filter.counters
        let all = counters.entered + counters.left + counters.nonzero.reduce(0) { $0 + $1.count }
        #expect(all == judged, "seed \(seed)")
        #expect(filter.flowCount <= filter.policy.flowLimit, "seed \(seed)")
    }
}
