public import NIOCore

/// An address of this host alone, with a port.
public struct ListenAddress: Sendable {
    public let socketAddress: SocketAddress

    /// Reads `127.0.0.1:7000` or `[::1]:7000`; port 0 lets the system choose.
    /// - Throws: `.invalidAddress`, `.notLoopback`.
    public init(_ text: String) throws(EtherError) {
        guard let colon = text.lastIndex(of: ":") else { throw .invalidAddress(text) }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let port = UInt16(text[text.index(after: colon)...]),
            let address = try? SocketAddress(ipAddress: String(host), port: Int(port))
        else { throw .invalidAddress(text) }
        guard Self.isLoopback(address) else { throw .notLoopback(text) }
        socketAddress = address
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4: address.ipAddress?.hasPrefix("127.") ?? false
        case .v6: address.ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}

extension SocketAddress {
    /// The address as it is typed: `127.0.0.1:7000`, `[::1]:7000`.
    public var typed: String {
        let host = ipAddress ?? "\(self)"
        let port = port ?? 0
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
