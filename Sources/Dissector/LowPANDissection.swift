import ThreadWire
import WireCore

// 6LoWPAN: mesh header, fragments, compressed headers.

extension DissectionPass {
    /// The link addresses of a payload, and whether it was carried below IP.
    private struct Route {
        var frameSource: LinkAddress
        var frameDestination: LinkAddress
        var source: LinkAddress
        var destination: LinkAddress
    }

    func dissectLowPAN(_ payload: [UInt8], of header: MACHeader, _ frame: inout DissectedFrame) -> [UInt8] {
        var route = Route(
            frameSource: header.source, frameDestination: header.destination, source: header.source,
            destination: header.destination)
        var reader = ByteReader(payload)
        var writer = ByteWriter()
        do {
            if reader.peek().map(LowPANDispatch.init) == .mesh {
                let mesh = try MeshHeader(parsing: &reader)
                frame.layers.append(
                    DissectedLayer(
                        "Mesh",
                        [
                            DissectedField("originator", text(mesh.originator)),
                            DissectedField("final destination", text(mesh.finalDestination)),
                            DissectedField("hops left", mesh.hopsLeft),
                        ]))
                frame.source = text(mesh.originator)
                frame.destination = text(mesh.finalDestination)
                route.source = mesh.originator
                route.destination = mesh.finalDestination
                mesh.serialize(into: &writer)
            }
            switch reader.peek().map(LowPANDispatch.init) {
            case .firstFragment, .subsequentFragment:
                try dissectFragment(&reader, route, into: &writer, &frame)
            case .compressed, .ipv6:
                try dissectDatagram(&reader, route, into: &writer, &frame)
            case .mesh, .page, .notLowPAN, .unknown, nil:
                let dispatch = reader.peek().map { hexadecimal([$0]) } ?? "missing"
                frame.problems.append("LoWPAN dispatch \(dispatch)")
                writer.write(contentsOf: reader.readRemaining())
            }
            return writer.bytes
        } catch {
            frame.problems.append("\(error)")
            return payload
        }
    }

    private func dissectDatagram(
        _ reader: inout ByteReader, _ route: Route, into writer: inout ByteWriter, _ frame: inout DissectedFrame
    ) throws(ParseError) {
        let contexts = contexts(of: frame)
        let start = reader.offset
        let headers = try HeaderCompression.decompress(
            parsing: &reader, source: route.source, destination: route.destination, contexts: contexts,
            datagramSize: nil)
        frame.layers.append(DissectedLayer("6LoWPAN", [DissectedField("header bytes", UInt(reader.offset - start))]))
        let datagram = dissectIP(headers + reader.readRemaining(), from: route.source, depth: 0, &frame)
        let consumed = HeaderCompression.compress(
            datagram: datagram, source: route.source, destination: route.destination, contexts: contexts,
            into: &writer)
        writer.write(contentsOf: datagram[consumed...])
    }

    private func dissectFragment(
        _ reader: inout ByteReader, _ route: Route, into writer: inout ByteWriter, _ frame: inout DissectedFrame
    ) throws(ParseError) {
        let header = try FragmentHeader(parsing: &reader)
        frame.layers.append(
            DissectedLayer(
                header.datagramOffset == nil ? "First Fragment" : "Fragment",
                [
                    DissectedField("size", header.datagramSize), DissectedField("tag", header.datagramTag),
                    DissectedField("offset", UInt(header.position)),
                ]))
        header.serialize(into: &writer)
        let part: [UInt8]
        if header.datagramOffset == nil {
            part = try dissectFirstFragment(&reader, header, route, into: &writer, &frame)
        } else {
            part = reader.readRemaining()
            writer.write(contentsOf: part)
        }
        let size = Int(header.datagramSize)
        guard header.position + part.count <= size else {
            throw ParseError(
                field: "fragment", offset: reader.offset,
                reason: .invalidLength(found: header.position + part.count, expected: size))
        }
        let key = Reassembly.Key(
            frameSource: route.frameSource, frameDestination: route.frameDestination, source: route.source,
            destination: route.destination, size: header.datagramSize, tag: header.datagramTag)
        guard let datagram = reassembly.add(part, at: header.position, of: key) else { return }
        frame.layers.append(DissectedLayer("Reassembled", [DissectedField("bytes", UInt(datagram.count))]))
        if dissectIP(datagram, from: route.source, depth: 0, &frame) != datagram {
            frame.problems.append("the reassembled datagram differs when it is written again")
        }
    }

    /// Reads the compressed headers of a first fragment.
    /// - Returns: the beginning of the datagram.
    private func dissectFirstFragment(
        _ reader: inout ByteReader, _ header: FragmentHeader, _ route: Route, into writer: inout ByteWriter,
        _ frame: inout DissectedFrame
    ) throws(ParseError) -> [UInt8] {
        let contexts = contexts(of: frame)
        let headers = try HeaderCompression.decompress(
            parsing: &reader, source: route.source, destination: route.destination, contexts: contexts,
            datagramSize: Int(header.datagramSize))
        let part = headers + reader.readRemaining()
        let missing = max(0, Int(header.datagramSize) - part.count)
        // Compression looks at the datagram's length, so the parts to come are stood in for.
        let consumed = HeaderCompression.compress(
            datagram: part + [UInt8](repeating: 0, count: missing), source: route.source,
            destination: route.destination, contexts: contexts, into: &writer)
        writer.write(contentsOf: part.dropFirst(consumed))
        var ahead = ByteReader(part)
        if let header = try? IPv6Header(parsing: &ahead) { note(header, &frame) }
        return part
    }
}
