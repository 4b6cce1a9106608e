public import NIOCore

/// Hands each datagram's bytes and sender to a closure on the event loop; errors of single datagrams are ignored, as
/// a later one may arrive.
public final class DatagramHandler: ChannelInboundHandler, Sendable {
    public typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let onDatagram: @Sendable ([UInt8], SocketAddress) -> Void

    public init(onDatagram: @escaping @Sendable ([UInt8], SocketAddress) -> Void) {
        self.onDatagram = onDatagram
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        onDatagram(Array(envelope.data.readableBytesView), envelope.remoteAddress)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
