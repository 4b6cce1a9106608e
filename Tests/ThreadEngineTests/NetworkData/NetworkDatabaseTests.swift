import EngineCore
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("The leader's network data")
struct NetworkDatabaseTests {
    static let delay = Duration.seconds(300)
    static let first = RLOC16(rawValue: 0xd000)
    static let second = RLOC16(rawValue: 0xcc00)
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
    private let session = NetworkDataTLV.commissioningData(
        CommissioningDataTLV(tlvs: [.commissionerSessionID(0xf182)]))

    static func offer(
        _ prefixes: [OnMeshPrefix] = [], _ routes: [ExternalRoute] = [], _ services: [MeshService] = [],
        at rloc16: RLOC16
    ) throws -> NetworkData {
        var server = ServerData(limit: NetworkData.maximumLength)
        for prefix in prefixes { try server.add(prefix, meshLocal: nil) }
        for route in routes { try server.add(route, meshLocal: nil) }
        for service in services { try server.add(service) }
        return server.data(at: rloc16)
    }

    private func paros(_ prefix: IPv6Prefix, isStable: Bool = true) -> OnMeshPrefix {
        OnMeshPrefix(prefix, flags: [.preferred, .slaac, .defaultRoute, .onMesh], isStable: isStable)
    }

    private func register(
        _ database: inout NetworkDatabase, _ offer: NetworkData, from server: RLOC16, now: Instant = .zero
    ) -> (change: NetworkDatabase.Change, refusal: NetworkDatabase.Refusal?) {
        database.register(offer, from: server, reuseDelay: Self.delay, now: now)
    }

    @Test("Registrations make the bytes that OpenThread's leader made of them: recording cliref, netdata show -x")
    func recorded() throws {
        var database = NetworkDatabase(NetworkData(tlvs: [session]))
        let prefix = try Self.offer([paros(cafe)], at: Self.first)
        #expect(register(&database, prefix, from: Self.first).change == .stable)
        let service = MeshService(enterpriseNumber: 44970, serviceData: [0x5d], serverData: [0xc0, 0xde])
        let both = try Self.offer([paros(cafe)], [], [service], at: Self.first)
        #expect(register(&database, both, from: Self.first).change == .stable)
        let route = try Self.offer([], [ExternalRoute(IPv6Prefix("2001:db8:1::/48")!, isStable: true)], at: Self.second)
        #expect(register(&database, route, from: Self.second).change == .stable)
        #expect(
            hexadecimal(database.bytes)
                == "08040b02f182031400402001cafecafecafe0504d0003300070211400b0980015d0d04d000c0de030d003020010db800"
                + "010103cc0000")
        #expect(database.bytes.count == 54 && database.longest == 54)
    }

    /// What is known × what is said, with the change and the refusal that must follow.
    @Test("Each event changes exactly what it must, in every state")
    func events() throws {
        enum State: CaseIterable { case empty, stable, temporary, others, expiring }
        enum Event: CaseIterable { case same, stable, temporary, nothing, foreign, removal }
        func database(_ state: State) throws -> NetworkDatabase {
            var database = NetworkDatabase(NetworkData(tlvs: [session]))
            switch state {
            case .empty: break
            case .stable: _ = register(&database, try Self.offer([paros(cafe)], at: Self.first), from: Self.first)
            case .temporary:
                _ = register(
                    &database, try Self.offer([paros(cafe, isStable: false)], at: Self.first), from: Self.first)
            case .others: _ = register(&database, try Self.offer([paros(cafe)], at: Self.second), from: Self.second)
            case .expiring:
                _ = register(&database, try Self.offer([paros(cafe)], at: Self.first), from: Self.first)
                _ = register(&database, NetworkData(), from: Self.first)
            }
            return database
        }
        let expected: [State: [Event: NetworkDatabase.Change]] = [
            .empty: [.stable: .stable, .temporary: .temporary],
            .stable: [.temporary: .stable, .nothing: .stable, .removal: .stable],
            .temporary: [.stable: .stable, .nothing: .temporary, .removal: .temporary],
            // A second server of a stable prefix is an entry of its own, even though it is named by no one there.
            .others: [.stable: .stable, .temporary: .temporary],
            .expiring: [.stable: .stable, .temporary: .stable],
        ]
        for state in State.allCases {
            for event in Event.allCases {
                var database = try database(state)
                let before = database
                let stable = try Self.offer([paros(cafe)], at: Self.first)
                let temporary = try Self.offer([paros(cafe, isStable: false)], at: Self.first)
                let result: (change: NetworkDatabase.Change, refusal: NetworkDatabase.Refusal?)
                switch event {
                case .same:
                    let own = NetworkData(tlvs: before.data.tlvs.filter { $0.type != .commissioningData })
                    let isOwn = before.servers == [Self.first]
                    result = isOwn ? register(&database, own, from: Self.first) : (.none, nil)
                case .stable: result = register(&database, stable, from: Self.first)
                case .temporary: result = register(&database, temporary, from: Self.first)
                case .nothing: result = register(&database, NetworkData(), from: Self.first)
                case .foreign: result = register(&database, stable, from: Self.second)
                case .removal:
                    result = (
                        database.removeServers(reuseDelay: Self.delay, now: .zero) {
                            $0.routerID == Self.first.routerID
                        }, nil
                    )
                }
                let isNoChange = event == .stable && state == .stable || event == .temporary && state == .temporary
                let change = isNoChange ? .none : expected[state]?[event] ?? .none
                #expect(result.change == change, "\(state), \(event)")
                #expect(result.refusal == (event == .foreign ? .invalid : nil), "\(state), \(event)")
                #expect((database.bytes == before.bytes) == (change == .none), "\(state), \(event)")
            }
        }
    }

    @Test(
        "The number of a prefix that nobody offers stays for the reuse delay, is understood, and then given out again")
    func contexts() throws {
        var database = NetworkDatabase()
        _ = register(&database, try Self.offer([paros(cafe)], at: Self.first), from: Self.first)
        #expect(database.contexts == [LowPANContext(id: 1, prefix: cafe, isCompressible: true)])
        _ = register(&database, NetworkData(), from: Self.first)
        #expect(database.contexts == [LowPANContext(id: 1, prefix: cafe, isCompressible: false)])
        #expect(database.nextContextExpiration == Instant.zero + Self.delay)
        // Another prefix gets another number meanwhile.
        let other = IPv6Prefix("fd00:7:7:7::/64")!
        _ = register(&database, try Self.offer([paros(other)], at: Self.second), from: Self.second)
        #expect(database.contexts.map(\.id) == [1, 2])
        // Offered again it has its old number, and what was scheduled is called off.
        _ = register(
            &database, try Self.offer([paros(cafe)], at: Self.first), from: Self.first, now: .zero + .seconds(100))
        #expect(database.contexts.first == LowPANContext(id: 1, prefix: cafe, isCompressible: true))
        #expect(database.nextContextExpiration == nil)
        let gone = Instant.zero + .seconds(200)
        _ = register(&database, NetworkData(), from: Self.first, now: gone)
        // A change of something else does not put it off.
        _ = register(&database, NetworkData(), from: Self.second, now: gone + .seconds(100))
        #expect(database.nextContextExpiration == gone + Self.delay)
        #expect(database.removeExpiredContexts(now: gone + .seconds(299)) == .none)
        #expect(database.removeExpiredContexts(now: gone + Self.delay) == .stable)
        #expect(database.contexts.map(\.id) == [2])
        _ = register(&database, try Self.offer([paros(cafe)], at: Self.first), from: Self.first, now: gone)
        #expect(database.contexts.map(\.id).sorted() == [1, 2])
    }

    private func numbered(_ number: Int, length: UInt8 = 32) -> IPv6Prefix {
        IPv6Prefix(IPv6Address(high: 0x2001_0000_0000_0000 | UInt64(number) << 32, low: 0), length: length)
    }

    @Test("Prefixes beyond fifteen numbers or 254 bytes are refused, and what came before them stays")
    func limits() throws {
        var database = NetworkDatabase()
        for number in 0..<20 {
            let rloc16 = RouterID(rawValue: UInt8(number)).rloc16
            let prefix = numbered(number, length: 8 + UInt8(number))
            let offer = try Self.offer([OnMeshPrefix(prefix, flags: [.onMesh], isStable: true)], at: rloc16)
            let result = register(&database, offer, from: rloc16)
            let isFull = database.bytes.count + 18 > NetworkData.maximumLength
            #expect(result.refusal == nil || result.refusal == (number < 15 && isFull ? .full : .numbersExhausted))
            #expect(database.bytes.count <= NetworkData.maximumLength)
        }
        #expect(database.contexts.count <= 15)

        var long = NetworkDatabase()
        var server = ServerData(limit: 10_000)
        for number in 0..<30 {
            try server.add(ExternalRoute(numbered(number, length: 64), isStable: true), meshLocal: nil)
        }
        let result = register(&long, server.data(at: Self.first), from: Self.first)
        #expect(result.change == .stable && result.refusal == .full)
        #expect(long.data.externalRoutes.count == 14)
        // The same again changes nothing, and less makes room.
        #expect(register(&long, server.data(at: Self.first), from: Self.first).change == .none)
        let fewer = try Self.offer([], [ExternalRoute(numbered(3, length: 64), isStable: true)], at: Self.first)
        #expect(register(&long, fewer, from: Self.first) == (.stable, nil))
        #expect(long.data.externalRoutes.count == 1)
    }

    @Test("Services get the lowest free number, servers of one service share it, and sixteen are the most")
    func services() throws {
        var database = NetworkDatabase()
        func service(_ number: UInt8, _ data: [UInt8] = []) -> MeshService {
            MeshService(enterpriseNumber: 44970, serviceData: [number], serverData: data)
        }
        let three = try Self.offer([], [], [service(1), service(2), service(3)], at: Self.first)
        #expect(register(&database, three, from: Self.first) == (.stable, nil))
        #expect(database.data.services.map(\.serviceID) == [0, 1, 2])
        _ = register(&database, try Self.offer([], [], [service(2, [9])], at: Self.second), from: Self.second)
        #expect(database.data.services.map(\.serviceID) == [0, 1, 2])
        #expect(database.data.services[1].servers.map(\.rloc16) == [Self.first, Self.second])
        _ = register(&database, try Self.offer([], [], [service(2), service(3)], at: Self.first), from: Self.first)
        #expect(database.data.services.map(\.serviceID) == [1, 2])
        _ = register(&database, try Self.offer([], [], [service(7)], at: Self.second), from: Self.second)
        #expect(database.data.services.map(\.serviceID) == [1, 2, 0])
        let many = try Self.offer([], [], (10..<30).map { service($0) }, at: Self.second)
        #expect(register(&database, many, from: Self.second).refusal == .numbersExhausted)
        #expect(Set(database.data.services.map(\.serviceID)) == Set(0...15))
    }

    @Test("An offer with entries of others, with something twice, or with elements without entries is refused whole")
    func invalidOffers() {
        func entry(_ rloc16: RLOC16) -> BorderRouterEntry {
            BorderRouterEntry(rloc16: rloc16, preference: .medium, flags: [.onMesh])
        }
        func prefix(_ subTLVs: [PrefixSubTLV]) -> NetworkDataTLV {
            .prefix(PrefixTLV(isStable: true, prefix: cafe, subTLVs: subTLVs))
        }
        func service(_ servers: [RLOC16]) -> NetworkDataTLV {
            .service(
                ServiceTLV(
                    isStable: true, serviceID: 0, serviceData: [1],
                    subTLVs: servers.map { .server(ServerTLV(isStable: true, rloc16: $0, serverData: [])) }))
        }
        let valid = prefix([.borderRouter(isStable: true, [entry(Self.first)])])
        let offers: [[NetworkDataTLV]] = [
            [prefix([])], [valid, valid], [service([])], [service([Self.second])],
            [service([Self.first, Self.first])], [service([Self.first]), service([Self.first])],
            [prefix([.borderRouter(isStable: true, [entry(Self.second)])])],
            [prefix([.borderRouter(isStable: true, [])])], [prefix([.hasRoute(isStable: true, [])])],
            [prefix([.borderRouter(isStable: true, [entry(Self.first), entry(Self.first)])])],
            [
                prefix([
                    .borderRouter(isStable: true, [entry(Self.first)]),
                    .borderRouter(isStable: true, [entry(Self.first)]),
                ])
            ], [prefix([.hasRoute(isStable: false, [HasRouteEntry(rloc16: Self.second, preference: .low)])])],
            [prefix([.context(ContextTLV(isStable: true, contextID: 3, isCompressible: true, length: 64))])],
        ]
        for offer in offers {
            var database = NetworkDatabase(NetworkData(tlvs: [session]))
            let before = database
            let result = register(&database, NetworkData(tlvs: offer), from: Self.first)
            #expect(result == (.none, .invalid) && database == before, "\(offer)")
        }
        // What a server says of numbers is the leader's to decide, and unknown elements are not taken in.
        var database = NetworkDatabase()
        let context = PrefixSubTLV.context(ContextTLV(isStable: true, contextID: 3, isCompressible: true, length: 64))
        let unknown = NetworkDataTLV.unknown(
            UnknownNetworkDataTLV(type: NetworkDataTLVType(rawValue: 100), isStable: true, value: [1]))
        let offer = NetworkData(tlvs: [
            unknown, prefix([context, .borderRouter(isStable: true, [entry(Self.first)])]),
        ])
        #expect(register(&database, offer, from: Self.first) == (.stable, nil))
        #expect(database.contexts.map(\.id) == [1] && database.data.tlvs.count == 1)
    }

    @Test("Random registrations keep every invariant", arguments: 1...8 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var entropy = OpenEntropy(seed: seed)
        var database = NetworkDatabase(NetworkData(tlvs: [session]))
        var now = Instant.zero
        for step in 0..<400 {
            now = now + .seconds(Int64(entropy.below(60)))
            let before = database
            let server = RLOC16(
                routerID: RouterID(rawValue: UInt8(entropy.below(6))), childID: UInt16(entropy.below(2)))
            let change: NetworkDatabase.Change
            switch entropy.below(8) {
            case 0: change = database.removeExpiredContexts(now: now)
            case 1:
                change = database.removeServers(reuseDelay: Self.delay, now: now) { $0.routerID == server.routerID }
                #expect(!database.servers.contains { $0.routerID == server.routerID })
            default:
                let offer = randomOffer(&entropy, at: server)
                let result = register(&database, offer, from: server, now: now)
                change = result.change
                #expect(result.refusal != .invalid, "seed \(seed), step \(step)")
                let offered = Set(offer.serverEntries.map(Self.withoutServiceID))
                let kept = Set(database.entries(of: server).map(Self.withoutServiceID))
                #expect(kept.isSubset(of: offered), "seed \(seed), step \(step)")
                if result.refusal == nil { #expect(kept == offered, "seed \(seed), step \(step)") }
            }
            // The version counts exactly what changed.
            #expect((change == .none) == (database.bytes == before.bytes), "seed \(seed), step \(step)")
            #expect(
                (change == .stable) == (database.data.stableSubset.bytes != before.data.stableSubset.bytes),
                "seed \(seed), step \(step)")
            try checkInvariants(database, before, now: now, "seed \(seed), step \(step)")
        }
    }

    @Test(
        "Mutated and cut off offers break nothing, whatever of them is taken in",
        arguments: 1...4 as ClosedRange<UInt64>)
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let service = MeshService(enterpriseNumber: 7, serviceData: [0x5d], serverData: [0xc0, 0xde])
        let whole = try Self.offer(
            [paros(cafe), OnMeshPrefix(numbered(3, length: 20), flags: [.dhcp], isStable: false)],
            [ExternalRoute(IPv6Prefix("2001:db8:1::/48")!, isStable: true)], [service], at: Self.first
        ).bytes
        var taken = 0
        for step in 0..<5000 {
            let bytes = generator.mutated(whole)
            guard let offer = try? NetworkData(bytes) else { continue }
            var database = NetworkDatabase(NetworkData(tlvs: [session]))
            _ = register(&database, try Self.offer([paros(cafe)], at: Self.second), from: Self.second)
            let before = database
            if register(&database, offer, from: Self.first).change != .none { taken += 1 }
            try checkInvariants(database, before, now: .zero, "seed \(seed), step \(step)")
            #expect(database.entries(of: Self.second) == before.entries(of: Self.second), "seed \(seed), step \(step)")
        }
        #expect(taken > 100)
    }

    private static func withoutServiceID(_ entry: ServerEntry) -> ServerEntry {
        guard case .service(var service) = entry else { return entry }
        service.serviceID = 0
        return .service(service)
    }

    private func randomOffer(_ entropy: inout OpenEntropy, at server: RLOC16) -> NetworkData {
        var data = ServerData(limit: NetworkData.maximumLength)
        for _ in 0..<entropy.below(4) {
            let isStable = entropy.below(2) == 0
            let prefix = numbered(Int(entropy.below(24)), length: 64)
            switch entropy.below(3) {
            case 0:
                try? data.add(
                    ExternalRoute(prefix, preference: entropy.below(2) == 0 ? .low : .high, isStable: isStable),
                    meshLocal: nil)
            case 1: try? data.add(paros(prefix, isStable: isStable), meshLocal: nil)
            default:
                try? data.add(
                    MeshService(
                        enterpriseNumber: 44970, serviceData: [UInt8(entropy.below(20))],
                        serverData: [UInt8](repeating: 1, count: Int(entropy.below(20))), isStable: isStable))
            }
        }
        return data.data(at: server)
    }

    private func checkInvariants(
        _ database: NetworkDatabase, _ before: NetworkDatabase, now: Instant, _ place: Comment
    ) throws {
        let data = database.data
        #expect(database.bytes.count <= NetworkData.maximumLength, place)
        #expect(try NetworkData(database.bytes) == data, place)
        #expect(try NetworkData(data.stableSubset.bytes) == data.stableSubset, place)
        let ids = data.prefixes.compactMap { $0.context?.contextID }
        #expect(Set(ids).count == ids.count && ids.allSatisfy { (1...15).contains($0) }, place)
        let services = data.services.map(\.serviceID)
        #expect(Set(services).count == services.count && services.allSatisfy { $0 <= 15 }, place)
        #expect(Set(data.prefixes.map(\.prefix)).count == data.prefixes.count, place)
        for prefix in data.prefixes {
            #expect(!prefix.subTLVs.isEmpty, place)
            #expect(prefix.isStable == prefix.subTLVs.contains { $0.isStable }, place)
            #expect((prefix.context == nil) == (prefix.borderRouters.isEmpty && !isExpiring(prefix, database)), place)
            #expect(prefix.context?.isCompressible ?? false == !prefix.borderRouters.isEmpty, place)
            // A number never moves from one prefix to another before its time.
            if let old = before.data.prefixes.first(where: { $0.prefix == prefix.prefix })?.context?.contextID,
                let new = prefix.context?.contextID
            {
                #expect(old == new, place)
            }
        }
        for service in data.services { #expect(!service.servers.isEmpty, place) }
        #expect(data.commissioningData?.sessionID == 0xf182, place)
        #expect(Set(database.contextExpirations.keys) == Set(database.contexts.filter { !$0.isCompressible }.map(\.id)))
    }

    private func isExpiring(_ prefix: PrefixTLV, _ database: NetworkDatabase) -> Bool {
        prefix.context.map { database.contextExpirations[$0.contextID] != nil } ?? false
    }
}
