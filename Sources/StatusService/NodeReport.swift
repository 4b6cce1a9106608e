public import EngineCore
public import IngressFilter
public import NodeEngine
import LoRaPHY
import MACEngine
import ThreadEngine
import ThreadWire

/// How a node is, at one moment: for people, for programs and for Prometheus.
public struct NodeReport: Codable, Equatable, Sendable {
    /// Who the node is and where in the network.
    public struct Network: Codable, Equatable, Sendable {
        /// disabled, detached, child, router or leader
        public var role: String
        public var name: String?
        public var panID: String?
        public var channel: Int?
        public var partition: UInt32?
        public var rloc16: String
        public var extendedAddress: String
        public var addresses: [String]
        /// How many routers the partition has.
        public var routers: Int
        /// How many of them this node hears.
        public var linkedRouters: Int
        public var children: Int
    }

    /// What the radio did since the start.
    public struct RadioReport: Codable, Equatable, Sendable {
        public var framesSent: UInt64
        public var framesReceived: UInt64
        /// - Units: seconds
        public var airtime: Double
    }

    /// What the law allows the radio to send, and what of it is used.
    public struct AirtimeReport: Codable, Equatable, Sendable {
        /// The sub-band, by its edges.
        public var band: String
        /// What was sent within the last hour.
        /// - Units: seconds
        public var used: Double
        /// What may be sent within an hour; nil where only other rules apply.
        /// - Units: seconds
        public var budget: Double?
        /// How often a frame waited for air time since the start.
        public var waits: UInt64
    }

    /// IPv6 datagrams since the start.
    public struct DatagramReport: Codable, Equatable, Sendable {
        public var sent: UInt64
        public var sentInVain: UInt64
        public var received: UInt64
        public var receivedInVain: UInt64
    }

    /// What crossed the border since the start.
    public struct BorderReport: Codable, Equatable, Sendable {
        /// Datagrams that the filter let into the mesh.
        public var entered: UInt64
        /// Datagrams that it let out.
        public var left: UInt64
        /// How many conversations are remembered.
        public var flows: Int
        /// Why it discarded others, and how many.
        public var discarded: [String: UInt64]
    }

    public var version: String
    /// - Units: seconds
    public var uptime: Double
    /// Whether the state could be written when it was last to be.
    public var isStateWritten: Bool
    public var network: Network
    public var radio: RadioReport
    /// Nil where no region's law is kept.
    public var legalAirtime: AirtimeReport?
    public var datagrams: DatagramReport
    /// Why frames and datagrams were discarded, and how many.
    public var drops: [String: UInt64]
    /// Nil for a node without an interface.
    public var border: BorderReport?

    /// What a node's driver knows besides the node.
    public struct Surroundings: Sendable {
        public var version: String
        public var isStateWritten: Bool
        public var framesSent: UInt64
        public var framesReceived: UInt64
        public var airtime: Duration
        /// Nil for a node without an interface.
        public var filter: (counters: FilterCounters, flows: Int)?

        public init(
            version: String, isStateWritten: Bool, framesSent: UInt64, framesReceived: UInt64, airtime: Duration,
            filter: (counters: FilterCounters, flows: Int)?
        ) {
            self.version = version
            self.isStateWritten = isStateWritten
            self.framesSent = framesSent
            self.framesReceived = framesReceived
            self.airtime = airtime
            self.filter = filter
        }
    }

    /// - Parameter now: on the clock of a node that was started at zero.
    public init(of node: NodeEngine, _ surroundings: Surroundings, now: Instant) {
        version = surroundings.version
        uptime = now.since(.zero).seconds
        isStateWritten = surroundings.isStateWritten
        network = Network(of: node)
        radio = RadioReport(
            framesSent: surroundings.framesSent, framesReceived: surroundings.framesReceived,
            airtime: surroundings.airtime.seconds)
        legalAirtime = node.mac.airtime.map { ledger in
            AirtimeReport(
                band: ledger.rules.edges, used: ledger.used(at: now).seconds,
                budget: ledger.rules.hourlyBudget?.seconds, waits: node.mac.airtimeWaits)
        }
        datagrams = DatagramReport(
            sent: node.ipCounters.transmitSuccess, sentInVain: node.ipCounters.transmitFailed,
            received: node.ipCounters.receiveSuccess, receivedInVain: node.ipCounters.receiveFailed)
        drops = Dictionary(uniqueKeysWithValues: node.drops.nonzero.map { ($0.reason.rawValue, $0.count) })
        border = surroundings.filter.map { filter in
            BorderReport(
                entered: filter.counters.entered, left: filter.counters.left, flows: filter.flows,
                discarded: Dictionary(
                    uniqueKeysWithValues: filter.counters.nonzero.map { ($0.reason.rawValue, $0.count) }))
        }
    }
}

extension NodeReport.Network {
    init(of node: NodeEngine) {
        let thread = node.thread
        role = "\(thread.role)"
        name = thread.network == nil ? nil : node.parameters.networkName.map { "\($0)" } ?? ""
        panID = thread.network.map { "0x\(ShortAddress(rawValue: $0.panID.rawValue))" }
        channel = thread.network.map { Int($0.channel) }
        partition = thread.role.isAttached ? thread.partitionID?.rawValue : nil
        rloc16 = "\(thread.rloc16)"
        extendedAddress = "\(thread.extendedAddress)"
        addresses = node.ip.unicastAddresses.map { $0.address.compressedDescription }
        routers = thread.routers.count
        linkedRouters = thread.routers.routers.count { $0.isLinkValid && $0.id != thread.rloc16.routerID }
        children = thread.children.children.count { $0.isValid }
    }
}

extension Duration {
    /// - Units: seconds
    fileprivate var seconds: Double { Double(microseconds) / 1_000_000 }
}
