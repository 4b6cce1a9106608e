import NIOCore
import Testing

@testable import RadioDrivers

@Suite("Places in OpenThread's simulation")
struct OpenThreadPlaceTests {
    @Test("A node sends from the port behind the base that its number tells")
    func ownPort() throws {
        let first = try OpenThreadPlace(nodeID: 1, portBase: 9000, interface: "127.0.0.1")
        #expect(first.ownPort == 9001)
        let last = try OpenThreadPlace(nodeID: 33, portBase: 65502, interface: "127.1.2.3")
        #expect(last.ownPort == 65535)
    }

    @Test(
        "What is out of range is refused",
        arguments: [(UInt8(0), UInt16(9000)), (34, 9000), (255, 9000), (1, 0), (1, 65503), (1, 65535)])
    func outOfRange(nodeID: UInt8, portBase: UInt16) {
        #expect(throws: RadioError.self) {
            try OpenThreadPlace(nodeID: nodeID, portBase: portBase, interface: "127.0.0.1")
        }
    }

    @Test(
        "An interface that is not the loopback one is refused, however it is written",
        arguments: [
            "0.0.0.0", "10.0.0.1", "128.0.0.1", "126.255.255.255", "::1", "::ffff:127.0.0.1", "lo", "", "127.0.0",
        ])
    func notLoopback(interface: String) {
        #expect(throws: RadioError.self) { try OpenThreadPlace(nodeID: 1, portBase: 9000, interface: interface) }
    }
}
