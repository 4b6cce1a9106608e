import EngineCore
import Testing
import ThreadWire

@testable import IPEngine

@Suite("IP engine: error messages")
struct IPEngineErrorsTests {
    private let peer = endpoint(0x0800)
    private let own = endpoint(0x0400)

    @Test("errors are limited to a burst, then to one an interval")
    func rate() {
        var node = makeNode {
            $0.errorBurst = 3
            $0.errorInterval = .seconds(2)
        }
        func errors(_ count: Int, at seconds: Int64) -> Int {
            for _ in 0..<count {
                node.receive(makeUDP(from: peer, to: own, 5), link: secured, now: .zero + .seconds(seconds))
            }
            return node.sent().count
        }
        #expect(errors(10, at: 0) == 3)
        #expect(errors(10, at: 1) == 0)
        #expect(errors(10, at: 2) == 1)
        #expect(errors(10, at: 7) == 2)
        #expect(errors(10, at: 1000) == 3)
        #expect(node.drops[.noListener] == 50)
    }

    @Test("no error is sent about an error, a redirect, or what cannot be told apart from them")
    func aboutErrors() {
        var node = makeNode { $0.errorBurst = 200 }
        func reported(_ datagram: [UInt8]) -> Bool {
            node.receive(datagram, link: secured, now: .zero)
            return !node.sent().isEmpty
        }
        func expired(_ datagram: [UInt8]) -> [UInt8] {
            var datagram = datagram
            datagram[7] = 1
            return datagram
        }
        let other = endpoint(0x0c00)
        let error = makeICMPv6(.destinationUnreachable(.port, invoking: []), from: peer, to: other)
        let redirect = makeICMPv6(.unknown(type: 137, code: 0, body: []), from: peer, to: other)
        let echo = makeICMPv6(.echoRequest(.init(identifier: 1, sequence: 1, payload: [])), from: peer, to: other)
        #expect(reported(expired(echo)))
        #expect(reported(expired(withOptions([.padN(4)], echo))))
        #expect(!reported(expired(error)))
        #expect(!reported(expired(redirect)))
        #expect(!reported(expired(withOptions([.padN(4)], error))))
        #expect(!reported(expired(withOptions([.padN(4)], as: .destinationOptions, error))))
        #expect(!reported(expired(makeDatagram(.icmpv6, [], from: peer, to: other))))
        #expect(!reported(expired(makeDatagram(.destinationOptions, [58, 9], from: peer, to: other))))
    }

    @Test("an error repeats no more of a datagram than configured")
    func invoking() throws {
        var node = makeNode { $0.errorInvokingLimit = 60 }
        let datagram = makeUDP(from: peer, to: own, 5, payload: [UInt8](repeating: 7, count: 500))
        node.receive(datagram, link: secured, now: .zero)
        #expect(
            try Parts(try #require(node.sent().first).bytes).icmpv6
                == .destinationUnreachable(.port, invoking: Array(datagram.prefix(60))))
    }

    @Test("an error that has no address to come from is dropped")
    func noSource() {
        var node = makeNode()
        node.unicastAddresses = [UnicastAddress(linkLocal(0x0400))]
        node.receive(makeUDP(from: peer, to: endpoint(0x0c00), 5, hopLimit: 1), link: secured, now: .zero)
        #expect(node.sent().isEmpty && node.drops[.noRoute] == 1 && node.drops[.hopLimitExceeded] == 1)
    }
}
