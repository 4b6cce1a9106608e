public import LinuxDevices
public import Logging
import NIOCore
import Glibc
import NIOPosix
import NodeEngine
public import NodeRuntime
import ThreadWire

/// Carries datagrams between the host's IP stack and the mesh over a TUN interface.
///
/// The interface has the node's mesh-local address, which does not change, and its prefix leads into the mesh.
/// Locators are left out: the kernel would pick them as a source address, and they change with the topology.
/// - Deviation: docs/deviations.md#host-addresses
///
/// It lives on the runtime's event loop.
public final class TUNBridge: @unchecked Sendable {
    private let runtime: NodeRuntime
    private let interface: TUNInterface
    private let logger: Logger
    private var channel: (any Channel)?
    private var installed: Set<IPv6Address> = []
    private var hasReportedFullQueue = false

    public init(runtime: NodeRuntime, interface: TUNInterface, logger: Logger) {
        self.runtime = runtime
        self.interface = interface
        self.logger = logger
    }

    /// Starts to carry datagrams both ways.
    public func start() async throws {
        guard let descriptor = interface.fileDescriptor else { throw TUNError.closed }
        let copy = try Self.duplicate(descriptor)
        // One read is one packet: a buffer that is too small would cut it off.
        let size = interface.mtu + 64
        let eventLoop = runtime.eventLoop
        let channel = try await NIOPipeBootstrap(group: eventLoop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: size))
            .channelInitializer { [runtime] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TUNReader(runtime: runtime))
                }
            }
            .takingOwnershipOfDescriptor(input: copy).get()
        try await eventLoop.submit { self.attach(channel) }.get()
    }

    /// Takes the interface away.
    public func stop() async {
        interface.close()
        // The channel may have gone with the interface already.
        try? await runtime.eventLoop.submit { self.channel }.get()?.close()
    }

    /// Sees the node's outputs from now on, and lets it hand over what is for the host.
    private func attach(_ channel: any Channel) {
        self.channel = channel
        runtime.observe { [weak self] output, node, _ in
            switch output {
            case .deliver(let datagram): self?.write(datagram)
            case .identityChanged: self?.synchronizeAddresses(node.hostAddresses)
            case .transmit, .assessChannel, .setReceiver, .setChannel, .readable, .echoReply, .store, .event,
                .diagnostic, .scan, .sniffed:
                break
            }
        }
        let current = runtime.withNode { node, now in
            node.setHostReceives(true, now: now)
            return node.hostAddresses
        }
        synchronizeAddresses(current)
    }

    private func write(_ datagram: [UInt8]) {
        do throws(TUNError) {
            if try interface.writePacket(datagram) { return }
            if !hasReportedFullQueue { logger.warning("the host does not take packets from \(interface.name) now") }
            hasReportedFullQueue = true
        } catch {
            logger.error("\(error)")
        }
    }

    private func synchronizeAddresses(_ current: [IPv6Address]) {
        let wanted = Set(current)
        do throws(TUNError) {
            for address in installed.subtracting(wanted) {
                try interface.removeAddress(address, prefixLength: 64)
                installed.remove(address)
            }
            for address in wanted.subtracting(installed) {
                try interface.addAddress(address, prefixLength: 64)
                installed.insert(address)
                logger.info("\(interface.name) has the address \(address.compressedDescription)")
            }
        } catch {
            logger.error("\(error)")
        }
    }

    private static func duplicate(_ descriptor: CInt) throws -> CInt {
        let copy = dup(descriptor)
        guard copy >= 0 else { throw TUNError.failed(operation: "duplicate the TUN descriptor", code: errno) }
        return copy
    }
}

/// Hands each packet that the host sends to the node.
private final class TUNReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let runtime: NodeRuntime

    init(runtime: NodeRuntime) { self.runtime = runtime }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let packet = Array(unwrapInboundIn(data).readableBytesView)
        runtime.sendFromHost(packet)
    }
}
