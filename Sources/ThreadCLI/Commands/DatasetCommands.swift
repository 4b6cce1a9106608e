import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// The operational datasets: the active one, the pending one, and a buffer to make a new one in.
let datasetCommands = [
    Command(
        "dataset",
        [
            "dataset", "dataset help", "dataset active [-x|-ns]", "dataset pending [-x|-ns]", "dataset clear",
            "dataset init active|pending|new", "dataset init tlvs HEX", "dataset commit active|pending",
            "dataset set active|pending HEX", "dataset tlvs",
            "dataset mgmtgetcommand active|pending [address IPADDR] [FIELD...] [-x TYPES]",
            "dataset mgmtsetcommand active|pending [FIELD VALUE...] [-x HEX]",
        ] + DatasetField.all.map(\.usage)
    ) { invocation throws(CommandError) in
        guard let name = invocation.arguments.first else {
            return invocation.print(invocation.interpreter.datasetBuffer.lines())
        }
        guard name != "help" else { return invocation.print(datasetActions.map(\.name)) }
        if let field = DatasetField.named(name) {
            _ = invocation.arguments.take(name)
            return try invocation.run(field)
        }
        guard let action = datasetActions.first(where: { $0.name == name }) else { throw .invalidCommand }
        _ = invocation.arguments.take(name)
        try action.run(&invocation)
    }
]

/// What `dataset help` lists.
private let datasetActions = [
    Command("active") { invocation throws(CommandError) in
        try invocation.print(invocation.node.dataset)
    },
    Command("clear") { invocation in invocation.interpreter.datasetBuffer = OperationalDataset() },
    Command("commit") { invocation throws(CommandError) in
        let kind = try invocation.arguments.datasetKind()
        try invocation.keep(invocation.interpreter.datasetBuffer, kind)
    },
    Command("init") { invocation throws(CommandError) in
        switch try invocation.arguments.word() {
        case "active": try invocation.fillBuffer(invocation.node.dataset)
        case "pending": try invocation.fillBuffer(invocation.node.thread.pendingDataset(now: invocation.now))
        case "new": invocation.interpreter.datasetBuffer = invocation.node.newDataset()
        case "tlvs": invocation.interpreter.datasetBuffer = try invocation.arguments.dataset()
        default: throw .invalidArguments
        }
    },
    Command("mgmtgetcommand") { invocation throws(CommandError) in try invocation.requestDataset() },
    Command("mgmtsetcommand") { invocation throws(CommandError) in try invocation.requestDatasetChange() },
    Command("pending") { invocation throws(CommandError) in
        try invocation.print(invocation.node.thread.pendingDataset(now: invocation.now))
    },
    Command("set") { invocation throws(CommandError) in
        let kind = try invocation.arguments.datasetKind()
        try invocation.keep(try invocation.arguments.dataset(), kind)
    },
    Command("tlvs") { invocation throws(CommandError) in
        try invocation.arguments.requireEnd()
        invocation.print(hexadecimal(invocation.interpreter.datasetBuffer.bytes))
    },
]

extension Invocation {
    /// Prints a value of the buffer where it is there, or sets it when there is an argument.
    fileprivate mutating func run(_ field: DatasetField) throws(CommandError) {
        guard arguments.isEmpty else { return try field.set(&arguments, &interpreter.datasetBuffer) }
        if let text = field.text(interpreter.datasetBuffer) { print(text) }
    }

    /// Prints a dataset in the form that the next word asks for.
    fileprivate mutating func print(_ dataset: OperationalDataset?) throws(CommandError) {
        guard let dataset else { throw .notFound }
        switch arguments.first {
        case nil: print(dataset.lines())
        case "-x": print(hexadecimal(dataset.bytes))
        case "-ns": print(dataset.lines(isRedacted: true))
        default: throw .invalidArguments
        }
    }

    /// Copies a dataset into the buffer, which is left empty when there is none.
    fileprivate func fillBuffer(_ dataset: OperationalDataset?) throws(CommandError) {
        interpreter.datasetBuffer = dataset ?? OperationalDataset()
        if dataset == nil { throw .notFound }
    }

    /// Takes a dataset over; one with channels that do not exist is refused.
    func keep(_ dataset: OperationalDataset, _ kind: DatasetKind) throws(CommandError) {
        guard node.setDataset(dataset, kind, now: now) else { throw .invalidArguments }
    }

    // MARK: Requests to other nodes

    fileprivate mutating func requestDatasetChange() throws(CommandError) {
        let kind = try arguments.datasetKind()
        var chosen = OperationalDataset()
        var more: [UInt8] = []
        while let name = arguments.first {
            _ = arguments.take(name)
            if name == "-x" {
                more = try arguments.bytes(atMost: OperationalDataset.maximumLength)
            } else if let field = DatasetField.named(name) {
                try field.set(&arguments, &chosen)
            } else {
                throw .invalidArguments
            }
        }
        let ordered = DatasetField.all.flatMap { field in chosen.tlvs.filter { $0.type == field.type } }
        do throws(DatasetRequestError) {
            try node.requestDatasetChange(kind, payload: ordered.bytes + more, now: now)
        } catch {
            throw CommandError(error)
        }
    }

    fileprivate mutating func requestDataset() throws(CommandError) {
        let kind = try arguments.datasetKind()
        var chosen: Set<String> = []
        var more: [UInt8] = []
        var address: IPv6Address?
        while let name = arguments.first {
            _ = arguments.take(name)
            if name == "-x" {
                more = try arguments.bytes(atMost: OperationalDataset.maximumLength)
            } else if name == "address" {
                address = try arguments.address()
            } else if let field = DatasetField.named(name) {
                chosen.insert(field.name)
            } else {
                throw .invalidArguments
            }
        }
        let types = DatasetField.requestedTypes(chosen) + more.map { MeshCoPTLVType(rawValue: $0) }
        do throws(DatasetRequestError) {
            try node.requestDataset(kind, types: types, from: address, now: now)
        } catch {
            throw CommandError(error)
        }
    }
}

extension CommandError {
    init(_ error: DatasetRequestError) {
        switch error {
        case .detached: self = .invalidState
        case .pending: self = .already
        case .noRoom: self = .noBuffers
        }
    }
}

extension Arguments {
    /// - Throws: `.invalidArguments` when the word is neither `active` nor `pending`.
    fileprivate mutating func datasetKind() throws(CommandError) -> DatasetKind {
        switch try word() {
        case "active": return .active
        case "pending": return .pending
        default: throw .invalidArguments
        }
    }
}
