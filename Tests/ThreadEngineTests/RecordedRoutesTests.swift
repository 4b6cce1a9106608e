import CryptoProviders
import EngineCore
import LinkSecurity
import TestSupport
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

/// What OpenThread's routers told of their routes, against what this table makes of what their neighbors told.
@Suite("Recorded routes")
struct RecordedRoutesTests {
    /// The last advertisement of each router of a recording, by router id.
    private func lastAdvertisements(_ recording: String) throws -> [RouterID: (message: MLEMessage, node: String)] {
        var keyRing = KeyRing(networkKey: ThreadHarness.key, keySequence: 0, cryptography: MbedTLSCryptography())
        var last: [RouterID: (message: MLEMessage, node: String)] = [:]
        for frame in try Fixtures.recording(recording) {
            guard let message = multicastMLE(frame.psdu, &keyRing), message.command == .advertisement,
                message.route64 != nil, let source = message.sourceAddress, source.isRouter
            else { continue }
            // A node that got another id since tells nothing under its former one any more.
            for (id, known) in last where known.node == frame.node { last[id] = nil }
            last[source.routerID] = (message, frame.node)
        }
        return last
    }

    /// Opens a multicast MLE message; nil for all other frames.
    private func multicastMLE(_ psdu: [UInt8], _ keyRing: inout KeyRing) -> MLEMessage? {
        // Short destination, extended source, one PAN: fifteen bytes. Then a compressed header of link-local source and
        // ff02:: destination, UDP with both ports and the checksum.
        guard psdu.count > 40, psdu[0] == 0x41, psdu[1] == 0xd8, psdu[15] == 0x7f, psdu[16] == 0x3b, psdu[18] == 0xf0,
            psdu[25] == 0
        else { return nil }
        let sender = ExtendedAddress(rawValue: psdu[7..<15].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        let destination = IPv6Address(high: 0xff02_0000_0000_0000, low: UInt64(psdu[17]))
        var bytes = Array(psdu.dropLast(2))
        var reader = ByteReader(bytes, in: 26..<bytes.count)
        guard let header = try? AuxiliarySecurityHeader(parsing: &reader),
            let content = MLESecurity.open(
                &bytes, message: 26..<bytes.count, header: header,
                source: IPv6Address(linkLocal: sender.interfaceIdentifier), destination: destination,
                extendedAddress: sender, context: keyRing.contexts(for: 0).mle)
        else { return nil }
        var inner = ByteReader(bytes, in: content)
        return try? MLEMessage(parsing: &inner)
    }

    @Test(
        "From what its neighbors tell, each router of a recording has the routes that it told itself",
        arguments: ["thread/line_seq", "thread/line_sim", "thread/line_traffic", "thread/steady"])
    func routes(recording: String) throws {
        let last = try lastAdvertisements(recording)
        #expect(last.count >= 3)
        for (id, own) in last {
            let told = try #require(own.message.route64)
            var table = RouterTable()
            _ = table.update(ids: told.routerIDMask, sequence: told.idSequence, now: .zero)
            for (neighbor, entry) in told.routes where neighbor != id && entry.linkQualityIn > 0 {
                table.modify(neighbor) {
                    $0.link = .valid
                    // As strong as the simulated radio says, whose sensitivity is -100 dBm.
                    $0.neighbor.signal.add(rssi: DecibelMilliwatts(-20), margin: Decibels(80))
                    $0.neighbor.linkQualityOut = LinkQuality(rawValue: entry.linkQualityOut) ?? .none
                }
                let theirs = try #require(last[neighbor]?.message.route64, "\(recording) \(neighbor)")
                _ = table.learn(theirs, from: neighbor, self: id, now: .zero)
            }
            #expect(table.route64(self: id) == told, "\(recording), router \(id.rawValue)")
        }
    }
}
