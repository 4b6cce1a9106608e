public import EngineCore
public import ThreadEngine
public import ThreadWire

// What this node offers to the network.
extension NodeEngine {
    /// Offers a prefix to the mesh; `registerServerData` tells the leader.
    public func addOnMeshPrefix(_ offer: OnMeshPrefix) throws(ServerDataError) {
        try thread.addOnMeshPrefix(offer)
    }

    /// Offers a way out of the mesh; `registerServerData` tells the leader.
    public func addExternalRoute(_ offer: ExternalRoute) throws(ServerDataError) {
        try thread.addExternalRoute(offer)
    }

    /// Offers nothing of a prefix any more; `registerServerData` tells the leader.
    public func removePrefix(_ prefix: IPv6Prefix) throws(ServerDataError) {
        try thread.removePrefix(prefix)
    }

    /// Offers a service; `registerServerData` tells the leader.
    public func addService(_ offer: MeshService) throws(ServerDataError) {
        try thread.addService(offer)
    }

    /// Offers a service no longer; `registerServerData` tells the leader.
    public func removeService(enterpriseNumber: UInt32, serviceData: [UInt8]) throws(ServerDataError) {
        try thread.removeService(enterpriseNumber: enterpriseNumber, serviceData: serviceData)
    }

    /// Tells the leader what this node offers, as soon as it is attached.
    public func registerServerData(now: Instant) {
        thread.registerServerData(now: now)
        settle(now: now)
    }

    /// Counts the most bytes of network data anew.
    public func resetLongestNetworkData() { thread.resetLongestNetworkData() }
}
