import CLinux
import Glibc
import Synchronization
public import ThreadWire

/// A network interface of the host whose packets this process reads and writes.
///
/// The kernel gives it no addresses of its own, so that only those of ``addAddress(_:prefixLength:)`` are there.
/// It vanishes with its descriptor: when closed, released, or when the process ends, with addresses and routes.
public final class TUNInterface: Sendable {
    /// The interface's name.
    public let name: String
    /// The interface's number on this host.
    public let index: UInt32
    /// The largest packet in bytes.
    public let mtu: Int
    /// Where the interface is.
    public let namespace: NetworkNamespace
    private let descriptor: Mutex<Int32?>

    /// What IPv6 requires of a link at least, and what a mesh carries at most.
    /// - Source: RFC 8200 §5
    public static let defaultMTU = 1280

    /// Makes the interface and takes it up.
    /// - Parameters:
    ///   - name: 1 to 15 bytes without spaces, slashes, colons and percent signs.
    ///   - mtu: 1280 to 65535 bytes.
    ///   - namespace: where the interface is to be.
    /// - Throws: what is in the way, with what to do about it.
    public init(
        name: String, mtu: Int = defaultMTU, namespace: NetworkNamespace = .own
    ) throws(TUNError) {
        precondition((Self.defaultMTU...65535).contains(mtu), "an MTU of \(mtu) bytes")
        // The kernel numbers names with a percent sign, and takes an empty name for "any".
        let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/:%".utf8.contains($0) }
        guard isName, (1...15).contains(name.utf8.count), name != ".", name != ".." else { throw .invalidName(name) }
        let place = namespace.descriptor
        let device = clinux_tun_open(place)
        guard device >= 0 else { throw Self.openError(-device) }
        do throws(TUNError) {
            let existed = clinux_interface_index(place, name) > 0
            let attached = clinux_tun_attach(device, name)
            guard attached == 0 else { throw Self.attachError(-attached, name: name, existed: existed) }
            let number = clinux_interface_index(place, name)
            guard number > 0 else { throw .failed(operation: "find the interface \(name)", code: -number) }
            let index = UInt32(number)
            let generation = clinux_link_disable_address_generation(place, index)
            // A kernel without IPv6 knows no such setting.
            guard generation != -EAFNOSUPPORT else { throw .ipv6Disabled(name) }
            try Self.check(generation, "keep the kernel from giving \(name) addresses", name)
            try Self.check(clinux_link_set_mtu(place, index, UInt32(mtu)), "set the MTU of \(name)", name)
            try Self.check(clinux_link_set_up(place, index, true), "take \(name) up", name)
            self.index = index
        } catch {
            Glibc.close(device)
            throw error
        }
        self.name = name
        self.mtu = mtu
        self.namespace = namespace
        descriptor = Mutex(device)
    }

    deinit { close() }

    /// Closes the interface, which removes it; again does nothing.
    public func close() {
        descriptor.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }

    /// The descriptor, to wait for packets on; nonblocking, and still owned by this object. Nil once closed.
    public var fileDescriptor: Int32? { descriptor.withLock { $0 } }

    /// The next packet that the host sends through the interface.
    /// - Returns: nil when there is none.
    /// - Throws: `.closed`, or `.failed` when the interface was taken away.
    public func readPacket() throws(TUNError) -> [UInt8]? {
        var count = 0
        var code: Int32 = 0
        let packet = try [UInt8](unsafeUninitializedCapacity: mtu) { buffer, initialized throws(TUNError) in
            (count, code) = try transfer { device in read(device, buffer.baseAddress, mtu) }
            initialized = max(0, count)
        }
        if count >= 0 { return packet }
        if code == EAGAIN { return nil }
        throw .failed(operation: "read from \(name)", code: code)
    }

    /// Hands the host one packet, as if it came in through the interface.
    /// - Returns: false when the kernel did not take it: no IP packet, or no memory for it now.
    /// - Throws: `.closed`, or `.failed` when the interface is down or was taken away.
    @discardableResult
    public func writePacket(_ packet: [UInt8]) throws(TUNError) -> Bool {
        let (count, code) = try transfer { device in write(device, packet, packet.count) }
        if count == packet.count { return true }
        switch code {
        case EAGAIN, ENOMEM, ENOBUFS, EINVAL: return false
        default: throw .failed(operation: "write to \(name)", code: code)
        }
    }

    /// Gives the interface an address; one that it has already stays as it is.
    ///
    /// The host sends from it at once, but takes packets for it only when the kernel has found time to insert the
    /// route, usually within a millisecond.
    /// - Parameter prefixLength: 0 to 128; the host routes addresses of this prefix to the interface.
    public func addAddress(_ address: IPv6Address, prefixLength: UInt8) throws(TUNError) {
        try requireOpen()
        let result = clinux_address_change(namespace.descriptor, true, index, address.bytes, prefixLength)
        try Self.check(result, "give \(name) the address \(address.compressedDescription)", name)
    }

    /// Takes an address away from the interface; one that it does not have is no error.
    public func removeAddress(_ address: IPv6Address, prefixLength: UInt8) throws(TUNError) {
        try requireOpen()
        let result = clinux_address_change(namespace.descriptor, false, index, address.bytes, prefixLength)
        guard result != -EADDRNOTAVAIL else { return }
        try Self.check(result, "take the address \(address.compressedDescription) from \(name)", name)
    }

    /// Routes a prefix to the interface; a route of the same metric is replaced.
    /// - Parameter metric: smaller is preferred; 1024 is what other tools give.
    public func addRoute(_ prefix: IPv6Prefix, metric: UInt32 = 1024) throws(TUNError) {
        try requireOpen()
        let result = clinux_route_change(
            namespace.descriptor, true, index, prefix.address.bytes, prefix.length, metric)
        try Self.check(result, "route \(prefix) to \(name)", name)
    }

    /// Removes a route to the interface; one that is not there is no error.
    public func removeRoute(_ prefix: IPv6Prefix, metric: UInt32 = 1024) throws(TUNError) {
        try requireOpen()
        let result = clinux_route_change(
            namespace.descriptor, false, index, prefix.address.bytes, prefix.length, metric)
        guard result != -ESRCH else { return }
        try Self.check(result, "remove the route \(prefix) to \(name)", name)
    }

    /// Reads or writes under the lock, so that the descriptor cannot be closed, and its number reused, meanwhile.
    /// - Returns: what the call returned, and the error number when that is negative.
    private func transfer(_ call: (Int32) -> Int) throws(TUNError) -> (count: Int, code: Int32) {
        let result: (Int, Int32)? = descriptor.withLock { descriptor in
            guard let descriptor else { return nil }
            while true {
                let count = call(descriptor)
                if count >= 0 { return (count, 0) }
                if errno != EINTR { return (count, errno) }
            }
        }
        guard let result else { throw .closed }
        return result
    }

    private func requireOpen() throws(TUNError) {
        guard fileDescriptor != nil else { throw .closed }
    }

    private static func openError(_ code: Int32) -> TUNError {
        switch code {
        case ENOENT, ENODEV, ENXIO: .missingDevice
        case EACCES, EPERM: .permission(operation: "open /dev/net/tun")
        default: .failed(operation: "open /dev/net/tun", code: code)
        }
    }

    private static func attachError(_ code: Int32, name: String, existed: Bool) -> TUNError {
        switch code {
        case EBUSY: .nameInUse(name, holder: .holding(interface: name))
        case EPERM, EACCES: .permission(operation: "make the interface \(name)")
        case EINVAL where existed: .notATUNInterface(name)
        default: .failed(operation: "make the interface \(name)", code: code)
        }
    }

    private static func check(_ result: Int32, _ operation: String, _ name: String) throws(TUNError) {
        switch -result {
        case 0: return
        case EPERM: throw .permission(operation: operation)
        case EACCES: throw .ipv6Disabled(name)
        case let code: throw .failed(operation: operation, code: code)
        }
    }
}
