import Glibc
public import IngressFilter
public import LinuxDevices
public import Logging
import NIOCore
import NIOPosix
import NodeEngine
public import NodeRuntime
import ThreadWire

/// Carries datagrams between the host's IP stack and the mesh over a TUN interface, as far as the filter lets them.
///
/// The interface has the node's addresses that do not change with the topology. Locators are left out: the kernel would
/// pick them as a source address, and they change.
/// - Deviation: docs/deviations.md#host-addresses
///
/// It lives on the runtime's event loop.
public final class TUNBridge: @unchecked Sendable {
    private let runtime: NodeRuntime
    private let interface: TUNInterface
    private let logger: Logger
    private var channel: (any Channel)?
    private var filter: IngressFilter
    private var network: HostNetwork
    private var hasReportedFullQueue = false

    /// - Parameters:
    ///   - policy: what may come in from beyond the host.
    ///   - acceptsRoutes: whether the host routes to the networks behind other border routers of the mesh.
    public init(
        runtime: NodeRuntime, interface: TUNInterface, policy: IngressFilter.Policy = .init(),
        acceptsRoutes: Bool = true, logger: Logger
    ) {
        self.runtime = runtime
        self.interface = interface
        self.logger = logger
        filter = IngressFilter(policy: policy)
        network = HostNetwork(interface, acceptsRoutes: acceptsRoutes, logger: logger)
    }

    /// What passed the filter and what did not, and how many conversations it knows; only on the runtime's event loop.
    public var statistics: (counters: FilterCounters, flows: Int) {
        runtime.eventLoop.preconditionInEventLoop()
        return (filter.counters, filter.flowCount)
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
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TUNReader { self?.enter($0) })
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
            case .deliver(let datagram): self?.leave(datagram)
            case .identityChanged: self?.synchronize(with: node)
            case .transmit, .assessChannel, .setReceiver, .setChannel, .readable, .echoReply, .store, .event,
                .diagnostic, .scan, .sniffed:
                break
            }
        }
        runtime.withNode { node, now in
            node.setHostReceives(true, now: now)
            synchronize(with: node)
        }
    }

    private func synchronize(with node: NodeEngine) {
        filter.site.meshLocalPrefix = node.thread.network?.meshLocalPrefix
        filter.site.onMeshPrefixes = node.onMeshPrefixes
        filter.site.hostAddresses = Set(node.hostAddresses)
        network.synchronize(with: node)
    }

    // MARK: Datagrams

    /// The host sends a datagram.
    private func enter(_ datagram: [UInt8]) {
        switch filter.enter(datagram, now: runtime.now) {
        case .pass: runtime.sendFromHost(datagram)
        case .discard(let reason): logger.debug("not let into the mesh: \(reason)")
        }
    }

    /// The mesh sends a datagram.
    private func leave(_ datagram: [UInt8]) {
        switch filter.leave(datagram, now: runtime.now) {
        case .pass: write(datagram)
        case .discard(let reason): logger.debug("not let out of the mesh: \(reason)")
        }
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

    private static func duplicate(_ descriptor: CInt) throws -> CInt {
        let copy = dup(descriptor)
        guard copy >= 0 else { throw TUNError.failed(operation: "duplicate the TUN descriptor", code: errno) }
        return copy
    }
}

/// Hands on each packet that the host sends.
private final class TUNReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receive: (([UInt8]) -> Void)

    init(_ receive: @escaping ([UInt8]) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(Array(unwrapInboundIn(data).readableBytesView))
    }
}
