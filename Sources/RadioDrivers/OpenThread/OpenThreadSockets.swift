import Glibc
import NIOCore
import NIOPosix

/// The two sockets of a virtual radio: one on the group, shared with all others, and one to send from, whose port tells
/// who this is.
struct OpenThreadSockets: Sendable {
    private let receiver: any Channel
    private let transmitter: any Channel
    private let group: SocketAddress

    /// There is no loopback interface with an IPv4 address.
    struct NoLoopback: Error, CustomStringConvertible {
        let description = "no interface has an IPv4 loopback address"
    }

    /// Opens both; none stays open after an error.
    static func open(
        at place: OpenThreadPlace, eventLoop: any EventLoop,
        onDatagram: @escaping @Sendable ([UInt8], SocketAddress) -> Void
    ) -> EventLoopFuture<OpenThreadSockets> {
        let group: SocketAddress
        let device: NIONetworkDevice
        do {
            group = try SocketAddress(ipAddress: OpenThreadPlace.group, port: Int(place.portBase))
            let devices = try System.enumerateDevices()
            guard let loopback = devices.first(where: { $0.address?.isLoopback == true }) else { throw NoLoopback() }
            device = loopback
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        return openTransmitter(at: place, eventLoop: eventLoop).flatMap { transmitter in
            openReceiver(on: group, device: device, eventLoop: eventLoop, onDatagram: onDatagram)
                .map { OpenThreadSockets(receiver: $0, transmitter: transmitter, group: group) }
                .flatMapError { closing(transmitter, because: $0) }
        }
    }

    private static func openTransmitter(
        at place: OpenThreadPlace, eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        var local = place.interface
        local.port = place.ownPort
        guard case .v4(let interface) = place.interface else { preconditionFailure("\(place.interface) is not IPv4") }
        let interfaceAddress = interface.address.sin_addr
        return DatagramBootstrap(group: eventLoop)
            // Nobody sends to a node alone; what comes nevertheless stays in the kernel's bounded buffer.
            .channelOption(.autoRead, value: false)
            .bind(to: local)
            .flatMap { channel in
                guard let options = channel as? any SocketOptionProvider else {
                    preconditionFailure("a datagram socket has options")
                }
                return options.setIPMulticastIF(interfaceAddress)
                    .flatMap { options.setIPMulticastLoop(1) }
                    .map { channel }
                    .flatMapError { closing(channel, because: $0) }
            }
    }

    private static func openReceiver(
        on group: SocketAddress, device: NIONetworkDevice, eventLoop: any EventLoop,
        onDatagram: @escaping @Sendable ([UInt8], SocketAddress) -> Void
    ) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1)
            .channelInitializer { channel in
                channel.pipeline.addHandler(DatagramHandler(onDatagram: onDatagram))
            }
            .bind(to: group)
            .flatMap { channel in
                guard let multicast = channel as? any MulticastChannel else {
                    preconditionFailure("a datagram socket can join a group")
                }
                return multicast.joinGroup(group, device: device).map { channel }
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
