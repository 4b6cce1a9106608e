import IPEngine
import NodeEngine
import ThreadWire

/// What waits, and for whom.
let bufferCommands = [
    Command("bufferinfo", ["bufferinfo", "bufferinfo reset"]) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else { return invocation.printBuffers() }
        guard invocation.arguments.take("reset") else { throw .invalidArguments }
        invocation.node.resetMaximumBufferUse()
    },
    Command("netstat", ["netstat"]) { invocation in invocation.printSockets() },
]

private let socketTable = TextTable([.init("Local Address", 49, .left), .init("Peer Address", 49, .left)])

extension Invocation {
    /// - Source: recording cliref, `bufferinfo`
    fileprivate func printBuffers() {
        let usage = node.bufferUsage
        // One message takes one buffer here; the queues of what Heddle does not have are empty.
        func row(_ name: String, _ queue: BufferUsage.Queue = BufferUsage.Queue()) -> String {
            "\(name): \(queue.messages) \(queue.messages) \(queue.bytes)"
        }
        print([
            "total: \(usage.total)", "free: \(usage.free)", "max-used: \(usage.maximumUsed)",
            row("6lo send", usage.sending), row("6lo reas", usage.reassembly), row("ip6", usage.unresolved),
            row("mpl", usage.multicast), row("mle", usage.linkEstablishment), row("coap", usage.management),
            row("coap secure"), row("application coap"),
        ])
    }

    /// The newest socket first; those of the protocol itself are the oldest.
    fileprivate func printSockets() {
        print(socketTable.heading)
        let unspecified = IPv6Address.unspecified
        func text(_ address: IPv6Address, _ port: UInt16) -> String { "[\(address)]:\(port)" }
        for socket in node.ip.sockets.reversed() where socket.localPort != nil {
            print(
                socketTable.row([
                    text(socket.localAddress ?? unspecified, socket.localPort ?? 0),
                    text(socket.remote?.address ?? unspecified, socket.remote?.port ?? 0),
                ]))
        }
        guard node.thread.role != .disabled else { return }
        for port in [IPEngine.tmfPort, IPEngine.mlePort] {
            print(socketTable.row([text(unspecified, port), text(unspecified, 0)]))
        }
    }
}
