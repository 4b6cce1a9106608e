import NodeEngine
import ThreadWire
import WireCore

/// The operational datasets: the active one, and a buffer to make a new one in.
let datasetCommands = [
    Command(
        "dataset",
        [
            "dataset", "dataset help", "dataset active [-x|-ns]", "dataset pending", "dataset clear",
            "dataset init active|new|tlvs HEX", "dataset commit active", "dataset set active HEX", "dataset tlvs",
            "dataset activetimestamp [SECONDS]", "dataset channel [CHANNEL]", "dataset channelmask [MASK]",
            "dataset extpanid [EXTPANID]", "dataset meshlocalprefix [PREFIX]", "dataset networkkey [KEY]",
            "dataset networkname [NAME]", "dataset panid [PANID]", "dataset pskc [PSKC]",
            "dataset securitypolicy [HOURS [onrcCepR [VERSION]]]",
        ]
    ) { invocation throws(CommandError) in
        guard let name = invocation.arguments.first else {
            return invocation.print(invocation.interpreter.datasetBuffer.lines())
        }
        guard name != "help" else { return invocation.print(datasetActions.map(\.name)) }
        guard let action = (datasetActions + datasetFields).first(where: { $0.name == name }) else {
            throw .invalidCommand
        }
        _ = invocation.arguments.take(name)
        try action.run(&invocation)
    }
]

/// What `dataset help` lists.
private let datasetActions = [
    Command("active", []) { invocation throws(CommandError) in
        guard let dataset = invocation.node.dataset else { throw .notFound }
        try invocation.print(dataset)
    },
    Command("clear", []) { invocation in invocation.interpreter.datasetBuffer = OperationalDataset() },
    Command("commit", []) { invocation throws(CommandError) in
        guard invocation.arguments.take("active") else { throw .invalidArguments }
        try invocation.setActive(invocation.interpreter.datasetBuffer)
    },
    Command("init", []) { invocation throws(CommandError) in
        switch try invocation.arguments.word() {
        case "active":
            guard let dataset = invocation.node.dataset else { throw .notFound }
            invocation.interpreter.datasetBuffer = dataset
        case "new": invocation.interpreter.datasetBuffer = invocation.node.newDataset()
        case "tlvs": invocation.interpreter.datasetBuffer = try invocation.arguments.dataset()
        default: throw .invalidArguments
        }
    },
    Command("pending", []) { _ throws(CommandError) in
        // A dataset is taken into use at once, so none is ever pending.
        throw .notFound
    },
    Command("set", []) { invocation throws(CommandError) in
        guard invocation.arguments.take("active") else { throw .invalidArguments }
        try invocation.setActive(try invocation.arguments.dataset())
    },
    Command("tlvs", []) { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.print(hexadecimal(invocation.interpreter.datasetBuffer.bytes))
    },
]

/// The values of the buffer one by one: printed without an argument, where they are there, and set with one.
private let datasetFields = [
    field("activetimestamp", \.activeTimestamp, { "\($0.seconds)" }) { arguments throws(CommandError) in
        let seconds: UInt64 = try arguments.unsigned()
        guard seconds < 1 << 48 else { throw .invalidArguments }
        return Timestamp(seconds: seconds)
    },
    field("channel", \.channel, { "\($0)" }) { arguments throws(CommandError) in try arguments.unsigned() },
    field("channelmask", \.channelMask, { "0x" + hexadecimal(UInt64($0), digits: 8) }) {
        arguments throws(CommandError) in try arguments.unsigned()
    },
    field("extpanid", \.extendedPANID, { "\($0)" }) { arguments throws(CommandError) in
        try arguments.extendedPANID()
    },
    field("meshlocalprefix", \.meshLocalPrefix, { "\($0)" }) { arguments throws(CommandError) in
        try arguments.meshLocalPrefix()
    },
    field("networkkey", \.networkKey, { hexadecimal($0) }) { arguments throws(CommandError) in
        try arguments.bytes(count: 16)
    },
    field("networkname", \.networkName, { "\($0)" }) { arguments throws(CommandError) in
        try arguments.networkName()
    },
    field("panid", \.panID, { $0.prefixed }) { arguments throws(CommandError) in
        PANID(rawValue: try arguments.unsigned())
    },
    field("pskc", \.pskc, { hexadecimal($0) }) { arguments throws(CommandError) in try arguments.bytes(count: 16) },
    field("securitypolicy", \.securityPolicy, { "\($0)" }) { arguments throws(CommandError) in
        try arguments.securityPolicy()
    },
]

private func field<Value>(
    _ name: String, _ path: any WritableKeyPath<OperationalDataset, Value?> & Sendable,
    _ text: @escaping @Sendable (Value) -> String,
    parse: @escaping @Sendable (inout Arguments) throws(CommandError) -> Value
) -> Command {
    Command(name, []) { invocation throws(CommandError) in
        guard invocation.arguments.isEmpty else {
            let value = try parse(&invocation.arguments)
            invocation.interpreter.datasetBuffer[keyPath: path] = value
            return
        }
        if let value = invocation.interpreter.datasetBuffer[keyPath: path] { invocation.print(text(value)) }
    }
}

extension Invocation {
    /// Prints a dataset in the form that the next word asks for.
    fileprivate mutating func print(_ dataset: OperationalDataset) throws(CommandError) {
        switch arguments.first {
        case nil: print(dataset.lines())
        case "-x": print(hexadecimal(dataset.bytes))
        case "-ns": print(dataset.lines(isRedacted: true))
        default: throw .invalidArguments
        }
    }

    /// Takes a dataset into use; one that lacks what a node must know is refused.
    func setActive(_ dataset: OperationalDataset) throws(CommandError) {
        guard node.setActiveDataset(dataset, now: now) else { throw .invalidArguments }
    }
}

extension Arguments {
    /// A dataset in hexadecimal digits.
    /// - Throws: `.invalidArguments` when it is none.
    mutating func dataset() throws(CommandError) -> OperationalDataset {
        let bytes = try bytes(atMost: OperationalDataset.maximumLength)
        guard let dataset = try? OperationalDataset(bytes) else { throw .invalidArguments }
        return dataset
    }

    mutating func extendedPANID() throws(CommandError) -> ExtendedPANID {
        ExtendedPANID(rawValue: try bytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// - Throws: `.invalidArguments` when the name is longer than 16 bytes.
    mutating func networkName() throws(CommandError) -> NetworkName {
        guard let name = NetworkName(try word()) else { throw .invalidArguments }
        return name
    }

    /// The first 64 bits of an address or of a prefix of that length.
    mutating func meshLocalPrefix() throws(CommandError) -> IPv6Prefix {
        guard let text = first else { throw .invalidArguments }
        guard text.utf8.contains(UInt8(ascii: "/")) else { return IPv6Prefix(try address(), length: 64) }
        let prefix = try prefix()
        guard prefix.length == 64 else { throw .invalidArguments }
        return prefix
    }

    /// Hours and, where they are given, permissions and version threshold.
    mutating func securityPolicy() throws(CommandError) -> SecurityPolicy {
        let hours: UInt16 = try unsigned()
        var text = "\(hours)"
        while !isEmpty { text += " " + (try word()) }
        guard let policy = SecurityPolicy(text) else { throw .invalidArguments }
        return policy
    }
}
