import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// Who becomes a router, and when.
let tunableCommands = [
    Command("routereligible", ["routereligible", "routereligible enable|disable"]) { invocation throws(CommandError) in
        let node = invocation.node
        guard !invocation.arguments.isEmpty else {
            return invocation.print(enabledText(node.thread.configuration.isRouterEligible))
        }
        let isEligible = try invocation.arguments.enableOrDisable()
        guard node.setRouterEligible(isEligible, now: invocation.now) else { throw .notCapable }
    },
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
