import NodeEngine
import ThreadEngine
import ThreadWire

/// The partition and its leader.
let partitionCommands = [
    Command("leaderdata", ["leaderdata"]) { invocation throws(CommandError) in
        guard invocation.node.thread.role.isAttached, let data = invocation.node.thread.leaderData else {
            throw .detached
        }
        invocation.print([
            "Partition ID: \(data.partitionID.rawValue)",
            "Weighting: \(data.weighting)",
            "Data Version: \(data.dataVersion)",
            "Stable Data Version: \(data.stableDataVersion)",
            "Leader Router ID: \(data.leaderRouterID.rawValue)",
        ])
    },
    Command("partitionid", ["partitionid", "partitionid preferred [ID]"]) { invocation throws(CommandError) in
        if invocation.arguments.take("preferred") { return try invocation.preferredPartitionID() }
        guard invocation.arguments.isEmpty else { throw .invalidCommand }
        invocation.print("\(invocation.node.thread.partitionID?.rawValue ?? 0)")
    },
    Command("leaderweight", ["leaderweight", "leaderweight WEIGHT"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(node.thread.configuration.leaderWeight) { node.threadConfiguration.leaderWeight = $0 }
    },
]

extension Invocation {
    /// Prints or sets the id of a partition that this node forms; zero lets it choose.
    mutating func preferredPartitionID() throws(CommandError) {
        let node = node
        try getOrSet(node.thread.configuration.preferredPartitionID?.rawValue ?? 0) {
            node.threadConfiguration.preferredPartitionID = $0 == 0 ? nil : PartitionID(rawValue: $0)
        }
    }
}
