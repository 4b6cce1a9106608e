import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("What a node offers")
struct ServerDataTests {
    private let meshLocal = IPv6Prefix("fdde:ad00:beef::/64")!
    private let cafe = IPv6Prefix("2001:cafe:cafe:cafe::/64")!

    private func error(_ body: () throws(ServerDataError) -> Void) -> ServerDataError? {
        do throws(ServerDataError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("Only prefixes that can be used are offered")
    func validity() {
        var server = ServerData(limit: 254)
        func add(_ prefix: String, _ flags: BorderRouterEntry.Flags) -> ServerDataError? {
            let offer = OnMeshPrefix(IPv6Prefix(prefix)!, flags: flags, isStable: true)
            return error { () throws(ServerDataError) in try server.add(offer, meshLocal: meshLocal) }
        }
        func route(_ prefix: String, isNAT64: Bool = false) -> ServerDataError? {
            let offer = ExternalRoute(IPv6Prefix(prefix)!, isNAT64: isNAT64, isStable: true)
            return error { () throws(ServerDataError) in try server.add(offer, meshLocal: meshLocal) }
        }
        #expect(add("2001:cafe:cafe:cafe::/64", [.slaac, .onMesh]) == nil)
        #expect(add("2001:cafe::/32", [.slaac]) == .invalid)
        #expect(add("2001:cafe::/32", [.dhcp]) == nil)
        #expect(add("2001:cafe:1:1::/64", [.slaac, .dhcp]) == .invalid)
        #expect(add("::/0", [.defaultRoute]) == .invalid)
        #expect(add("fdde:ad00:beef::/64", [.onMesh]) == .invalid)
        #expect(add("fdde:ad00:beef::/80", [.onMesh]) == .invalid)
        #expect(route("::/0") == nil)
        #expect(route("fdde:ad00:beef::/64") == .invalid)
        #expect(route("fdde:ad00::/32") == nil)
        #expect(route("64:ff9b::/96", isNAT64: true) == nil)
        #expect(route("64:ff9b::/95", isNAT64: true) == .invalid)
    }

    @Test("What is offered anew replaces what was offered, and goes to the end; what is not offered cannot be removed")
    func replacing() throws {
        var server = ServerData(limit: 254)
        let other = IPv6Prefix("2001:db8::/48")!
        try server.add(OnMeshPrefix(cafe, flags: [.onMesh], isStable: true), meshLocal: meshLocal)
        try server.add(ExternalRoute(other, isStable: true), meshLocal: meshLocal)
        try server.add(ExternalRoute(cafe, isStable: false), meshLocal: meshLocal)
        #expect(server.data.prefixes.map(\.prefix) == [other, cafe])
        #expect(server.data.onMeshPrefixes.isEmpty)
        try server.add(MeshService(enterpriseNumber: 1, serviceData: [1], serverData: [2]))
        try server.add(MeshService(enterpriseNumber: 1, serviceData: [1], serverData: [3]))
        #expect(server.data.meshServices.map(\.serverData) == [[3]])
        try server.remove(cafe)
        try server.remove(enterpriseNumber: 1, serviceData: [1])
        #expect(server.data.serverEntries.count == 1)
        #expect(error { () throws(ServerDataError) in try server.remove(cafe) } == .notFound)
        #expect(
            error { () throws(ServerDataError) in try server.remove(enterpriseNumber: 1, serviceData: [1]) }
                == .notFound)
    }

    @Test("There is room for as much as the limit says")
    func limit() throws {
        var server = ServerData(limit: 40)
        try server.add(OnMeshPrefix(cafe, flags: [.onMesh], isStable: true), meshLocal: meshLocal)
        let before = server
        let offer = MeshService(enterpriseNumber: 44970, serviceData: [UInt8](repeating: 0, count: 17))
        #expect(error { () throws(ServerDataError) in try server.add(offer) } == .full)
        let empty = MeshService(enterpriseNumber: 1, serviceData: [])
        #expect(error { () throws(ServerDataError) in try server.add(empty) } == .invalid)
        let long = MeshService(enterpriseNumber: 1, serviceData: [1], serverData: [UInt8](repeating: 0, count: 249))
        #expect(error { () throws(ServerDataError) in try server.add(long) } == .full)
        #expect(server == before)
    }

    @Test("The bytes that are registered are those of OpenThread: recording cliref, frame 123")
    func recorded() throws {
        var server = ServerData(limit: 254)
        try server.add(ExternalRoute(IPv6Prefix("2001:db8:1::/48")!, isStable: true), meshLocal: meshLocal)
        let message = TMFMessage(tlvs: [.threadNetworkData(server.data(at: RLOC16(rawValue: 0xcc00)).bytes)])
        #expect(hexadecimal(message.bytes) == "0a0f030d003020010db800010103cc0000")
    }
}
