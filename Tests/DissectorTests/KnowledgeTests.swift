import LinkSecurity
import Testing
import ThreadWire
import WireCore

@testable import Dissector

@Suite("What a capture tells of its network")
struct KnowledgeTests {
    static func address(_ number: UInt64) -> ExtendedAddress { ExtendedAddress(rawValue: number) }

    @Test("The latest owner of a short address is tried first, then its earlier ones, then all others")
    func senders() {
        var knowledge = Knowledge()
        let short = ShortAddress(rawValue: 0xa000)
        knowledge.learn(Self.address(3))
        knowledge.learn(short, of: Self.address(1))
        knowledge.learn(short, of: Self.address(2))
        #expect(knowledge.senders(from: .short(short)).map(\.rawValue) == [2, 1, 3])
        knowledge.learn(short, of: Self.address(1))
        #expect(knowledge.senders(from: .short(short)).map(\.rawValue) == [1, 2, 3])
        #expect(knowledge.senders(from: .extended(Self.address(9))).map(\.rawValue) == [9])
        #expect(knowledge.senders(from: .none).map(\.rawValue) == [3, 1, 2])
    }

    @Test("A key index means the first round of sequences, and those near ones that were named in full")
    func keySequences() {
        var knowledge = Knowledge()
        #expect(knowledge.keySequences(for: .index(1)) == [0])
        #expect(knowledge.keySequences(for: .index(0)) == [])
        knowledge.learn(keySequence: 128)
        #expect(knowledge.keySequences(for: .index(1)) == [0, 128])
        #expect(knowledge.keySequences(for: .index(2)) == [1, 129])
        #expect(knowledge.keySequences(for: .index(128)) == [127])
        #expect(knowledge.keySequences(for: .source4(300, index: 45)) == [300])
        #expect(knowledge.keySequences(for: .source4(300, index: 46)) == [])
        #expect(knowledge.keySequences(for: .implicit) == [])
        knowledge.learn(keySequence: .max)
        #expect(knowledge.keySequences(for: .index(1)).contains(0), "the sequence behind the last is not a trap")
    }

    @Test("A context holds from the frame that told it, the first one also before")
    func contexts() throws {
        func data(_ prefix: String) throws -> NetworkData {
            NetworkData(tlvs: [
                .prefix(
                    PrefixTLV(
                        isStable: true, prefix: try #require(IPv6Prefix(prefix)),
                        subTLVs: [
                            .context(ContextTLV(isStable: true, contextID: 1, isCompressible: true, length: 64))
                        ]))
            ])
        }
        var knowledge = Knowledge()
        knowledge.learn(try data("2001:db8:2::/64"), frame: 20)
        knowledge.learn(try data("2001:db8:1::/64"), frame: 10)
        let prefix = try #require(IPv6Prefix("fd00::/64"))
        func context(_ frame: Int) -> String? {
            knowledge.contexts(at: frame, meshLocalPrefix: prefix)[1].map { "\($0.prefix)" }
        }
        #expect(context(1) == "2001:db8:1:0::/64")
        #expect(context(15) == "2001:db8:1:0::/64")
        #expect(context(20) == "2001:db8:2:0::/64")
        #expect(knowledge.contexts(at: 1, meshLocalPrefix: prefix)[0]?.prefix == prefix)
        let before = knowledge
        knowledge.learn(try data("2001:db8:2::/64"), frame: 30)
        #expect(knowledge == before, "nothing new")
    }

    @Test("Fragments come together in any order, on each hop apart")
    func reassembly() {
        var reassembly = Reassembly()
        func key(_ hop: UInt16) -> Reassembly.Key {
            Reassembly.Key(
                frameSource: .short(ShortAddress(rawValue: hop)), frameDestination: .none, source: .none,
                destination: .none, size: 12, tag: 1)
        }
        #expect(reassembly.add([9, 10, 11, 12], at: 8, of: key(1)) == nil)
        #expect(reassembly.add([1, 2, 3, 4, 5, 6, 7, 8], at: 0, of: key(2)) == nil)
        #expect(reassembly.add([1, 2, 3, 4, 5, 6, 7, 8], at: 0, of: key(1)) == Array(1...12))
        #expect(reassembly.add([9, 10, 11, 12], at: 8, of: key(1)) == nil, "a new datagram begins")
        #expect(reassembly.add([9, 10, 11, 12, 13], at: 8, of: key(2)) == nil, "beyond the end")
        #expect(reassembly.add([9, 10, 11, 12], at: 8, of: key(2)) == Array(1...12))
        for hop in 0..<1000 as Range<UInt16> { _ = reassembly.add([1], at: 0, of: key(hop)) }
        #expect(reassembly.add([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], at: 1, of: key(0)) == nil, "given up")
    }
}
