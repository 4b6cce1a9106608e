import CryptoProviders
import EngineCore
import Foundation
import IngressFilter
import LinkProfiles
import LoRaPHY
import NodeEngine
import Testing
import ThreadWire

@testable import StatusService

@Suite("The report of a node")
struct NodeReportTests {
    private func node(_ rules: SubBand? = nil) -> NodeEngine {
        var configuration = NodeEngine.Configuration(profile: .ieee802154)
        configuration.mac.airtimeRules = rules
        return NodeEngine(
            configuration: configuration, profile: .ieee802154,
            extendedAddress: ExtendedAddress(rawValue: 0x0200_0000_0000_0001), cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 1, count: 32)), openSeed: 1))
    }

    private func report(_ node: NodeEngine, filter: IngressFilter? = nil, isStateWritten: Bool = true) -> NodeReport {
        NodeReport(
            of: node,
            NodeReport.Surroundings(
                version: "0.1.0", isStateWritten: isStateWritten, framesSent: 12, framesReceived: 34,
                airtime: .milliseconds(5600), filter: filter.map { ($0.counters, $0.flowCount) }),
            now: .zero + .seconds(3725))
    }

    @Test("What the law allows of the hour's air time, and what is used, is told where there is such a law")
    func airtime() throws {
        #expect(report(node()).legalAirtime == nil)
        let report = report(node(Region.eu868.subBands[4]))
        #expect(
            report.lines.contains(
                "air time    0.0 of 360.0 s of this hour used (0 %) from 869.400 to 869.650 MHz; 0 frames waited, "
                    + "0 were given up"))
        #expect(report.prometheusText.contains("heddle_legal_airtime_seconds{kind=\"budget\"} 360\n"))
        let unlimited = self.report(node(Region.us915.subBands[0]))
        #expect(unlimited.lines.contains("air time    not limited from 902.000 to 928.000 MHz"))
        #expect(!unlimited.prometheusText.contains("heddle_legal_airtime"))
    }

    @Test("A node without a network says so, and the same to people and to programs")
    func empty() throws {
        let report = report(node())
        let text = report.lines.joined(separator: "\n")
        #expect(text.contains("node        0200000000000001, heddled 0.1.0, up 1 h 2 min"))
        #expect(text.contains("role        disabled\n"))
        #expect(text.contains("network     none: there is no dataset"))
        #expect(text.contains("radio       12 frames sent in 5.6 s on the air, 34 received"))
        #expect(text.contains("state       written"))
        #expect(!text.contains("border") && !text.contains("drops"))
        let decoded = try JSONDecoder().decode(NodeReport.self, from: Data(report.json.utf8))
        #expect(decoded == report)
        #expect(!report.json.contains("\n"))
        #expect(decoded.network.role == "disabled" && decoded.border == nil && decoded.uptime == 3725)
    }

    @Test("A node with a network, an interface and a full disk tells of them")
    func full() {
        let node = node()
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.networkName = NetworkName("heddle")
        dataset.networkKey = [UInt8](repeating: 1, count: 16)
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")
        _ = node.setActiveDataset(dataset, now: .zero)
        node.setInterface(isUp: true, now: .zero)
        node.handle(.hostDatagram([1, 2, 3]), now: .zero)
        var filter = IngressFilter()
        for _ in 1...3 { _ = filter.enter([1], now: .zero) }
        let report = report(node, filter: filter, isStateWritten: false)
        let text = report.lines.joined(separator: "\n")
        #expect(text.contains("network     heddle, PAN 0x1234, channel 15"))
        #expect(text.contains("addresses   fd") || text.contains("            fdde:ad00:beef:"))
        #expect(text.contains("border      0 in, 0 out, 0 conversations"))
        #expect(text.contains("discarded   3 malformed"))
        #expect(text.contains("drops       1 malformedIPv6"))
        #expect(text.contains("NOT WRITTEN"))
        let metrics = report.prometheusText
        #expect(metrics.contains("heddle_border_discarded_total{reason=\"malformed\"} 3\n"))
        #expect(metrics.contains("heddle_drops_total{reason=\"malformedIPv6\"} 1\n"))
        #expect(metrics.contains("heddle_state_written 0\n"))
        #expect(metrics.contains("heddle_role{role=\"disabled\"} 1\n"))
        #expect(metrics.contains("heddle_role{role=\"leader\"} 0\n"))
        #expect(!metrics.contains("01010101"), "the key is secret")
        #expect(!text.contains("01010101") && !report.json.contains("01010101"))
    }

    @Test("Every line of the metrics is a comment or a sample, and each family is told once")
    func exposition() {
        let metrics = report(node(), filter: IngressFilter()).prometheusText
        #expect(metrics.hasSuffix("\n"))
        var families: [String] = []
        for line in metrics.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                families.append(String(line.split(separator: " ")[2]))
            } else if !line.hasPrefix("# HELP ") {
                #expect(
                    line.wholeMatch(of: /[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+/) != nil,
                    "\(line)")
                #expect(families.last.map { line.hasPrefix($0) } == true, "\(line)")
            }
        }
        #expect(Set(families).count == families.count && families.count > 10)
        for family in families where family.hasSuffix("_total") {
            #expect(metrics.contains("# TYPE \(family) counter\n"))
        }
    }

    @Test("Labels are escaped and whole numbers have no fraction")
    func values() {
        #expect(PrometheusText.escaped("a\"b\\c\nd") == "a\\\"b\\\\c\\nd")
        #expect(PrometheusText.number(3) == "3" && PrometheusText.number(0.5) == "0.5")
        #expect(PrometheusText.number(Double(UInt64(1) << 53 - 1)) == "9007199254740991")
        #expect(!PrometheusText.number(1e300).isEmpty)
    }
}
