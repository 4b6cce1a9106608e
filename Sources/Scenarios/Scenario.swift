public import EngineCore
public import LinkProfiles
public import LoRaPHY
public import Simulator
public import ThreadWire

/// What is simulated: nodes and who hears whom, traffic, what befalls the network, and what must come true.
///
/// A run is a pure function of a scenario and a seed. A scenario that exists is valid.
public struct Scenario: Sendable {
    public var name: String
    public var radio: Radio
    public var air: Air
    public var nodes: [Node]
    /// Each direction by itself.
    public var links: [Link]
    public var traffic: [Flow]
    public var events: [Event]
    /// For how long nodes and traffic run.
    public var duration: Duration
    /// The nodes are switched on at random times within this span.
    public var startSpread: Duration
    /// How long nodes run before `duration`, flows and events count; zero for a cold start.
    public var warmUp: Duration
    public var seed: UInt64
    public var stop: Stop
    public var assertions: Assertions
    public var limits: Limits

    /// Of the node that sends with most power.
    var highestPower: DecibelMilliwatts { nodes.compactMap(\.power).max() ?? radio.power }

    /// What the region allows on the channel that is used.
    /// - Throws: the first rule that would be broken.
    func rules() throws(RegionViolation) -> SubBand? { try radio.rules(power: max(highestPower, radio.power)) }

    /// How all radios are set.
    public struct Radio: Equatable, Sendable {
        public enum Profile: String, CaseIterable, Sendable {
            case lora
            case pymesh
        }

        public var profile: Profile
        public var modulation: LoRaModulation
        /// Of nodes that say nothing else.
        public var power: DecibelMilliwatts
        /// Whose law on power and air time is kept; nil for none.
        public var region: Region?
        public var frequency: Hertz

        /// What the region allows on the channel.
        /// - Parameter power: of the strongest node, at a half-wave dipole.
        /// - Throws: the first rule that would be broken.
        func rules(power: DecibelMilliwatts) throws(RegionViolation) -> SubBand? {
            guard let region else { return nil }
            let profile = linkProfile
            return try region.rules(
                frequency: frequency, bandwidth: modulation.bandwidth, power: power,
                antennaGain: PowerLimit.dipoleGain, longestFrame: profile.phy.timeOnAir(byteCount: profile.maximumPSDU))
        }

        public var linkProfile: LinkProfile {
            switch profile {
            case .lora: .lora(modulation)
            case .pymesh: .pymesh(modulation)
            }
        }
    }

    /// Whose rules the air follows.
    public enum Air: Equatable, Sendable {
        /// Heddle's own channel.
        /// - Parameter softEdge: see `ChannelParameters`.
        case modelled(softEdge: Decibels)
        /// The channel of the city scenarios; links have ratios of their own.
        case city([CityMedium.Link])
    }

    public struct Node: Equatable, Sendable {
        public enum Role: String, CaseIterable, Sendable {
            /// May become a router.
            case router
            /// Listens always, never routes.
            case endDevice = "end-device"
            /// Sleeps and polls its parent.
            case sleepy
        }

        public var name: String
        public var role: Role
        /// In metres east and north; nil where links alone tell who hears whom.
        public var position: Position?
        /// Nil for the scenario's.
        public var power: DecibelMilliwatts?
        /// How often a sleepy node asks its parent.
        public var pollPeriod: Duration
    }

    /// - Units: m
    public struct Position: Equatable, Sendable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }

        public func distance(to other: Position) -> Double {
            let (dx, dy) = (x - other.x, y - other.y)
            return (dx * dx + dy * dy).squareRoot()
        }
    }

    /// One direction of a link, by the nodes' places in `nodes`.
    public struct Link: Equatable, Sendable {
        public var from: Int
        public var to: Int
        public var loss: Decibels
    }

    /// Messages of one kind between the same nodes.
    public struct Flow: Equatable, Sendable {
        public enum Kind: String, CaseIterable, Sendable {
            /// A UDP datagram.
            case udp
            /// A UDP datagram that is answered by one of as many bytes.
            case request
            /// A UDP datagram to all nodes of the mesh.
            case multicast
        }

        public var name: String
        public var kind: Kind
        public var from: Int
        /// One node; of a multicast those that are to receive it.
        public var to: [Int]
        /// - Units: bytes of payload
        public var byteCount: Int
        /// Of an answer.
        public var answerByteCount: Int
        public var schedule: Schedule
        /// How often an unanswered request is sent at the most.
        public var attempts: Int
        /// After how long without an answer it is sent again.
        public var timeout: Duration
    }

    /// When messages are sent, counted from the end of the warm-up.
    public enum Schedule: Equatable, Sendable {
        /// At these times.
        case times([Duration])
        /// At even distances.
        case every(Duration, from: Duration, until: Duration)
        /// Independently of each other, so many on average.
        case poisson(mean: Duration, from: Duration, until: Duration)

        /// How many messages that makes, on average.
        var expectedCount: Int {
            switch self {
            case .times(let times): times.count
            case .every(let step, let start, let end), .poisson(let step, let start, let end):
                Int((end - start).microseconds / step.microseconds) + 1
            }
        }
    }

    /// Something that befalls the network.
    public struct Event: Equatable, Sendable {
        /// Counted from the end of the warm-up.
        public var time: Duration
        public var action: Action
        /// As it stands in reports.
        public var text: String
    }

    public enum Action: Equatable, Sendable {
        case powerOff(Int)
        case powerOn(Int)
        case restart(Int)
        /// The node hears these nodes from now on, and no others.
        case move(Int, links: [Link])
        /// Nil cuts the link.
        case setLoss(from: Int, to: Int, loss: Decibels?)
        /// The links between nodes of different groups are cut.
        case split([[Int]])
        /// What `split` cut is as before.
        case heal
        /// So many of the frames to these nodes are lost, whoever sends them.
        case interfere([Int], share: Double)
        /// A node moves the network to the next key sequence.
        case rotateKeys(Int)
        /// A node offers a prefix to the mesh.
        case offerPrefix(Int, IPv6Prefix)
        case withdrawPrefix(Int, IPv6Prefix)
    }

    /// What ends a run before its time.
    public struct Stop: Equatable, Sendable {
        /// As soon as the network has formed.
        public var whenFormed = false
        /// As soon as every message has arrived or been answered, and none is to come.
        public var whenDelivered = false
    }

    /// What must come true; each is checked at the end.
    public struct Assertions: Equatable, Sendable {
        /// Formed after this time at the latest.
        public var formedWithin: Duration?
        /// At least this share of messages arrives.
        public var delivery: Double?
        /// At least this share of requests is answered.
        public var answered: Double?
        /// So many partitions at the end.
        public var partitions: Int?
        /// After every event all ways are there again within this time.
        public var convergedWithin: Duration?
        /// Every node hears every other, over others if need be. Checked before anything runs.
        public var isConnected = false
    }

    /// Limits of Thread that a scenario may tune; nil for Heddle's own.
    public struct Limits: Equatable, Sendable {
        /// - Range: 1 to 511
        public var children: Int?
        /// How many routers a partition may have; more than 32 is not Thread.
        /// - Range: 1 to 62
        public var routers: Int?
        /// - Range: 1 to 62
        public var routerUpgradeThreshold: Int?
        /// - Range: 1 to 62
        public var routerDowngradeThreshold: Int?
    }
}
