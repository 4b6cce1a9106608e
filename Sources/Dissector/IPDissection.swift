import ThreadWire
import WireCore

// IPv6 and what stands behind it.

extension DissectionPass {
    /// How often a datagram may stand in a datagram.
    private static let depthLimit = 4

    func note(_ header: IPv6Header, _ frame: inout DissectedFrame) {
        frame.source = header.source.compressedDescription
        frame.destination = header.destination.compressedDescription
        frame.layers.append(
            DissectedLayer(
                "IPv6",
                [
                    DissectedField("source", frame.source), DissectedField("destination", frame.destination),
                    DissectedField("hop limit", header.hopLimit),
                    DissectedField("traffic class", header.trafficClass),
                    DissectedField("payload length", header.payloadLength),
                ]))
    }

    func dissectIP(
        _ datagram: [UInt8], from link: LinkAddress, depth: Int, _ frame: inout DissectedFrame
    ) -> [UInt8] {
        do {
            var reader = ByteReader(datagram)
            var header = try IPv6Header(parsing: &reader)
            note(header, &frame)
            guard Int(header.payloadLength) == reader.remaining else {
                throw ParseError(
                    field: "IPv6 payload length", offset: 4,
                    reason: .invalidLength(found: Int(header.payloadLength), expected: reader.remaining))
            }
            let payload = dissectNext(header.nextHeader, &reader, of: header, from: link, depth: depth, &frame)
            header.payloadLength = UInt16(truncatingIfNeeded: payload.count)
            var writer = ByteWriter(capacity: datagram.count)
            header.serialize(into: &writer)
            writer.write(contentsOf: payload)
            return writer.bytes
        } catch {
            frame.problems.append("\(error)")
            return datagram
        }
    }

    private func dissectNext(
        _ nextHeader: NextHeader, _ reader: inout ByteReader, of header: IPv6Header, from link: LinkAddress,
        depth: Int, _ frame: inout DissectedFrame
    ) -> [UInt8] {
        let raw = Array(reader.bytes[reader.remainingRange])
        do {
            switch nextHeader {
            case .hopByHop, .destinationOptions:
                let options = try HopByHopOptions(parsing: &reader)
                frame.layers.append(layer(of: options, isHopByHop: nextHeader == .hopByHop))
                let rest = dissectNext(options.nextHeader, &reader, of: header, from: link, depth: depth, &frame)
                var writer = ByteWriter()
                options.serialize(into: &writer)
                return writer.bytes + rest
            case .udp:
                let udp = try UDPHeader(parsing: &reader, source: header.source, destination: header.destination)
                frame.layers.append(
                    DissectedLayer(
                        "UDP",
                        [
                            DissectedField("source port", udp.sourcePort),
                            DissectedField("destination port", udp.destinationPort),
                            DissectedField("length", udp.length),
                        ]))
                let payload = dissectUDP(reader.readRemaining(), udp, of: header, from: link, &frame)
                var writer = ByteWriter()
                UDPHeader.serialize(
                    payload: payload, sourcePort: udp.sourcePort, destinationPort: udp.destinationPort,
                    source: header.source, destination: header.destination, into: &writer)
                return writer.bytes
            case .icmpv6:
                let message = try ICMPv6Message(
                    parsing: &reader, source: header.source, destination: header.destination)
                frame.layers.append(layer(of: message))
                var writer = ByteWriter()
                message.serialize(into: &writer, source: header.source, destination: header.destination)
                return writer.bytes
            case .ipv6 where depth < Self.depthLimit:
                return dissectIP(reader.readRemaining(), from: link, depth: depth + 1, &frame)
            case .none:
                frame.layers.append(DissectedLayer("No Next Header"))
                return raw
            default:
                frame.layers.append(
                    DissectedLayer(
                        "Next Header \(nextHeader.rawValue)", [DissectedField("", hexadecimal(raw))]))
                return raw
            }
        } catch {
            frame.problems.append("\(error)")
            return raw
        }
    }

    private func dissectUDP(
        _ payload: [UInt8], _ udp: UDPHeader, of header: IPv6Header, from link: LinkAddress,
        _ frame: inout DissectedFrame
    ) -> [UInt8] {
        switch udp.destinationPort {
        case MLESecuritySuite.port: return dissectMLE(payload, of: header, from: link, &frame)
        case CoAPMessage.threadManagementPort: return dissectCoAP(payload, of: header, &frame)
        default:
            frame.layers.append(DissectedLayer("Data", [DissectedField("", hexadecimal(payload))]))
            return payload
        }
    }

    private func layer(of options: HopByHopOptions, isHopByHop: Bool) -> DissectedLayer {
        let elements = options.options.map { option in
            switch option {
            case .pad1: DissectedLayer("Pad1")
            case .padN(let count): DissectedLayer("PadN", [DissectedField("", count)])
            case .mpl(let mpl):
                DissectedLayer(
                    "MPL",
                    [
                        DissectedField("seed", text(mpl.seedID)), DissectedField("sequence", mpl.sequence),
                        DissectedField("largest sequence", mpl.isLargestSequence),
                    ])
            case .unknown(let type, let value):
                DissectedLayer("Option \(type)", [DissectedField("", hexadecimal(value))])
            }
        }
        return DissectedLayer(isHopByHop ? "Hop-by-Hop Options" : "Destination Options", elements: elements)
    }

    private func text(_ seed: MPLOption.SeedID) -> String {
        switch seed {
        case .source: "source address"
        case .short(let number): hexadecimal(UInt64(number), digits: 4)
        case .long(let number): hexadecimal(number, digits: 16)
        case .address(let address): address.compressedDescription
        }
    }

    private func layer(of message: ICMPv6Message) -> DissectedLayer {
        func echo(_ name: String, _ echo: ICMPv6Message.Echo) -> DissectedLayer {
            DissectedLayer(
                name,
                [
                    DissectedField("identifier", echo.identifier), DissectedField("sequence", echo.sequence),
                    DissectedField("payload bytes", UInt(echo.payload.count)),
                ])
        }
        func error(_ name: String, _ field: DissectedField, _ invoking: [UInt8]) -> DissectedLayer {
            DissectedLayer(name, [field, DissectedField("invoking", hexadecimal(invoking))])
        }
        return switch message {
        case .echoRequest(let content): echo("ICMPv6 Echo Request", content)
        case .echoReply(let content): echo("ICMPv6 Echo Reply", content)
        case .destinationUnreachable(let code, let invoking):
            error("ICMPv6 Destination Unreachable", DissectedField("code", code.rawValue), invoking)
        case .packetTooBig(let mtu, let invoking):
            error("ICMPv6 Packet Too Big", DissectedField("MTU", mtu), invoking)
        case .timeExceeded(let code, let invoking):
            error("ICMPv6 Time Exceeded", DissectedField("code", code.rawValue), invoking)
        case .parameterProblem(let code, _, let invoking):
            error("ICMPv6 Parameter Problem", DissectedField("code", code.rawValue), invoking)
        case .unknown(let type, let code, let body):
            DissectedLayer(
                "ICMPv6 \(type)", [DissectedField("code", code), DissectedField("body", hexadecimal(body))])
        }
    }
}
