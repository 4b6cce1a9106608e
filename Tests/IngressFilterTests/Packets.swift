import EngineCore
import ThreadWire
import WireCore

@testable import IngressFilter

func address(_ text: String) -> IPv6Address { IPv6Address(text)! }

/// The places in these tests.
enum Place {
    static let meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")!
    static let onMeshPrefix = IPv6Prefix("fd11:22::/64")!
    /// A node of the mesh.
    static let node = address("fd11:22::7")
    static let nodeMeshLocal = address("fdde:ad00:beef::7")
    /// The border router's own host.
    static let host = address("fd11:22::1")
    static let hostMeshLocal = address("fdde:ad00:beef::1")
    /// Somebody outside, and a router on the way.
    static let outside = address("2001:db8::9")
    static let router = address("2001:db8:ffff::1")
}

func makeFilter(_ change: (inout IngressFilter.Policy) -> Void = { _ in }) -> IngressFilter {
    var policy = IngressFilter.Policy()
    change(&policy)
    var filter = IngressFilter(policy: policy)
    filter.site.meshLocalPrefix = Place.meshLocalPrefix
    filter.site.onMeshPrefixes = [Place.onMeshPrefix]
    filter.site.hostAddresses = [Place.host, Place.hostMeshLocal]
    return filter
}

/// A datagram with whatever stands behind its header.
func packet(_ source: IPv6Address, _ destination: IPv6Address, _ next: NextHeader, _ payload: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    IPv6Header(
        payloadLength: UInt16(payload.count), nextHeader: next, hopLimit: 64, source: source, destination: destination
    ).serialize(into: &writer)
    writer.write(contentsOf: payload)
    return writer.bytes
}

private func words(_ values: UInt16...) -> [UInt8] { values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

func udp(_ source: IPv6Address, _ sourcePort: UInt16, _ destination: IPv6Address, _ port: UInt16) -> [UInt8] {
    packet(source, destination, .udp, udpPayload(sourcePort, port))
}

func udpPayload(_ sourcePort: UInt16, _ port: UInt16) -> [UInt8] { words(sourcePort, port, 9, 0) + [0x55] }

func tcp(
    _ source: IPv6Address, _ sourcePort: UInt16, _ destination: IPv6Address, _ port: UInt16, _ flags: TCPFlags
) -> [UInt8] {
    let numbers: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0]
    return packet(
        source, destination, .tcp, words(sourcePort, port) + numbers + [0x50, flags.rawValue] + words(512, 0, 0))
}

func echo(_ source: IPv6Address, _ destination: IPv6Address, request: Bool, identifier: UInt16) -> [UInt8] {
    packet(source, destination, .icmpv6, [request ? 128 : 129, 0, 0, 0] + words(identifier, 1))
}

/// An ICMPv6 message of a type, about a datagram.
func message(_ type: UInt8, _ source: IPv6Address, _ destination: IPv6Address, about quoted: [UInt8] = []) -> [UInt8] {
    packet(source, destination, .icmpv6, [type, 0, 0, 0, 0, 0, 5, 0] + quoted.prefix(104))
}

/// A piece of a datagram.
func fragment(
    _ source: IPv6Address, _ destination: IPv6Address, offset: UInt16, more: Bool, identification: UInt8,
    _ next: NextHeader, _ payload: [UInt8]
) -> [UInt8] {
    packet(
        source, destination, .fragment,
        [next.rawValue, 0] + words(offset | (more ? 1 : 0)) + [0, 0, 0, identification] + payload)
}

extension Instant {
    static func seconds(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }
}
