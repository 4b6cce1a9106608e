import Testing
import ThreadWire
import WireCore

@Suite("Header compression against recordings")
struct HeaderCompressionRecordingTests {
    /// A frame taken apart down to the compressed headers.
    private struct Parts {
        var mesh: MeshHeader?
        var fragment: FragmentHeader?
        var prefix: [UInt8] = []
        var source: LinkAddress
        var destination: LinkAddress
        var reader: ByteReader
    }

    private func parts(_ sample: LowPANSample) throws -> Parts {
        var parts = Parts(
            source: sample.source, destination: sample.destination, reader: ByteReader(sample.payload))
        if parts.reader.peek().map(LowPANDispatch.init) == .mesh {
            let mesh = try MeshHeader(parsing: &parts.reader)
            (parts.source, parts.destination) = (mesh.originator, mesh.finalDestination)
            parts.mesh = mesh
        }
        let dispatch = parts.reader.peek().map(LowPANDispatch.init)
        if dispatch == .firstFragment || dispatch == .subsequentFragment {
            parts.fragment = try FragmentHeader(parsing: &parts.reader)
        }
        parts.prefix = Array(sample.payload[..<parts.reader.offset])
        return parts
    }

    @Test("every frame expands to the datagram that tshark sees, and compresses to the very same bytes")
    func allFrames() throws {
        let samples = try LowPANSample.all()
        var compared = 0
        for sample in samples {
            var parts = try parts(sample)
            let headers = written { writer in
                parts.mesh?.serialize(into: &writer)
                parts.fragment?.serialize(into: &writer)
            }
            #expect(headers == parts.prefix, "\(sample.name)")
            if parts.fragment?.datagramOffset != nil { continue }
            let start = parts.reader.offset
            let expanded: [UInt8]
            do {
                expanded = try HeaderCompression.decompress(
                    parsing: &parts.reader, source: parts.source, destination: parts.destination,
                    contexts: LowPANSample.contexts, datagramSize: parts.fragment.map { Int($0.datagramSize) })
            } catch {
                Issue.record("\(sample.name): \(error)")
                continue
            }
            let rest = parts.reader.readRemaining()
            // tshark writes the size of the fragment into the UDP length; all else is to be the same.
            if let judged = sample.datagram, parts.fragment == nil {
                #expect(expanded + rest == judged, "\(sample.name)")
            }
            // What the other fragments carry does not matter here, only how much it is.
            let missing = (parts.fragment.map { Int($0.datagramSize) } ?? 0) - expanded.count - rest.count
            let datagram = expanded + rest + [UInt8](repeating: 0, count: max(0, missing))
            var writer = ByteWriter()
            let consumed = HeaderCompression.compress(
                datagram: datagram, source: parts.source, destination: parts.destination,
                contexts: LowPANSample.contexts, into: &writer)
            #expect(consumed == expanded.count, "\(sample.name)")
            #expect(
                hexadecimal(writer.bytes + rest) == hexadecimal(sample.payload[start...]), "\(sample.name)")
            compared += 1
        }
        #expect(compared == 2477)
    }

    @Test("every unfragmented UDP and ICMPv6 datagram of the recordings has a right checksum, and writes the same")
    func upperLayers() throws {
        var counts: [NextHeader: Int] = [:]
        for sample in try LowPANSample.all() {
            guard let datagram = sample.datagram, try parts(sample).fragment == nil else { continue }
            var reader = ByteReader(datagram)
            let header = try IPv6Header(parsing: &reader)
            #expect(written(header.serialize) == Array(datagram[..<40]), "\(sample.name)")
            var next = header.nextHeader
            if next == .hopByHop {
                let start = reader.offset
                let options = try HopByHopOptions(parsing: &reader)
                #expect(written(options.serialize) == Array(datagram[start..<reader.offset]), "\(sample.name)")
                next = options.nextHeader
            }
            let start = reader.offset
            if next == .udp {
                let udp = try UDPHeader(
                    parsing: &reader, source: header.source, destination: header.destination)
                let again = written { writer in
                    UDPHeader.serialize(
                        payload: Array(datagram[reader.offset...]), sourcePort: udp.sourcePort,
                        destinationPort: udp.destinationPort, source: header.source,
                        destination: header.destination, into: &writer)
                }
                #expect(again == Array(datagram[start...]), "\(sample.name)")
            } else if next == .icmpv6 {
                let message = try ICMPv6Message(
                    parsing: &reader, source: header.source, destination: header.destination)
                let again = written {
                    message.serialize(into: &$0, source: header.source, destination: header.destination)
                }
                #expect(again == Array(datagram[start...]), "\(sample.name)")
                #expect(message.byteCount == again.count)
            }
            counts[next, default: 0] += 1
        }
        #expect(counts[.udp, default: 0] > 1000)
        #expect(counts[.icmpv6, default: 0] > 50)
    }
}
