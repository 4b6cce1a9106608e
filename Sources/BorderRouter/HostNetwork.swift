import LinuxDevices
import Logging
import NodeEngine
import ThreadWire

/// Keeps the addresses of the interface, and the host's routes to it, as the node has them.
///
/// All of that goes with the interface, also when this process is killed.
struct HostNetwork {
    private let interface: TUNInterface
    private let logger: Logger
    private let acceptsRoutes: Bool
    private var addresses: Set<IPv6Address> = []
    private var routes: Set<IPv6Prefix> = []
    /// What the kernel refused, which is told once.
    private var refused: Set<IPv6Prefix> = []

    /// - Parameter acceptsRoutes: whether networks behind other border routers get a route.
    init(_ interface: TUNInterface, acceptsRoutes: Bool, logger: Logger) {
        self.interface = interface
        self.acceptsRoutes = acceptsRoutes
        self.logger = logger
    }

    mutating func synchronize(with node: NodeEngine) {
        synchronizeAddresses(Set(node.hostAddresses))
        synchronizeRoutes(Set(acceptsRoutes ? node.hostRoutes : node.onMeshPrefixes))
    }

    private mutating func synchronizeAddresses(_ wanted: Set<IPv6Address>) {
        do throws(TUNError) {
            for address in addresses.subtracting(wanted) {
                try interface.removeAddress(address, prefixLength: 64)
                addresses.remove(address)
            }
            for address in wanted.subtracting(addresses) {
                try interface.addAddress(address, prefixLength: 64)
                addresses.insert(address)
                logger.info("\(interface.name) has the address \(address.compressedDescription)")
            }
        } catch {
            logger.error("\(error)")
        }
    }

    private mutating func synchronizeRoutes(_ wanted: Set<IPv6Prefix>) {
        refused.formIntersection(wanted)
        for prefix in routes.subtracting(wanted) { change(prefix, isAdded: false) }
        for prefix in wanted.subtracting(routes).subtracting(refused) { change(prefix, isAdded: true) }
    }

    private mutating func change(_ prefix: IPv6Prefix, isAdded: Bool) {
        do throws(TUNError) {
            if isAdded {
                try interface.addRoute(prefix)
                routes.insert(prefix)
                logger.info("the host reaches \(prefix) through \(interface.name)")
            } else {
                routes.remove(prefix)
                try interface.removeRoute(prefix)
                logger.info("the host does not reach \(prefix) through \(interface.name) any more")
            }
        } catch {
            if isAdded { refused.insert(prefix) }
            logger.error("\(error)")
        }
    }
}
