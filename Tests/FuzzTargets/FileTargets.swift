import CryptoProviders
import Dissector
import PcapWire
import TestSupport
import ThreadEngine
import ThreadWire
import WireCore

extension FuzzTarget {
    /// Files and texts from outside.
    static let fileTargets: [FuzzTarget] = [
        FuzzTarget(name: "capture", seeds: { [Array(try Fixtures.bytes("thread/attach.pcap").prefix(2000))] }) {
            bytes in
            let dissector = Dissector(
                options: Dissector.Options(networkKey: [UInt8](repeating: 1, count: 16)),
                cryptography: MbedTLSCryptography())
            _ = try? dissector.decode(file: bytes)
        },
        FuzzTarget(
            name: "ipv6-text", seeds: { ["fdde:ad00:beef::1", "::ffff:192.0.2.1", "fd00::/64"].map { Array($0.utf8) } }
        ) {
            let text = String(decoding: $0, as: UTF8.self)
            if let address = IPv6Address(text) {
                guard IPv6Address("\(address)") == address else { fatalError("\(text) was read as \(address)") }
            }
            if let prefix = IPv6Prefix(text) {
                guard IPv6Prefix("\(prefix)") == prefix else { fatalError("\(text) was read as \(prefix)") }
            }
        },
        .roundTrip("stored-network-state", seeds: { [] }) { reader throws(ParseError) in
            try StoredNetworkState(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("stored-children", seeds: { [] }) { reader throws(ParseError) in
            try StoredChildren(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("stored-routers", seeds: { [] }) { reader throws(ParseError) in
            try StoredRouters(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
    ]
}
