import EngineCore
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("The router table")
struct RouterTableTests {
    private let own = RouterID(rawValue: 1)
    private let near = RouterID(rawValue: 5)
    private let other = RouterID(rawValue: 9)
    private let far = RouterID(rawValue: 20)
    private let start = Instant(microseconds: 1_000_000)

    private func mask(_ ids: RouterID...) -> RouterIDMask {
        var mask = RouterIDMask()
        for id in ids { mask.insert(id) }
        return mask
    }

    /// A table of four routers, of which `near` and `other` are heard with the given qualities.
    private func table(near nearQuality: LinkQuality = .good, other otherQuality: LinkQuality = .good) -> RouterTable {
        var table = RouterTable()
        _ = table.update(ids: mask(own, near, other, far), sequence: 7, now: start)
        for (id, quality) in [(near, nearQuality), (other, otherQuality)] where quality > .none {
            link(&table, id, quality)
        }
        return table
    }

    private func link(_ table: inout RouterTable, _ id: RouterID, _ quality: LinkQuality) {
        let margin: Double = quality == .good ? 40 : quality == .fair ? 15 : 5
        table.modify(id) {
            $0.link = .valid
            $0.neighbor.signal.add(rssi: DecibelMilliwatts(-60), margin: Decibels(margin))
            $0.neighbor.linkQualityOut = quality
        }
    }

    /// What a router tells: its costs to the others, and how it hears `own`.
    private func route(
        _ costs: [(id: RouterID, cost: UInt8)], hears: UInt8 = 3, sequence: UInt8 = 7
    ) -> Route64 {
        var ids = mask(own, near, other, far)
        for entry in costs { ids.insert(entry.id) }
        let entries = ids.map { id in
            RouteEntry(
                linkQualityOut: 3, linkQualityIn: id == own ? hears : 3,
                routeCost: costs.first { $0.id == id }?.cost ?? 0)
        }
        return Route64(idSequence: sequence, routerIDMask: ids, entries: entries)
    }

    @Test("A direct link of good, fair and poor quality costs 1, 2 and 4")
    func directCost() throws {
        for (quality, cost) in [(LinkQuality.good, UInt8(1)), (.fair, 2), (.poor, 4)] {
            let path = try #require(table(near: quality).path(to: near))
            #expect(path.nextHop == near)
            #expect(path.cost == cost)
        }
        #expect(table(near: .none).path(to: near) == nil)
    }

    @Test("Both directions count: the worse one sets the cost")
    func worseDirection() {
        var table = table()
        table.modify(near) { $0.neighbor.linkQualityOut = .poor }
        #expect(table.path(to: near)?.cost == 4)
    }

    @Test("A detour is taken only when it is cheaper than the direct link")
    func detour() throws {
        var table = table(near: .good, other: .poor)
        _ = table.learn(route([(other, 3)]), from: near, self: own, now: start)
        #expect(try #require(table.path(to: other)).nextHop == other, "1 + 3 is no better than 4")
        _ = table.learn(route([(other, 2)]), from: near, self: own, now: start)
        let path = try #require(table.path(to: other))
        #expect(path.nextHop == near)
        #expect(path.cost == 3)
    }

    @Test("A way is learnt from a neighbor, changed by a cheaper one, and unlearnt when its next hop withdraws it")
    func learning() throws {
        var table = table()
        let isNew = table.learn(route([(far, 3)]), from: near, self: own, now: start)
        #expect(isNew)
        #expect(try #require(table.path(to: far)).cost == 4)
        let repeated = table.learn(route([(far, 3)]), from: near, self: own, now: start)
        #expect(!repeated)
        // As dear by another neighbor: the way stays.
        _ = table.learn(route([(far, 3)]), from: other, self: own, now: start)
        #expect(try #require(table.path(to: far)).nextHop == near)
        _ = table.learn(route([(far, 1)]), from: other, self: own, now: start)
        #expect(try #require(table.path(to: far)).nextHop == other)
        // Another neighbor that loses its way changes nothing; the next hop that does, does.
        let unconcerned = table.learn(route([]), from: near, self: own, now: start)
        #expect(!unconcerned)
        let lost = table.learn(route([]), from: other, self: own, now: start)
        #expect(lost)
        #expect(table.path(to: far) == nil)
    }

    @Test("The next hop that tells a higher cost is believed")
    func risingCost() throws {
        var table = table()
        _ = table.learn(route([(far, 2)]), from: near, self: own, now: start)
        _ = table.learn(route([(far, 9)]), from: near, self: own, now: start)
        #expect(try #require(table.path(to: far)).cost == 10)
    }

    @Test("A way may cost 15 and no more", arguments: 1...15 as ClosedRange<UInt8>)
    func costLimit(cost: UInt8) {
        var table = table(near: .fair)
        _ = table.learn(route([(far, cost)]), from: near, self: own, now: start)
        #expect(table.path(to: far)?.cost == (cost + 2 <= 15 ? cost + 2 : nil))
    }

    @Test("Nothing is learnt from a router without a link, nor from a stranger")
    func strangers() {
        var table = table(near: .none)
        for id in [near, RouterID(rawValue: 40)] {
            let hasLearnt = table.learn(route([(far, 1)]), from: id, self: own, now: start)
            #expect(!hasLearnt)
        }
        #expect(table.path(to: far) == nil)
    }

    @Test("A link that is taken down takes along the ways that led over it")
    func linkDown() {
        var table = table()
        _ = table.learn(route([(far, 1)]), from: near, self: own, now: start)
        table.removeLink(near, now: start + .seconds(5))
        #expect(table.path(to: near) == nil)
        #expect(table.path(to: far) == nil)
        #expect(table[near]?.lastReachable == start + .seconds(5))
        #expect(table.path(to: other)?.cost == 1)
    }

    @Test("The leader's set of ids adds and removes routers, and drops ways over those that are gone")
    func idSet() {
        var table = table()
        _ = table.learn(route([(far, 1)]), from: near, self: own, now: start)
        let fresh = RouterID(rawValue: 62)
        let change = table.update(ids: mask(own, other, far, fresh), sequence: 8, now: start + .seconds(1))
        #expect(change.removed.map(\.id) == [near])
        #expect(change.hasAdded)
        #expect(table.routers.map(\.id) == [own, other, far, fresh])
        #expect(table.path(to: far) == nil)
        #expect(table.idSequence == 8)
        #expect(table.idSequenceUpdated == start + .seconds(1))
        let same = table.update(ids: mask(own, other, far, fresh), sequence: 9, now: start)
        #expect(same.removed.isEmpty && !same.hasAdded)
    }

    @Test(
        "A sequence is newer in the half circle ahead",
        arguments: [
            (7, 8, true), (7, 7, false), (7, 6, false), (250, 3, true), (3, 250, false), (0, 127, true),
            (0, 128, false),
        ] as [(UInt8, UInt8, Bool)])
    func sequences(known: UInt8, heard: UInt8, isNewer: Bool) {
        var table = RouterTable()
        #expect(table.isNewer(heard), "without routers everything is news")
        _ = table.update(ids: mask(own), sequence: known, now: start)
        #expect(table.isNewer(heard) == isNewer)
    }

    @Test("An id that is wanted and free is given; one that is taken is replaced by another")
    func allocation() {
        var entropy = OpenEntropy(seed: 1)
        var table = RouterTable()
        table.startSequence(255, now: start)
        let first = table.allocate(preferring: near, limit: 32, now: start, entropy: &entropy)
        #expect(first == near)
        #expect(table.idSequence == 0, "the sequence goes on, around the end")
        let second = table.allocate(preferring: near, limit: 32, now: start, entropy: &entropy)
        #expect(second != nil && second != near)
        let third = table.allocate(preferring: RouterID.none, limit: 32, now: start, entropy: &entropy)
        #expect(third?.isValid == true)
    }

    @Test("No more ids are given than the limit, each only once")
    func allocationLimit() {
        var entropy = OpenEntropy(seed: 2)
        var table = RouterTable()
        var given: Set<RouterID> = []
        for _ in 0..<32 {
            if let id = table.allocate(preferring: nil, limit: 32, now: start, entropy: &entropy) { given.insert(id) }
        }
        #expect(given.count == 32)
        #expect(given.allSatisfy { $0.isValid })
        let oneMore = table.allocate(preferring: nil, limit: 32, now: start, entropy: &entropy)
        #expect(oneMore == nil)
    }

    @Test("A released id rests before it is given out again, to whomever")
    func reuse() {
        var entropy = OpenEntropy(seed: 3)
        var table = RouterTable()
        _ = table.allocate(preferring: near, limit: 64, now: start, entropy: &entropy)
        let sequence = table.idSequence
        table.release(near, reuseDelay: .seconds(100), now: start)
        #expect(table.idSequence == sequence &+ 1)
        #expect(table.count == 0)
        // All others are given before it is, and it itself is not given at all.
        let early = start + .seconds(100) + .microseconds(-1)
        for _ in 0..<62 {
            let id = table.allocate(preferring: near, limit: 64, now: early, entropy: &entropy)
            #expect(id != nil && id != near)
        }
        let tooEarly = table.allocate(preferring: near, limit: 64, now: early, entropy: &entropy)
        #expect(tooEarly == nil)
        let rested = table.allocate(preferring: near, limit: 64, now: start + .seconds(100), entropy: &entropy)
        #expect(rested == near)
    }

    @Test("Releasing an id that nobody has changes nothing")
    func releaseUnknown() {
        var table = table()
        let before = table
        table.release(RouterID(rawValue: 33), reuseDelay: .seconds(100), now: start)
        #expect(table == before)
    }

    @Test("What a router tells: qualities of its links, costs of its ways, and 1 for itself")
    func advertised() throws {
        var table = table(near: .good, other: .fair)
        _ = table.learn(route([(far, 2)], hears: 2), from: near, self: own, now: start)
        let route = table.route64(self: own)
        #expect(route.idSequence == 7)
        #expect(Array(route.routerIDMask) == [own, near, other, far])
        #expect(route.entry(for: own) == RouteEntry(linkQualityOut: 0, linkQualityIn: 0, routeCost: 1))
        #expect(route.entry(for: near) == RouteEntry(linkQualityOut: 2, linkQualityIn: 3, routeCost: 2))
        #expect(route.entry(for: other) == RouteEntry(linkQualityOut: 2, linkQualityIn: 2, routeCost: 2))
        #expect(route.entry(for: far) == RouteEntry(linkQualityOut: 0, linkQualityIn: 0, routeCost: 4))
        #expect(route.entry(for: RouterID(rawValue: 50)) == nil)
    }

    @Test("A child that may become a router learns its parent's ways")
    func asChild() {
        var table = table(near: .none, other: .none)
        table.learnAsChild(route([(far, 3)]), parent: near)
        #expect(table[far]?.nextHop == near)
        #expect(table[far]?.cost == 3)
        #expect(table[other]?.nextHop == nil)
        #expect(table[near]?.nextHop == nil)
    }
}
