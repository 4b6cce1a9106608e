import EtherService
import Testing

@Suite("Listen addresses")
struct ListenAddressTests {
    @Test("Loopback addresses are taken", arguments: ["127.0.0.1:7000", "127.1.2.3:0", "[::1]:65535"])
    func loopback(text: String) throws {
        #expect(try ListenAddress(text).socketAddress.typed == text)
    }

    @Test("Addresses that others can reach are refused", arguments: ["0.0.0.0:7000", "192.168.1.1:7000", "[::]:1"])
    func foreign(text: String) {
        #expect(throws: EtherError.notLoopback(text)) { try ListenAddress(text) }
    }

    @Test(
        "What is no address is refused",
        arguments: ["", "7000", "localhost:7000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1"])
    func noAddress(text: String) {
        #expect(throws: EtherError.invalidAddress(text)) { try ListenAddress(text) }
    }
}
