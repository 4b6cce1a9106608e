import MeshCoreWire
import Testing
import ThreadWire

@testable import MeshCoreService

@Suite struct MeshDirectoryTests {
    private func key(_ bytes: UInt8...) throws -> MeshCorePublicKey {
        try #require(MeshCorePublicKey(bytes + [UInt8](repeating: 7, count: 32 - bytes.count)))
    }

    private let a = IPv6Address(high: 0xfd00_0000_0000_0000, low: 0xa)
    private let b = IPv6Address(high: 0xfd00_0000_0000_0000, low: 0xb)

    @Test("A node is where its newest advert came from")
    func nodes() throws {
        var directory = MeshDirectory()
        #expect(directory.address(of: .node(try key(1))) == nil)
        directory.learn(try key(1), at: a)
        directory.learn(try key(2), at: b)
        #expect(directory.address(of: .node(try key(1))) == a)
        directory.learn(try key(1), at: b)
        #expect(directory.address(of: .node(try key(1))) == b)
        #expect(directory.count == 2)
    }

    @Test("A hop is the repeater that used its hash last, or else the node whose key begins so")
    func hops() throws {
        var directory = MeshDirectory()
        directory.learn(try key(1, 2, 3), at: a)
        #expect(directory.address(of: .hop([1])) == a)
        #expect(directory.address(of: .hop([1, 2])) == a)
        #expect(directory.address(of: .hop([1, 3])) == nil)
        directory.learn(hop: [1], at: b)
        #expect(directory.address(of: .hop([1])) == b)
        #expect(directory.address(of: .hop([1, 2])) == a, "hashes of another length are others")
        #expect(directory.address(of: .node(try key(1, 2, 3))) == a)
    }

    @Test("What was heard longest ago gives way when there is no room")
    func bounded() throws {
        var directory = MeshDirectory(limit: 2)
        directory.learn(try key(1), at: a)
        directory.learn(try key(2), at: a)
        directory.learn(try key(1), at: a)
        directory.learn(try key(3), at: a)
        #expect(directory.count == 2)
        #expect(directory.address(of: .node(try key(2))) == nil)
        for hash in 1...3 { directory.learn(hop: [UInt8(hash), 0xff], at: b) }
        #expect(directory.address(of: .hop([1, 0xff])) == nil)
        #expect(directory.address(of: .hop([3, 0xff])) == b)
    }

    @Test("An address to which nothing goes is forgotten under all its names")
    func forgotten() throws {
        var directory = MeshDirectory()
        directory.learn(try key(1), at: a)
        directory.learn(hop: [9], at: a)
        directory.learn(try key(2), at: b)
        directory.forget(a)
        #expect(directory.address(of: .node(try key(1))) == nil && directory.address(of: .hop([9])) == nil)
        #expect(directory.address(of: .node(try key(2))) == b)
    }
}
