import NodeEngine
import ThreadWire
import WireCore

/// What identifies the network, value by value: read from the active dataset and, while the protocol is stopped, set
/// in it.
let networkCommands = [
    Command("networkkey", ["networkkey", "networkkey KEY"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            let key = invocation.node.dataset?.networkKey ?? [UInt8](repeating: 0, count: 16)
            return invocation.print(hexadecimal(key))
        }
        let key = try invocation.arguments.bytes(count: 16)
        try invocation.changeDataset { $0.networkKey = key }
    },
    Command("panid", ["panid", "panid PANID"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print((invocation.node.dataset?.panID ?? .broadcast).prefixed)
        }
        let panID = PANID(rawValue: try invocation.arguments.unsigned())
        try invocation.arguments.requireEnd()
        try invocation.changeDataset { $0.panID = panID }
    },
    Command("channel", ["channel", "channel CHANNEL"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.print("\(invocation.node.mac.channel)") }
        let channel: UInt8 = try invocation.arguments.unsigned()
        try invocation.arguments.requireEnd()
        guard invocation.node.thread.role == .disabled else { throw .invalidState }
        guard channel >= 11, channel <= 26 else { throw .invalidArguments }
        try invocation.changeDataset { $0.channel = UInt16(channel) }
    },
    Command("networkname", ["networkname", "networkname NAME"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print(invocation.node.dataset?.networkName?.description ?? "")
        }
        // A running node refuses before it looks at the name, as OpenThread does.
        guard invocation.node.thread.role == .disabled else { throw .invalidState }
        let name = try invocation.arguments.networkName()
        try invocation.arguments.requireEnd()
        try invocation.changeDataset { $0.networkName = name }
    },
    Command("extpanid", ["extpanid", "extpanid EXTPANID"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(invocation.node.dataset?.extendedPANID ?? ExtendedPANID(rawValue: 0))")
        }
        let identifier = try invocation.arguments.extendedPANID()
        try invocation.changeDataset { $0.extendedPANID = identifier }
    },
]

extension Invocation {
    /// Changes the active dataset of a stopped node; one that has none begins with a new one.
    fileprivate func changeDataset(_ change: (inout OperationalDataset) -> Void) throws(CommandError) {
        guard node.thread.role == .disabled else { throw .invalidState }
        var dataset = node.dataset ?? node.newDataset()
        change(&dataset)
        try setActive(dataset)
    }
}
