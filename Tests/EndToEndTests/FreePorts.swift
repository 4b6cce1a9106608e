import Foundation

/// Ports of this host that nobody uses now.
enum FreePorts {
    struct None: Error {}

    /// The first of some UDP ports in a row.
    static func base(count: UInt16) throws -> UInt16 {
        for _ in 0..<20 {
            let base = UInt16.random(in: 20_000...60_000)
            if (base..<base + count).allSatisfy(isFree) { return base }
        }
        throw None()
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
