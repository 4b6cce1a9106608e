import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// Whether this node may route.
let routerEligibleCommand = Command("routereligible", ["routereligible", "routereligible enable|disable"]) {
    invocation throws(CommandError) in
    let (node, now) = (invocation.node, invocation.now)
    try invocation.getOrSetFlag(node.thread.configuration.isRouterEligible) { isEligible throws(CommandError) in
        guard node.setRouterEligible(isEligible, now: now) else { throw .notCapable }
    }
}

/// Who becomes a router, and when.
let tunableCommands = [
    routerEligibleCommand,
    Command("routerselectionjitter", ["routerselectionjitter", "routerselectionjitter SECONDS"]) {
        invocation throws(CommandError) in
        let node = invocation.node
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(node.thread.configuration.routerSelectionJitter.wholeSeconds)")
        }
        let seconds = try invocation.arguments.unsigned(UInt8.self)
        guard seconds > 0 else { throw .invalidArguments }
        node.threadConfiguration.routerSelectionJitter = .seconds(Int64(seconds))
    },
    Command("childrouterlinks", ["childrouterlinks", "childrouterlinks COUNT"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(node.thread.configuration.childRouterLinks) { count throws(CommandError) in
            guard node.thread.role == .disabled else { throw .invalidState }
            node.threadConfiguration.childRouterLinks = count
        }
    },
    Command("mleadvimax", ["mleadvimax"]) { invocation in
        let thread = invocation.node.thread
        // Who does not route does not advertise.
        let interval = thread.role.isRouting ? thread.advertisementIntervalMaximum : .zero
        invocation.print("\(interval.milliseconds)")
    },
    Command("parentpriority", ["parentpriority", "parentpriority PRIORITY"]) { invocation throws(CommandError) in
        let node = invocation.node
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(node.thread.configuration.parentPriority ?? unassignedParentPriority)")
        }
        let priority = try invocation.arguments.signed(Int8.self)
        guard (unassignedParentPriority...1).contains(priority) else { throw .invalidArguments }
        node.threadConfiguration.parentPriority = priority == unassignedParentPriority ? nil : priority
    },
    Command("networkidtimeout", ["networkidtimeout", "networkidtimeout SECONDS"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(UInt8(clamping: node.thread.configuration.networkIDTimeout.wholeSeconds)) {
            node.threadConfiguration.networkIDTimeout = .seconds(Int64($0))
        }
    },
    Command("preferrouterid", ["preferrouterid ID"]) { invocation throws(CommandError) in
        let id = RouterID(rawValue: try invocation.arguments.unsigned())
        guard id.isValid else { throw .invalidArguments }
        do throws(RoleRequestError) {
            try invocation.node.setPreferredRouterID(id)
        } catch {
            throw CommandError(error)
        }
    },
    Command("releaserouterid", ["releaserouterid ID"]) { invocation throws(CommandError) in
        let id = RouterID(rawValue: try invocation.arguments.unsigned())
        guard id.isValid else { throw .invalidArguments }
        do throws(RoleRequestError) {
            try invocation.node.releaseRouterID(id, now: invocation.now)
        } catch {
            throw CommandError(error)
        }
    },
    Command("routeridrange", ["routeridrange", "routeridrange FIRST LAST"]) { invocation throws(CommandError) in
        let node = invocation.node
        guard !invocation.arguments.isEmpty else {
            let range = node.thread.configuration.routerIDRange
            return invocation.print("\(range.lowerBound) \(range.upperBound)")
        }
        let first = try invocation.arguments.unsigned(UInt8.self)
        let last = try invocation.arguments.unsigned(UInt8.self)
        guard first <= last, last <= RouterID.maximum.rawValue else { throw .invalidArguments }
        node.threadConfiguration.routerIDRange = first...last
    },
    Command("routerupgradethreshold", ["routerupgradethreshold", "routerupgradethreshold COUNT"]) {
        invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(UInt8(clamping: node.thread.configuration.routerUpgradeThreshold)) {
            node.threadConfiguration.routerUpgradeThreshold = Int($0)
        }
    },
    Command("routerdowngradethreshold", ["routerdowngradethreshold", "routerdowngradethreshold COUNT"]) {
        invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(UInt8(clamping: node.thread.configuration.routerDowngradeThreshold)) {
            node.threadConfiguration.routerDowngradeThreshold = Int($0)
        }
    },
]

/// What stands for a priority that the node judges by itself.
/// - Source: OpenThread as observed: recording cliref, `parentpriority`
private let unassignedParentPriority: Int8 = -2
