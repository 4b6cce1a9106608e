import EngineCore
import MACEngine
import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// Networks in reach.
let scanCommands = [
    Command("scan", ["scan [CHANNEL]", "scan energy [DURATION [CHANNEL]]"]) { invocation throws(CommandError) in
        // No radio of Heddle's tells how strong what is not a frame is.
        // docs/deviations.md#energy-scan
        guard !invocation.arguments.take("energy") else { throw .notCapable }
        let channels = try invocation.scanChannels()
        invocation.print(beaconTable.heading)
        guard invocation.node.isInterfaceUp else { throw .invalidState }
        guard invocation.node.startScan(channels: channels, now: invocation.now) else { throw .busy }
        invocation.waitForScan()
    },
    Command("discover", ["discover [CHANNEL]"]) { invocation throws(CommandError) in
        let channels = try invocation.scanChannels()
        guard invocation.node.isInterfaceUp else { throw .invalidState }
        guard invocation.node.startDiscovery(channels: channels, now: invocation.now) else { throw .busy }
        invocation.print(networkTable.heading)
        invocation.waitForScan()
    },
]

private let beaconTable = TextTable([
    .init("PAN", 6), .init("MAC Address", 18), .init("Ch", 4), .init("dBm", 5), .init("LQI", 5),
])
private let networkTable = TextTable(
    [.init("Network Name", 18, .left), .init("Extended PAN", 18)] + beaconTable.columns)

extension Invocation {
    fileprivate mutating func scanChannels() throws(CommandError) -> [UInt8]? {
        guard !arguments.isEmpty else { return nil }
        let channel: UInt8 = try arguments.unsigned()
        guard channel < 32 else { throw .invalidArguments }
        return [channel]
    }

    fileprivate mutating func waitForScan() {
        interpreter.scanningSession = session
        isPending = true
    }
}

// The scan of a session.
extension CommandInterpreter {
    /// Prints what was found, and ends the command that waited for it.
    func handleScan(_ report: ScanReport, on node: NodeEngine, now: Instant) {
        guard let session = scanningSession else { return }
        switch report {
        case .beacon(let beacon):
            print(
                beaconTable.row(
                    cells(beacon.panID, beacon.extendedAddress, channel: beacon.channel, rssi: beacon.rssi)),
                to: session)
        case .network(let network, let channel):
            print(
                networkTable.row(
                    [text(received: network.identity.name.bytes), "\(network.identity.extendedPANID)"]
                        + cells(network.panID, network.extendedAddress, channel: channel, rssi: network.rssi)),
                to: session)
        case .ended:
            scanningSession = nil
            end(session, .done, on: node, now: now)
        }
    }

    /// The last columns of both tables. The link quality indicator is always zero, as that of OpenThread's simulation:
    /// the signal strength tells more.
    private func cells(
        _ panID: PANID, _ address: ExtendedAddress, channel: UInt8, rssi: DecibelMilliwatts
    ) -> [String] {
        [hexadecimal(UInt64(panID.rawValue), digits: 4), "\(address)", "\(channel)", rssi.wholeText, "0"]
    }
}
