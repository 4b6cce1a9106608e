import EngineCore
import LinkProfiles
import ThreadWire
import WireCore

@testable import IPEngine

let meshLocal = IPv6Prefix("fdde:ad00:beef::/64")!

func address(_ text: String) -> IPv6Address { IPv6Address(text)! }

/// The place in the mesh of the node with a short address.
func locator(_ rloc16: UInt16) -> IPv6Address {
    IPv6Address(prefix: meshLocal, interfaceIdentifier: 0x0000_00ff_fe00_0000 | UInt64(rloc16))
}

/// The mesh-local address of a node that keeps it wherever it is.
func endpoint(_ rloc16: UInt16) -> IPv6Address {
    IPv6Address(prefix: meshLocal, interfaceIdentifier: 0xaaaa_0000_0000_0000 | UInt64(rloc16))
}

func linkLocal(_ rloc16: UInt16) -> IPv6Address { IPv6Address(linkLocal: 0xaaaa_0000_0000_0000 | UInt64(rloc16)) }

let secured = LinkMetadata(isSecured: true, source: .short(ShortAddress(rawValue: 0x9999)))
let unsecured = LinkMetadata(isSecured: false, source: .extended(ExtendedAddress(rawValue: 7)))

/// A node with the three addresses that every Thread node has.
func makeNode(
    _ rloc16: UInt16 = 0x0400, isForwarder: Bool = true,
    _ change: (inout IPEngine.Configuration) -> Void = { _ in }
) -> IPEngine {
    var configuration = IPEngine.Configuration()
    change(&configuration)
    var node = IPEngine(configuration: configuration, profile: .ieee802154, entropySeed: UInt64(rloc16))
    node.meshLocalPrefix = meshLocal
    node.rloc16 = ShortAddress(rawValue: rloc16)
    node.isForwarder = isForwarder
    node.unicastAddresses = [
        UnicastAddress(linkLocal(rloc16)), UnicastAddress(locator(rloc16)), UnicastAddress(endpoint(rloc16)),
    ]
    node.multicastAddresses = [
        .linkLocalAllNodes, .linkLocalAllRouters, .realmLocalAllNodes, .realmLocalAllRouters,
        .realmLocalAllMPLForwarders,
    ]
    return node
}

extension IPEngine {
    mutating func outputs() -> [IPOutput] {
        var outputs: [IPOutput] = []
        while let output = pollOutput() { outputs.append(output) }
        return outputs
    }

    /// What goes into the mesh; other outputs are dropped.
    mutating func sent() -> [OutgoingDatagram] {
        outputs().compactMap { if case .send(let datagram) = $0 { datagram } else { nil } }
    }
}

func makeDatagram(
    _ nextHeader: NextHeader, _ payload: [UInt8], from source: IPv6Address, to destination: IPv6Address,
    hopLimit: UInt8 = 64, trafficClass: UInt8 = 0
) -> [UInt8] {
    var writer = ByteWriter()
    IPv6Header(
        trafficClass: trafficClass, payloadLength: UInt16(payload.count), nextHeader: nextHeader, hopLimit: hopLimit,
        source: source, destination: destination
    ).serialize(into: &writer)
    return writer.bytes + payload
}

func makeUDP(
    from source: IPv6Address, _ sourcePort: UInt16 = 1000, to destination: IPv6Address, _ destinationPort: UInt16,
    payload: [UInt8] = [1, 2, 3], hopLimit: UInt8 = 64
) -> [UInt8] {
    var writer = ByteWriter()
    UDPHeader.serialize(
        payload: payload, sourcePort: sourcePort, destinationPort: destinationPort, source: source,
        destination: destination, into: &writer)
    return makeDatagram(.udp, writer.bytes, from: source, to: destination, hopLimit: hopLimit)
}

func makeICMPv6(
    _ message: ICMPv6Message, from source: IPv6Address, to destination: IPv6Address, hopLimit: UInt8 = 64
) -> [UInt8] {
    var writer = ByteWriter()
    message.serialize(into: &writer, source: source, destination: destination)
    return makeDatagram(.icmpv6, writer.bytes, from: source, to: destination, hopLimit: hopLimit)
}

/// Puts hop-by-hop or destination options in front of what a datagram carries.
func withOptions(_ options: [IPv6Option], as kind: NextHeader = .hopByHop, _ datagram: [UInt8]) -> [UInt8] {
    var reader = ByteReader(datagram)
    var header = try! IPv6Header(parsing: &reader)
    let inner = HopByHopOptions(nextHeader: header.nextHeader, options: options)
    header.nextHeader = kind
    header.payloadLength += UInt16(inner.byteCount)
    var writer = ByteWriter()
    header.serialize(into: &writer)
    inner.serialize(into: &writer)
    return writer.bytes + reader.readRemaining()
}

/// A datagram taken apart as far as these tests look.
struct Parts {
    let header: IPv6Header
    let mpl: MPLOption?
    let nextHeader: NextHeader
    let icmpv6: ICMPv6Message?
    let udp: UDPHeader?
    let payload: [UInt8]

    init(_ datagram: [UInt8]) throws {
        var reader = ByteReader(datagram)
        header = try IPv6Header(parsing: &reader)
        var next = header.nextHeader
        var option: MPLOption?
        if next == .hopByHop {
            let options = try HopByHopOptions(parsing: &reader)
            option = options.mpl
            next = options.nextHeader
        }
        mpl = option
        nextHeader = next
        icmpv6 =
            next == .icmpv6
            ? try ICMPv6Message(parsing: &reader, source: header.source, destination: header.destination) : nil
        udp =
            next == .udp
            ? try UDPHeader(parsing: &reader, source: header.source, destination: header.destination) : nil
        payload = reader.readRemaining()
    }
}
