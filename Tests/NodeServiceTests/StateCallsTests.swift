import Testing
import ThreadEngine
import ThreadWire

@testable import NodeService

@Suite("The calls for the state of the mesh")
struct StateCallsTests {
    @Test("A stopped node knows of nothing")
    func stopped() throws {
        let programs = try TestPrograms()
        #expect(try programs.call("N0", StateCall()) == .disabled)
        #expect(try programs.call("N0", AddressesCall()).isEmpty)
        #expect(try programs.call("N0", PlaceCall()) == nil)
        #expect(try programs.call("N0", LeaderCall()) == nil)
        #expect(try programs.call("N0", NeighborsCall()).isEmpty)
        #expect(try programs.call("N0", RoutersCall()).isEmpty)
        #expect(try programs.call("N0", BorderRoutersCall()).isEmpty)
    }

    @Test("Three nodes in a line see each other as they are")
    func line() throws {
        let programs = try TestPrograms()
        #expect(try programs.call("N1", WatchCall()) == .disabled)
        try programs.form()
        let names = ["N0", "N1", "N2"]
        let places = try names.map { try #require(try programs.call($0, PlaceCall())) }
        let addresses = names.map { programs.network[$0].engine.thread.extendedAddress }

        let leaders = try names.map { try #require(try programs.call($0, LeaderCall())) }
        #expect(Set(leaders.map(\.partitionID)).count == 1 && Set(leaders.map(\.rloc16)).count == 1)
        let leading = try #require(places.firstIndex(of: leaders[0].rloc16))
        #expect(try programs.call(names[leading], StateCall()) == .leader)
        for (index, leader) in leaders.enumerated() {
            let isHeard = abs(index - leading) <= 1
            #expect(leader.extendedAddress == (isHeard ? addresses[leading] : nil), "\(names[index])")
        }

        let neighbors = try programs.call("N1", NeighborsCall())
        #expect(Set(neighbors.map(\.extendedAddress)) == [addresses[0], addresses[2]])
        #expect(neighbors.allSatisfy { !$0.isChild && $0.averageRSSI != nil && $0.age < .seconds(60) })
        #expect(try programs.call("N0", NeighborsCall()).map(\.rloc16) == [places[1]])

        let routers = try programs.call("N0", RoutersCall())
        #expect(Set(routers.map(\.rloc16)) == Set(places))
        let own = try #require(routers.first { $0.rloc16 == places[0] })
        #expect(own.pathCost == 0 && own.age == .zero && own.extendedAddress == addresses[0])
        let beside = try #require(routers.first { $0.rloc16 == places[1] })
        #expect(beside.pathCost == 1 && beside.isNeighbor && beside.extendedAddress == addresses[1])
        let far = try #require(routers.first { $0.rloc16 == places[2] })
        #expect(far.pathCost == 2 && far.nextHop == places[1] && far.extendedAddress == nil && far.age == nil)

        #expect(try programs.call("N0", IsSingleCall()) == false)
        let all = try programs.call("N2", AddressesCall())
        #expect(all.contains { $0.locator == places[2] } && all.contains { $0.isLinkLocalUnicast })
        let roles = programs.notices["N1", default: []]
        #expect(roles.first == .role(.detached) && roles.count >= 2)
        #expect(programs.notices["N0", default: []].isEmpty)
    }
}
