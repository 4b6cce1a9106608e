/// Why a TUN interface could not be made or changed; each description tells what to do.
public enum TUNError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kernel has no TUN device, or the container was given none.
    case missingDevice
    /// The process may not make or change interfaces.
    case permission(operation: String)
    /// Not a name the kernel takes.
    case invalidName(String)
    /// Another process has the interface open.
    case nameInUse(String, holder: RunningProcess?)
    /// The host has an interface of this name that is no TUN interface.
    case notATUNInterface(String)
    /// There is no network namespace of this name.
    case missingNamespace(String)
    /// IPv6 is switched off on the host or the interface.
    case ipv6Disabled(String)
    /// The interface was closed.
    case closed
    /// Anything else.
    /// - Parameter code: the system's error number.
    case failed(operation: String, code: Int32)

    public var description: String {
        switch self {
        case .missingDevice:
            "/dev/net/tun is missing; run `modprobe tun`, or give the container `--device /dev/net/tun`"
        case .permission(let operation):
            "no permission to \(operation); run as root, or run `setcap cap_net_admin+ep` on the heddled binary "
                + "and give this user access to /dev/net/tun"
        case .invalidName(let name):
            "`\(name)` is no interface name; use 1 to 15 bytes without spaces, slashes, colons and percent signs"
        case .nameInUse(let name, let holder):
            "the interface \(name) is in use by \(holder?.description ?? "a process that this user may not see"); "
                + "stop it, or choose another tun.name"
        case .notATUNInterface(let name):
            "the host has an interface \(name) that is no TUN interface; choose another tun.name"
        case .missingNamespace(let name):
            "there is no network namespace `\(name)`; run `ip netns add \(name)`, or leave tun.namespace out"
        case .ipv6Disabled(let name):
            "IPv6 is switched off; run `sysctl net.ipv6.conf.all.disable_ipv6=0 "
                + "net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.\(name).disable_ipv6=0`"
        case .closed: "the TUN interface was closed"
        case .failed(let operation, let code): "cannot \(operation): \(systemMessage(code))"
        }
    }
}
