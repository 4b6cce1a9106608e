import EngineCore
import ThreadWire
import WireCore

// Diagnostic elements as OpenThread's `networkdiagnostic get` prints them.
//
// - Source: recording cliref, section 8

extension DiagnosticTLV {
    /// The lines of one element; none for those that the command leaves out.
    var lines: [String] {
        switch self {
        case .extendedAddress(let address): ["Ext Address: \(address)"]
        case .address16(let rloc16): ["Rloc16: \(rloc16.prefixed)"]
        case .mode(let mode): ["Mode:"] + indented(mode.diagnosticLines)
        case .timeout(let seconds): ["Timeout: \(seconds)"]
        case .connectivity(let connectivity): ["Connectivity:"] + indented(connectivity.diagnosticLines)
        case .route64(let route): ["Route:"] + indented(route.diagnosticLines)
        case .enhancedRoute(let route): ["EnhRoute:"] + indented(route.diagnosticLines)
        case .leaderData(let data): ["Leader Data:"] + indented(data.diagnosticLines)
        case .networkData(let bytes): ["Network Data: \(hexadecimal(bytes))"]
        case .ipv6Addresses(let addresses): ["IP6 Address List:"] + indented(addresses.map { "- \($0)" })
        case .macCounters(let counters): ["MAC Counters:"] + indented(counters.rows.map { "\($0.name): \($0.count)" })
        case .mleCounters(let counters):
            ["MLE Counters:"] + indented(counters.eventRows.map { "\($0.name): \($0.count)" })
                + counters.timeRows.map { "\($0.name): \($0.milliseconds)" }
        case .batteryLevel(let percent): ["Battery Level: \(percent)%"]
        case .supplyVoltage(let millivolts): ["Supply Voltage: \(millivolts)mV"]
        case .childTable(let entries): ["Child Table:"] + indented(entries.flatMap(\.diagnosticLines))
        case .channelPages(let pages): ["Channel Pages: '\(hexadecimal(pages))'"]
        case .maximumChildTimeout(let seconds): ["Max Child Timeout: \(seconds)"]
        case .eui64(let number): ["EUI64: \(ExtendedAddress(rawValue: number))"]
        case .vendorName(let name): ["Vendor Name: \(text(received: name))"]
        case .vendorModel(let name): ["Vendor Model: \(text(received: name))"]
        case .vendorSoftwareVersion(let name): ["Vendor SW Version: \(text(received: name))"]
        case .vendorApplicationURL(let name): ["Vendor App URL: \(text(received: name))"]
        case .stackVersion(let name): ["Thread Stack Version: \(text(received: name))"]
        case .typeList, .version, .child, .childIPv6Addresses, .routerNeighbor, .answer, .queryID, .unknown: []
        }
    }
}

/// Lines moved to the right by four spaces.
private func indented(_ lines: [String]) -> [String] { lines.map { "    " + $0 } }

/// The lines of a list's entry: a dash before the first, the others below it.
private func listed(_ lines: [String]) -> [String] {
    lines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
}

extension DeviceMode {
    fileprivate var diagnosticLines: [String] {
        [
            "RxOnWhenIdle: \(digit(isReceiverOnWhenIdle))", "DeviceType: \(digit(isFullThreadDevice))",
            "NetworkData: \(digit(requestsFullNetworkData))",
        ]
    }
}

extension Connectivity {
    fileprivate var diagnosticLines: [String] {
        [
            "ParentPriority: \(parentPriority)", "LinkQuality3: \(linkQuality3)", "LinkQuality2: \(linkQuality2)",
            "LinkQuality1: \(linkQuality1)", "LeaderCost: \(leaderCost)", "IdSequence: \(idSequence)",
            "ActiveRouters: \(activeRouters)", "SedBufferSize: \(sleepyBuffering?.bufferSize ?? 0)",
            "SedDatagramCount: \(sleepyBuffering?.datagramCount ?? 0)",
        ]
    }
}

extension Route64 {
    fileprivate var diagnosticLines: [String] {
        let entries = zip(routerIDMask, entries).flatMap { id, entry in
            listed([
                "RouteId: 0x\(hexadecimal(UInt64(id.rawValue), digits: 2))", "LinkQualityOut: \(entry.linkQualityOut)",
                "LinkQualityIn: \(entry.linkQualityIn)", "RouteCost: \(entry.routeCost)",
            ])
        }
        return ["IdSequence: \(idSequence)", "RouteData:"] + indented(entries)
    }
}

extension EnhancedRoute {
    fileprivate var diagnosticLines: [String] {
        zip(routerIDMask, entries).map { id, entry in
            let router = "- RouterId:" + padded("\(id.rawValue)", right: 2)
            if entry.isOwn { return router + " The queried device" }
            let link = padded(entry.hasLink ? "yes" : "no", right: 3)
            let way =
                entry.nextHop.map {
                    "NextHop:" + padded("\($0.rawValue)", right: 2) + " NextHopCost:\(entry.nextHopCost)"
                } ?? "NextHop:na NextHopCost:na"
            return router + " HasLink:\(link) LinkQualityOut:\(entry.linkQualityOut)"
                + " LinkQualityIn:\(entry.linkQualityIn) \(way)"
        }
    }
}

extension LeaderData {
    fileprivate var diagnosticLines: [String] {
        [
            "PartitionId: 0x\(hexadecimal(UInt64(partitionID.rawValue), digits: 8))", "Weighting: \(weighting)",
            "DataVersion: \(dataVersion)", "StableDataVersion: \(stableDataVersion)",
            "LeaderRouterId: 0x\(hexadecimal(UInt64(leaderRouterID.rawValue), digits: 2))",
        ]
    }
}

extension DiagnosticChildTableEntry {
    fileprivate var diagnosticLines: [String] {
        listed(
            [
                "ChildId: 0x\(hexadecimal(UInt64(childID), digits: 4))", "Timeout: \(timeoutExponent)",
                "Link Quality: \(linkQuality)", "Mode:",
            ] + indented(mode.diagnosticLines))
    }
}

// What `meshdiag` prints of one child or one neighbor.

extension DiagnosticChild {
    var lines: [String] {
        [
            "rloc16:\(rloc16.prefixed) ext-addr:\(extendedAddress) ver:\(version)",
            "    timeout:\(timeout) age:\(age) supvn:\(supervisionInterval) q-msg:\(queuedMessageCount)",
            "    rx-on:\(yesOrNo(isReceiverOnWhenIdle)) type:\(isFullThreadDevice ? "ftd" : "mtd")"
                + " full-net:\(yesOrNo(requestsFullNetworkData))",
        ] + link.lines(tracksErrors: tracksErrors) + [
            "    conn-time:\(Duration.seconds(Int64(connectionTime)).clockText)",
            "    csl - sync:\(yesOrNo(isCSLSynchronized)) period:\(cslPeriod) timeout:\(cslTimeout)"
                + " channel:\(cslChannel)",
        ]
    }
}

extension DiagnosticRouterNeighbor {
    var lines: [String] {
        ["rloc16:\(rloc16.prefixed) ext-addr:\(extendedAddress) ver:\(version)"]
            + link.lines(tracksErrors: tracksErrors)
            + ["    conn-time:\(Duration.seconds(Int64(connectionTime)).clockText)"]
    }
}

extension DiagnosticLink {
    fileprivate func lines(tracksErrors: Bool) -> [String] {
        let rss = "    rss - ave:\(averageRSSI) last:\(lastRSSI) margin:\(margin)"
        guard tracksErrors else { return [rss] }
        // The line ends with a space, as OpenThread's does.
        return [rss, "    err-rate - frame:\(percentage(frameErrorRate)) msg:\(percentage(messageErrorRate)) "]
    }
}

private func yesOrNo(_ flag: Bool) -> String { flag ? "yes" : "no" }

/// A share of 65535 with two decimals.
private func percentage(_ share: UInt16) -> String {
    let hundredths = UInt32(share) * 10_000 / 0xffff
    return "\(hundredths / 100).\(zeroPadded(Int64(hundredths % 100), digits: 2))%"
}
