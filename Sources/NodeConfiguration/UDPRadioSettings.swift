import Foundation

/// Where a radio of raw LoRa frames in UDP datagrams listens, and who hears it.
public struct UDPRadioSettings: Equatable, Sendable {
    /// Where frames arrive, and what they are sent from.
    public var listen: NetworkEndpoint
    /// Who gets each frame, and from whose addresses frames are taken.
    /// - Range: 1 to 32
    public var peers: [NetworkEndpoint]

    static let keys = ["listen", "peers"]

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        let expected = "an address and a port, such as 127.0.0.1:7001 or [::1]:7001"
        func endpoint(_ value: YAMLValue) -> NetworkEndpoint? {
            value.parsed(expected: expected) { text in NetworkEndpoint(text).flatMap { $0.isAddress ? $0 : nil } }
        }
        let listen = mapping.required("listen", expected: expected).flatMap(endpoint)
        let list = "a list of 1 to 32 addresses with their ports, such as [127.0.0.1:7002]"
        let value = mapping.required("peers", expected: list)
        let entries = value?.sequence()
        let peers = (entries ?? []).compactMap(endpoint)
        guard let listen, let value, let entries, peers.count == entries.count else { return nil }
        guard (1...32).contains(peers.count) else {
            _ = value.refuse(found: "\(peers.count) peers", expected: list) as Int?
            return nil
        }
        guard peers.allSatisfy({ $0.isIPv6 == listen.isIPv6 }) else {
            _ = value.refuse(expected: "addresses of the same kind as \(listen), all IPv4 or all IPv6") as Int?
            return nil
        }
        self.listen = listen
        self.peers = peers
    }
}

extension RadioSettings {
    /// What should be mended in the radio's settings but keeps nothing from working.
    /// - Parameter keyPath: where the settings stand in the file.
    func warnings(at keyPath: String) -> [String] {
        guard case .udp(let settings) = device, !settings.listen.isLoopback else { return [] }
        return [
            "\(keyPath).listen is \(settings.listen): frames are taken and sent without any protection on a network; "
                + "use 127.0.0.1 where all programs are on this computer"
        ]
    }
}

extension NetworkEndpoint {
    private var ipv4: in_addr? {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 ? address : nil
    }

    private var ipv6: in6_addr? {
        var address = in6_addr()
        return inet_pton(AF_INET6, host, &address) == 1 ? address : nil
    }

    /// Whether the host is an IPv6 address.
    var isIPv6: Bool { ipv6 != nil }

    /// Whether the host is an IPv4 or IPv6 address and no name.
    var isAddress: Bool { ipv4 != nil || ipv6 != nil }

    /// Whether only programs on this computer reach it.
    /// - Source: RFC 1122 §3.2.1.3 (g), RFC 4291 §2.5.3
    public var isLoopback: Bool {
        if let ipv4 { return UInt32(bigEndian: ipv4.s_addr) >> 24 == 127 }
        if var ipv6 {
            return withUnsafeBytes(of: &ipv6) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
        }
        return host == "localhost"
    }
}
