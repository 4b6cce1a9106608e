import ThreadWire
import WireCore

/// One value of a dataset: its name, how it is written and read.
struct DatasetField: Sendable {
    let name: String
    let type: MeshCoPTLVType
    /// The value as it is printed; nil when the dataset has none.
    let text: @Sendable (OperationalDataset) -> String?
    /// Takes words and sets the value that they stand for.
    let set: @Sendable (inout Arguments, inout OperationalDataset) throws(CommandError) -> Void

    fileprivate init<Value>(
        _ name: String, _ type: MeshCoPTLVType, _ path: any WritableKeyPath<OperationalDataset, Value?> & Sendable,
        _ text: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (inout Arguments) throws(CommandError) -> Value
    ) {
        self.name = name
        self.type = type
        self.text = { dataset in dataset[keyPath: path].map { text($0) } }
        set = { arguments, dataset throws(CommandError) in dataset[keyPath: path] = try parse(&arguments) }
    }

    /// The field of a name, also of a former one.
    static func named(_ name: String) -> DatasetField? {
        all.first { $0.name == formerNames[name] ?? name }
    }

    /// Names of other times: Pymesh's own engine is of 2018.
    private static let formerNames = [
        "delaytimer": "delay", "localprefix": "meshlocalprefix", "masterkey": "networkkey",
    ]

    /// How it is read and set.
    var usage: String {
        let value: String =
            switch type {
            case .securityPolicy: "HOURS [FLAGS [VERSION]]"
            case .networkName: "NAME"
            default: "VALUE"
            }
        return "dataset \(name) [\(value)]"
    }

    /// In the order in which a request to change a dataset lists them.
    /// - Source: OpenThread as observed: recording keyswitch, `dataset mgmtsetcommand`
    static let all = [
        DatasetField("activetimestamp", .activeTimestamp, \.activeTimestamp, { "\($0.seconds)" }) {
            arguments throws(CommandError) in try arguments.timestamp()
        },
        DatasetField("pendingtimestamp", .pendingTimestamp, \.pendingTimestamp, { "\($0.seconds)" }) {
            arguments throws(CommandError) in try arguments.timestamp()
        },
        DatasetField("delay", .delayTimer, \.delayTimer, { "\($0)" }) { arguments throws(CommandError) in
            try arguments.unsigned()
        },
        DatasetField("channel", .channel, \.channel, { "\($0)" }) { arguments throws(CommandError) in
            try arguments.unsigned()
        },
        DatasetField("wakeupchannel", .wakeUpChannel, \.wakeUpChannel, { "\($0)" }) {
            arguments throws(CommandError) in try arguments.unsigned()
        },
        DatasetField("channelmask", .channelMask, \.channelMask, { "0x" + hexadecimal(UInt64($0), digits: 8) }) {
            arguments throws(CommandError) in try arguments.unsigned()
        },
        DatasetField("extpanid", .extendedPANID, \.extendedPANID, { "\($0)" }) { arguments throws(CommandError) in
            try arguments.extendedPANID()
        },
        DatasetField("meshlocalprefix", .meshLocalPrefix, \.meshLocalPrefix, { "\($0)" }) {
            arguments throws(CommandError) in try arguments.meshLocalPrefix()
        },
        DatasetField("networkkey", .networkKey, \.networkKey, { hexadecimal($0) }) {
            arguments throws(CommandError) in try arguments.bytes(count: 16)
        },
        DatasetField("networkname", .networkName, \.networkName, { "\($0)" }) { arguments throws(CommandError) in
            try arguments.networkName()
        },
        DatasetField("panid", .panID, \.panID, { $0.prefixed }) { arguments throws(CommandError) in
            PANID(rawValue: try arguments.unsigned())
        },
        DatasetField("pskc", .pskc, \.pskc, { hexadecimal($0) }) { arguments throws(CommandError) in
            try arguments.bytes(count: 16)
        },
        DatasetField("securitypolicy", .securityPolicy, \.securityPolicy, { "\($0)" }) {
            arguments throws(CommandError) in try arguments.securityPolicy()
        },
    ]

    /// The types of chosen fields, in the order in which a request for a dataset lists them.
    /// - Source: OpenThread as observed
    static func requestedTypes(_ chosen: Set<String>) -> [MeshCoPTLVType] {
        let order = [
            "activetimestamp", "pendingtimestamp", "networkkey", "networkname", "extpanid", "meshlocalprefix", "delay",
            "panid", "channel", "wakeupchannel", "pskc", "securitypolicy", "channelmask",
        ]
        return order.filter { chosen.contains($0) }.compactMap { named($0)?.type }
    }
}

extension Arguments {
    fileprivate mutating func timestamp() throws(CommandError) -> Timestamp {
        let seconds: UInt64 = try unsigned()
        guard seconds < 1 << 48 else { throw .invalidArguments }
        return Timestamp(seconds: seconds)
    }

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
    fileprivate mutating func meshLocalPrefix() throws(CommandError) -> IPv6Prefix {
        guard let text = first else { throw .invalidArguments }
        guard text.utf8.contains(UInt8(ascii: "/")) else { return IPv6Prefix(try address(), length: 64) }
        let prefix = try prefix()
        guard prefix.length == 64 else { throw .invalidArguments }
        return prefix
    }

    /// Hours and, where they are given, permissions and version threshold.
    ///
    /// Among other fields the words end where the next field's name is.
    fileprivate mutating func securityPolicy() throws(CommandError) -> SecurityPolicy {
        let hours: UInt16 = try unsigned()
        var text = "\(hours)"
        for _ in 0..<2 {
            guard let word = first else { break }
            text += " " + word
            _ = take(word)
        }
        guard let policy = SecurityPolicy(text) else { throw .invalidArguments }
        return policy
    }
}
