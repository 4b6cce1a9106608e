import EngineCore
import ThreadWire
import WireCore

/// What is put around a multicast datagram so that forwarders know it again.
enum MulticastEncapsulation: Equatable {
    /// Nothing: unicast, or multicast that stays on the link.
    case none
    /// A hop-by-hop header with the MPL option.
    case option
    /// An outer IPv6 header to all MPL forwarders, with the option: multicast beyond the realm.
    /// - Source: RFC 7731 §4.1; RFC 2473
    case tunnel

    init(destination: IPv6Address) {
        switch destination.multicastScope {
        case .some(...Scope.linkLocal), nil: self = .none
        case Scope.realmLocal: self = .option
        case .some: self = .tunnel
        }
    }

    /// How many bytes it adds at the most.
    var byteCount: Int {
        switch self {
        case .none: 0
        case .option: 8
        case .tunnel: IPv6Header.byteCount + 8
        }
    }
}

extension IPEngine {
    /// Puts around a datagram what multicast over several hops asks for.
    /// - Parameter header: the datagram's.
    /// - Throws: `.notAttached` when the node has no short address to seed with, `.noSourceAddress` for a tunnel.
    mutating func encapsulate(_ datagram: [UInt8], _ header: IPv6Header) throws(SendError) -> [UInt8] {
        var header = header
        let payload: [UInt8]
        switch MulticastEncapsulation(destination: header.destination) {
        case .none:
            return datagram
        case .option where header.nextHeader != .hopByHop:
            payload = try prependOption(to: &header, datagram[IPv6Header.byteCount...])
        case .option, .tunnel:
            // A datagram of the host's that has hop-by-hop options already keeps them within.
            guard let source = sourceAddress(for: .realmLocalAllMPLForwarders) else { throw .noSourceAddress }
            header = IPv6Header(
                payloadLength: UInt16(datagram.count), nextHeader: .ipv6, hopLimit: configuration.hopLimitDefault,
                source: source, destination: .realmLocalAllMPLForwarders)
            payload = try prependOption(to: &header, datagram[...])
        }
        var writer = ByteWriter(capacity: IPv6Header.byteCount + payload.count)
        header.serialize(into: &writer)
        writer.write(contentsOf: payload)
        return writer.finish()
    }

    /// The seed is the node's short address; a source address that tells it already saves two bytes.
    /// - Source: OpenThread as observed: recording cliref, frames 152 (source is the locator) and 328 (is not)
    private mutating func prependOption(
        to header: inout IPv6Header, _ payload: ArraySlice<UInt8>
    ) throws(SendError) -> [UInt8] {
        guard let rloc16 else { throw .notAttached }
        let isLocator = sourceSelection.isRoutingLocator(header.source) && header.source.locator == rloc16
        let option = MPLOption(
            seedID: isLocator ? .source : .short(rloc16.rawValue), sequence: nextMulticastSequence)
        nextMulticastSequence &+= 1
        let options = HopByHopOptions(nextHeader: header.nextHeader, options: [.mpl(option)])
        var writer = ByteWriter()
        options.serialize(into: &writer)
        header.nextHeader = .hopByHop
        header.payloadLength += UInt16(options.byteCount)
        return writer.bytes + payload
    }

    /// A datagram without its MPL option, which the host's stack would refuse.
    static func withoutMPLOption(_ datagram: [UInt8]) -> [UInt8] {
        var reader = ByteReader(datagram)
        guard var header = try? IPv6Header(parsing: &reader), header.nextHeader == .hopByHop,
            var options = try? HopByHopOptions(parsing: &reader), options.mpl != nil
        else { return datagram }
        options.options.removeAll { option in
            switch option {
            case .mpl, .pad1, .padN: true
            case .unknown: false
            }
        }
        var writer = ByteWriter(capacity: datagram.count)
        let rest = reader.readRemaining()
        if options.options.isEmpty {
            header.nextHeader = options.nextHeader
            header.payloadLength = UInt16(rest.count)
            header.serialize(into: &writer)
        } else {
            header.payloadLength = UInt16(options.byteCount + rest.count)
            header.serialize(into: &writer)
            options.serialize(into: &writer)
        }
        writer.write(contentsOf: rest)
        return writer.bytes
    }
}
