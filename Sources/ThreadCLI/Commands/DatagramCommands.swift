import EngineCore
import IPEngine
import NodeEngine
import ThreadWire

/// UDP: each session has one socket.
let datagramCommands = [
    Command(
        "udp",
        [
            "udp bind ADDRESS PORT", "udp close", "udp connect ADDRESS PORT", "udp open",
            "udp send [ADDRESS PORT] [-t] TEXT", "udp send [ADDRESS PORT] -s SIZE", "udp send [ADDRESS PORT] -x HEX",
        ]
    ) { invocation throws(CommandError) in try invocation.runSubcommand(of: socketCommands) }
]

private let socketCommands = [
    Command("bind", []) { invocation throws(CommandError) in
        let address = try invocation.arguments.address()
        let port: UInt16 = try invocation.arguments.unsigned()
        try invocation.arguments.requireEnd()
        let socket = try invocation.socket()
        guard address.isUnspecified || invocation.node.ip.unicastAddresses.contains(where: { $0.address == address })
        else { throw .invalidArguments }
        try invocation.node.bindSocket(socket, to: address, port: port)
    },
    Command("close", []) { invocation in
        let state = invocation.interpreter.sessions[invocation.session]
        guard let socket = state?.socket else { return }
        invocation.node.closeSocket(socket)
        invocation.interpreter.sessions[invocation.session]?.socket = nil
        invocation.interpreter.sessions[invocation.session]?.connection = nil
    },
    Command("connect", []) { invocation throws(CommandError) in
        let address = try invocation.arguments.address()
        let port: UInt16 = try invocation.arguments.unsigned()
        try invocation.arguments.requireEnd()
        _ = try invocation.socket()
        invocation.interpreter.sessions[invocation.session]?.connection = (address, port)
    },
    Command("open", []) { invocation throws(CommandError) in
        guard invocation.interpreter.sessions[invocation.session]?.socket == nil else { throw .already }
        invocation.interpreter.sessions[invocation.session]?.socket = try invocation.node.openSocket()
    },
    Command("send", []) { invocation throws(CommandError) in
        let socket = try invocation.socket()
        var peer = invocation.interpreter.sessions[invocation.session]?.connection
        // Three words or more begin with an address, as in OpenThread.
        if invocation.arguments.count > 2 {
            peer = (try invocation.arguments.address(), try invocation.arguments.unsigned())
        }
        let payload = try invocation.payload()
        guard let peer, !peer.address.isUnspecified, peer.port != 0 else { throw .invalidArguments }
        try invocation.node.send(payload, from: socket, to: peer.address, port: peer.port, now: invocation.now)
    },
]

extension Invocation {
    fileprivate func socket() throws(CommandError) -> SocketID {
        guard let socket = interpreter.sessions[session]?.socket else { throw .invalidState }
        return socket
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
        while let datagram = node.receive(from: socket) {
            let origin = "\(datagram.payload.count) bytes from \(datagram.source) \(datagram.sourcePort)"
            print("\(origin) \(text(received: datagram.payload))", to: session, isAsynchronous: true)
        }
    }
}
