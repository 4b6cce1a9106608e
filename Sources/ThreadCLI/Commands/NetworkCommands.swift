import NodeEngine
import ThreadWire
import WireCore

/// The key that all others follow from.
let networkKeyCommand = Command("networkkey", ["networkkey", "networkkey KEY"]) { invocation throws(CommandError) in
    guard !invocation.arguments.isEmpty else {
        let key = invocation.node.parameters.networkKey ?? [UInt8](repeating: 0, count: 16)
        return invocation.print(hexadecimal(key))
    }
    let key = try invocation.arguments.bytes(count: 16)
    try invocation.changeDataset { $0.networkKey = key }
}

/// What identifies the network, value by value: those in force are read; while the protocol is stopped they are set,
/// in the active dataset too.
let networkCommands = [
    networkKeyCommand,
    Command("pskc", ["pskc", "pskc KEY", "pskc -p PASSPHRASE"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            let key = invocation.node.parameters.pskc ?? [UInt8](repeating: 0, count: 16)
            return invocation.print(hexadecimal(key))
        }
        let key =
            invocation.arguments.take("-p")
            ? try invocation.passphraseKey() : try invocation.arguments.bytes(count: 16)
        try invocation.changeDataset { $0.pskc = key }
    },
    Command("panid", ["panid", "panid PANID"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print((invocation.node.parameters.panID ?? .broadcast).prefixed)
        }
        let panID = PANID(rawValue: try invocation.arguments.unsigned())
        try invocation.arguments.requireEnd()
        try invocation.changeDataset { $0.panID = panID }
    },
    Command("channel", ["channel", "channel CHANNEL", "channel supported", "channel preferred"]) {
        invocation throws(CommandError) in
        switch invocation.arguments.first {
        case nil: invocation.print("\(invocation.node.mac.channel)")
        case "supported", "preferred":
            let mask = OperationalDataset.channels.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
            invocation.print("0x" + hexadecimal(UInt64(mask), digits: 7))
        default:
            let channel: UInt16 = try invocation.arguments.unsigned()
            try invocation.arguments.requireEnd()
            guard invocation.node.thread.role == .disabled else { throw .invalidState }
            guard OperationalDataset.channels.contains(channel) else { throw .invalidArguments }
            try invocation.changeDataset { $0.channel = channel }
        }
    },
    Command("networkname", ["networkname", "networkname NAME"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print(invocation.node.parameters.networkName?.description ?? "")
        }
        // A running node refuses before it looks at the name, as OpenThread does.
        guard invocation.node.thread.role == .disabled else { throw .invalidState }
        let name = try invocation.arguments.networkName()
        try invocation.arguments.requireEnd()
        try invocation.changeDataset { $0.networkName = name }
    },
    Command("extpanid", ["extpanid", "extpanid EXTPANID"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print("\(invocation.node.parameters.extendedPANID ?? ExtendedPANID(rawValue: 0))")
        }
        let identifier = try invocation.arguments.extendedPANID()
        try invocation.changeDataset { $0.extendedPANID = identifier }
    },
]

extension Invocation {
    /// The key that a passphrase gives together with the network's present name and extended PAN id.
    fileprivate mutating func passphraseKey() throws(CommandError) -> [UInt8] {
        let passphrase = try arguments.word()
        guard let key = node.passphraseKey(passphrase) else { throw .invalidArguments }
        return key
    }

    /// Changes the active dataset of a stopped node; one that has none begins with a new one.
    func changeDataset(_ change: (inout OperationalDataset) -> Void) throws(CommandError) {
        guard node.thread.role == .disabled else { throw .invalidState }
        var dataset = node.dataset ?? node.newDataset()
        change(&dataset)
        try keep(dataset, .active)
    }
}
