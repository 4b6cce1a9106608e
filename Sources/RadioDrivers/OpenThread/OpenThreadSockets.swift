import Glibc
import NIOCore
import NIOPosix

/// The two sockets of a virtual radio: one on the group, shared with all others, and one to send from, whose port tells
/// who this is.
struct OpenThreadSockets: Sendable {
    private let receiver: any Channel
    private let transmitter: any Channel
    private let group: SocketAddress

    /// Opens both; none stays open after an error.
    static func open(
        at place: OpenThreadPlace, eventLoop: any EventLoop,
        onDatagram: @escaping @Sendable ([UInt8], SocketAddress) -> Void
    ) -> EventLoopFuture<OpenThreadSockets> {
        openTransmitter(at: place, eventLoop: eventLoop).flatMap { transmitter in
            openReceiver(at: place, eventLoop: eventLoop, onDatagram: onDatagram)
                .map { OpenThreadSockets(receiver: $0, transmitter: transmitter, group: place.group) }
                .flatMapError { closing(transmitter, because: $0) }
        }
    }

    private static func openTransmitter(
        at place: OpenThreadPlace, eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        var local = place.interface
        local.port = place.ownPort
        let interface = place.interface.ipv4
        return DatagramBootstrap(group: eventLoop)
            // Nobody sends to a node alone; what comes nevertheless stays in the kernel's bounded buffer.
            .channelOption(.autoRead, value: false)
            .bind(to: local)
            .flatMap { channel in
                guard let options = channel as? any SocketOptionProvider else {
                    preconditionFailure("a datagram socket has options")
                }
                return options.setIPMulticastIF(interface)
                    .flatMap { options.setIPMulticastLoop(1) }
                    .map { channel }
                    .flatMapError { closing(channel, because: $0) }
            }
    }

    private static func openReceiver(
        at place: OpenThreadPlace, eventLoop: any EventLoop,
        onDatagram: @escaping @Sendable ([UInt8], SocketAddress) -> Void
    ) -> EventLoopFuture<any Channel> {
        let membership = ip_mreq(imr_multiaddr: place.group.ipv4, imr_interface: place.interface.ipv4)
        return DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1)
            .channelInitializer { channel in
                channel.pipeline.addHandler(DatagramHandler(onDatagram: onDatagram))
            }
            .bind(to: place.group)
            .flatMap { channel in
                guard let options = channel as? any SocketOptionProvider else {
                    preconditionFailure("a datagram socket has options")
                }
                // `joinGroup` refuses Linux' loopback interface, which does not claim to know multicast, yet does.
                return options.unsafeSetSocketOption(
                    level: SocketOptionLevel(IPPROTO_IP), name: IP_ADD_MEMBERSHIP, value: membership
                )
                .map { channel }
                .flatMapError { closing(channel, because: $0) }
            }
    }

    /// Passes an error on once a socket is closed.
    private static func closing<Value: Sendable>(
        _ channel: any Channel, because error: any Error
    ) -> EventLoopFuture<Value> {
        channel.close().flatMapErrorThrowing { _ in }.flatMapThrowing { throw error }
    }

    func send(_ bytes: [UInt8]) -> EventLoopFuture<Void> {
        let buffer = transmitter.allocator.buffer(bytes: bytes)
        return transmitter.writeAndFlush(AddressedEnvelope(remoteAddress: group, data: buffer))
    }

    func close() -> EventLoopFuture<Void> {
        receiver.close().and(transmitter.close()).map { _ in }
    }
}

extension SocketAddress {
    /// The bytes of an IPv4 address.
    fileprivate var ipv4: in_addr {
        guard case .v4(let address) = self else { preconditionFailure("\(self) is not IPv4") }
        return address.address.sin_addr
    }
}
