import EngineCore
import NodeEngine
import ThreadEngine

/// Who becomes a router, and when.
let tunableCommands = [
    Command("routereligible", ["routereligible", "routereligible enable|disable"]) { invocation throws(CommandError) in
        let node = invocation.node
        guard !invocation.arguments.isEmpty else {
            return invocation.print(enabledText(node.thread.configuration.isRouterEligible))
        }
        node.threadConfiguration.isRouterEligible = try invocation.arguments.enableOrDisable()
    },
    Command("routerselectionjitter", ["routerselectionjitter"]) { invocation throws(CommandError) in
        // It belongs to the link profile, which is fixed while a node runs.
        guard invocation.arguments.isEmpty else { throw .notImplemented }
        invocation.print("\(invocation.node.profile.routerSelectionJitter.wholeSeconds)")
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
