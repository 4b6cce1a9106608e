import EngineCore
import IPEngine
import NodeEngine
import ThreadWire

/// UDP: each session has one socket.
let datagramCommands = [
    Command(
        "udp",
        [
            "udp bind ADDRESS PORT", "udp close", "udp connect ADDRESS PORT", "udp linksecurity [enable|disable]",
            "udp open",
            "udp send [ADDRESS PORT] [-t] TEXT", "udp send [ADDRESS PORT] -s SIZE", "udp send [ADDRESS PORT] -x HEX",
        ]
    ) { invocation throws(CommandError) in try invocation.runSubcommand(of: socketCommands) }
]

private let socketCommands = [
    Command("bind") { invocation throws(CommandError) in
        let address = try invocation.arguments.address()
        let port: UInt16 = try invocation.arguments.unsigned()
        try invocation.arguments.requireEnd()
        try invocation.bind(try invocation.socket(), to: SocketAddress(address, port: port))
    },
    Command("close") { invocation in
        guard let socket = invocation.interpreter.sessions[invocation.session]?.socket else { return }
        invocation.node.close(socket)
        invocation.interpreter.sessions[invocation.session]?.socket = nil
    },
    Command("connect") { invocation throws(CommandError) in
        let address = try invocation.arguments.address()
        let port: UInt16 = try invocation.arguments.unsigned()
        try invocation.arguments.requireEnd()
        let socket = try invocation.socket()
        do throws(BindError) {
            try invocation.node.connect(socket, to: SocketAddress(address, port: port))
        } catch {
            throw CommandError(error)
        }
    },
    Command("linksecurity") { invocation throws(CommandError) in
        let (interpreter, session) = (invocation.interpreter, invocation.session)
        try invocation.getOrSetFlag(interpreter.sessions[session]?.isLinkSecured ?? true) {
            interpreter.sessions[session]?.isLinkSecured = $0
        }
    },
    Command("open") { invocation throws(CommandError) in
        guard invocation.interpreter.sessions[invocation.session]?.socket == nil else { throw .already }
        try invocation.openSocket()
    },
    Command("send") { invocation throws(CommandError) in
        let socket = try invocation.socket()
        var destination: SocketAddress?
        // Three words or more begin with an address, as in OpenThread.
        if invocation.arguments.count > 2 {
            let address = try invocation.arguments.address()
            destination = SocketAddress(address, port: try invocation.arguments.unsigned())
        }
        let payload = try invocation.payload()
        do throws(SendError) {
            let isLinkSecured = invocation.interpreter.sessions[invocation.session]?.isLinkSecured ?? true
            try invocation.node.send(
                socket, to: destination, payload: payload, isLinkSecured: isLinkSecured, now: invocation.now)
        } catch {
            throw CommandError(error)
        }
    },
]

extension Invocation {
    fileprivate func socket() throws(CommandError) -> SocketID {
        guard let socket = interpreter.sessions[session]?.socket else { throw .invalidState }
        return socket
    }

    fileprivate func openSocket() throws(CommandError) {
        do throws(BindError) {
            interpreter.sessions[session]?.socket = try node.openSocket()
        } catch {
            throw CommandError(error)
        }
    }

    /// A socket that is bound already is replaced by one with the new name, since OpenThread's can be bound again.
    fileprivate func bind(_ socket: SocketID, to name: SocketAddress) throws(CommandError) {
        do throws(BindError) {
            _ = try node.bind(socket, address: name.address, port: name.port)
        } catch .alreadyBound {
            node.close(socket)
            interpreter.sessions[session]?.socket = nil
            try openSocket()
            try bind(try self.socket(), to: name)
        } catch {
            throw CommandError(error)
        }
    }

    fileprivate mutating func payload() throws(CommandError) -> [UInt8] {
        if arguments.take("-s") {
            let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
            let count = Int(try arguments.unsigned(UInt16.self))
            return (0..<count).map { digits[$0 % digits.count] }
        }
        if arguments.take("-x") { return try arguments.bytes() }
        _ = arguments.take("-t")
        return Array(try arguments.word().utf8)
    }
}

extension CommandInterpreter {
    /// Prints what has arrived at a session's socket.
    func printDatagrams(of socket: SocketID, on node: NodeEngine) {
        guard let session = sessions.first(where: { $0.value.socket == socket })?.key else { return }
        while let datagram = try? node.receive(socket) {
            let source = datagram.source
            let origin = "\(datagram.payload.count) bytes from \(source.address) \(source.port)"
            print("\(origin) \(text(received: datagram.payload))", to: session, isAsynchronous: true)
        }
    }
}
