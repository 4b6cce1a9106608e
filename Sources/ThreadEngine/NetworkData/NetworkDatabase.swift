import EngineCore
public import ThreadWire
import WireCore

/// The network data as a node keeps them: read once when they come, asked often.
///
/// Every node has one. The leader's is the original, which registrations change; see `NetworkDatabase+Leader.swift`.
public struct NetworkDatabase: Equatable, Sendable {
    public private(set) var data: NetworkData
    /// The same as on the air.
    public private(set) var bytes: [UInt8]
    /// The prefixes that headers may leave out, by number; the mesh-local one is not among them.
    public private(set) var contexts: [LowPANContext]
    public private(set) var prefixes: [PrefixTLV]
    /// The prefixes that nodes of the mesh have addresses of.
    public private(set) var meshPrefixes: [IPv6Prefix]
    /// The most bytes that there have been: OpenThread's `netdata maxlength`.
    public private(set) var longest: Int
    /// As leader: when the number of a prefix that nobody offers any more is given up.
    var contextExpirations: [UInt8: Instant] = [:]

    public init(_ data: NetworkData = NetworkData()) {
        self.data = data
        bytes = data.bytes
        prefixes = data.prefixes
        contexts = Self.contexts(of: prefixes)
        meshPrefixes = Self.meshPrefixes(of: prefixes)
        longest = bytes.count
    }

    /// What of the content is new.
    enum Change: Equatable, Sendable {
        case none
        /// Only what nodes without the full network data do not get.
        case temporary
        /// Something that all nodes get.
        case stable
    }

    /// Takes over other content.
    /// - Precondition: no more bytes than `NetworkData.maximumLength`, or as they came from a peer.
    mutating func replace(with new: NetworkData) -> Change {
        guard new != data else { return .none }
        let isStable = new.stableSubset != data.stableSubset
        data = new
        bytes = new.bytes
        prefixes = new.prefixes
        contexts = Self.contexts(of: prefixes)
        meshPrefixes = Self.meshPrefixes(of: prefixes)
        longest = max(longest, bytes.count)
        return isStable ? .stable : .temporary
    }

    private static func meshPrefixes(of prefixes: [PrefixTLV]) -> [IPv6Prefix] {
        prefixes.filter { $0.borderRouters.contains { $0.flags.contains(.onMesh) } }.map { $0.prefix }
    }

    private static func contexts(of prefixes: [PrefixTLV]) -> [LowPANContext] {
        prefixes.compactMap { prefix in
            prefix.context.map {
                LowPANContext(id: $0.contextID, prefix: prefix.prefix, isCompressible: $0.isCompressible)
            }
        }
    }

    /// What a device with a mode is given: everything, or the stable part alone.
    public func bytes(for mode: DeviceMode) -> [UInt8] {
        mode.requestsFullNetworkData ? bytes : data.stableSubset.bytes
    }

    mutating func resetLongest() { longest = bytes.count }

    // MARK: Servers

    /// The nodes that offer anything.
    public var servers: Set<RLOC16> {
        var all: Set<RLOC16> = []
        for entry in data.serverEntries { all.insert(entry.rloc16) }
        return all
    }

    /// What one node offers.
    public func entries(of server: RLOC16) -> [ServerEntry] {
        data.serverEntries.filter { $0.rloc16 == server }
    }
}

/// One thing that one node offers to the network.
public enum ServerEntry: Hashable, Sendable {
    case onMeshPrefix(OnMeshPrefix)
    case externalRoute(ExternalRoute)
    case service(MeshService)

    public var rloc16: RLOC16 {
        switch self {
        case .onMeshPrefix(let prefix): prefix.rloc16
        case .externalRoute(let route): route.rloc16
        case .service(let service): service.rloc16
        }
    }
}

/// A prefix that a node offers to the mesh.
public struct OnMeshPrefix: Hashable, Sendable {
    public var prefix: IPv6Prefix
    public var flags: BorderRouterEntry.Flags
    public var preference: RoutePreference
    /// Whether devices that keep the stable part alone are told.
    public var isStable: Bool
    public var domainID: UInt8
    /// Who offers it.
    public var rloc16: RLOC16

    public init(
        _ prefix: IPv6Prefix, flags: BorderRouterEntry.Flags, preference: RoutePreference = .medium, isStable: Bool,
        domainID: UInt8 = 0, rloc16: RLOC16 = .unassigned
    ) {
        self.prefix = prefix
        self.flags = flags
        self.preference = preference
        self.isStable = isStable
        self.domainID = domainID
        self.rloc16 = rloc16
    }
}

/// A way out of the mesh that a node offers.
public struct ExternalRoute: Hashable, Sendable {
    public var prefix: IPv6Prefix
    public var preference: RoutePreference
    public var isNAT64: Bool
    /// The router advertises the prefix on its other link.
    public var advertisesPrefix: Bool
    public var isStable: Bool
    public var domainID: UInt8
    public var rloc16: RLOC16

    public init(
        _ prefix: IPv6Prefix, preference: RoutePreference = .medium, isNAT64: Bool = false,
        advertisesPrefix: Bool = false, isStable: Bool, domainID: UInt8 = 0, rloc16: RLOC16 = .unassigned
    ) {
        self.prefix = prefix
        self.preference = preference
        self.isNAT64 = isNAT64
        self.advertisesPrefix = advertisesPrefix
        self.isStable = isStable
        self.domainID = domainID
        self.rloc16 = rloc16
    }
}

/// A service that a node offers.
public struct MeshService: Hashable, Sendable {
    public var enterpriseNumber: UInt32
    /// - Range: 1 to 252 bytes
    public var serviceData: [UInt8]
    /// - Range: at most 248 bytes
    public var serverData: [UInt8]
    public var isStable: Bool
    /// The number that the leader gave the service; 0 before.
    /// - Range: 0 to 15
    public var serviceID: UInt8
    public var rloc16: RLOC16

    public init(
        enterpriseNumber: UInt32, serviceData: [UInt8], serverData: [UInt8] = [], isStable: Bool = true,
        serviceID: UInt8 = 0, rloc16: RLOC16 = .unassigned
    ) {
        self.enterpriseNumber = enterpriseNumber
        self.serviceData = serviceData
        self.serverData = serverData
        self.isStable = isStable
        self.serviceID = serviceID
        self.rloc16 = rloc16
    }
}

extension NetworkData {
    /// All that nodes offer, in the order of the elements.
    public var serverEntries: [ServerEntry] {
        var all: [ServerEntry] = []
        for tlv in tlvs {
            switch tlv {
            case .prefix(let prefix):
                all += prefix.onMeshPrefixes.map { .onMeshPrefix($0) }
                all += prefix.externalRoutes.map { .externalRoute($0) }
            case .service(let service): all += service.meshServices.map { .service($0) }
            case .commissioningData, .unknown: break
            }
        }
        return all
    }

    public var onMeshPrefixes: [OnMeshPrefix] { prefixes.flatMap { $0.onMeshPrefixes } }
    public var externalRoutes: [ExternalRoute] { prefixes.flatMap { $0.externalRoutes } }
    public var meshServices: [MeshService] { services.flatMap { $0.meshServices } }
}

extension PrefixTLV {
    var onMeshPrefixes: [OnMeshPrefix] {
        subTLVs.flatMap { tlv -> [OnMeshPrefix] in
            guard case .borderRouter(let isStable, let entries) = tlv else { return [] }
            return entries.map {
                OnMeshPrefix(
                    prefix, flags: $0.flags, preference: $0.preference, isStable: isStable, domainID: domainID,
                    rloc16: $0.rloc16)
            }
        }
    }

    var externalRoutes: [ExternalRoute] {
        subTLVs.flatMap { tlv -> [ExternalRoute] in
            guard case .hasRoute(let isStable, let entries) = tlv else { return [] }
            return entries.map {
                ExternalRoute(
                    prefix, preference: $0.preference, isNAT64: $0.isNAT64, advertisesPrefix: $0.advertisesPrefix,
                    isStable: isStable, domainID: domainID, rloc16: $0.rloc16)
            }
        }
    }
}

extension ServiceTLV {
    var meshServices: [MeshService] {
        servers.map {
            MeshService(
                enterpriseNumber: enterpriseNumber, serviceData: serviceData, serverData: $0.serverData,
                isStable: $0.isStable, serviceID: serviceID, rloc16: $0.rloc16)
        }
    }
}
