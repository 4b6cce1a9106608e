public import LinuxDevices
public import Logging

/// Lets the host's kernel pass datagrams on from one interface to another, without which a border router has only its
/// own host behind it.
public enum Forwarding {
    /// Switches forwarding on where it is off; it stays on when this process ends, for others may rely on it.
    ///
    /// A host that forwards takes no more router advertisements, and so loses its own way out, unless its interfaces
    /// are told to: that is done for those that take them now.
    /// - Source: the kernel's Documentation/networking/ip-sysctl.rst, `accept_ra` and `forwarding`
    public static func enable(in namespace: NetworkNamespace, logger: Logger) {
        guard namespace.ipv6Setting("conf/all/forwarding") != "1" else { return }
        do throws(TUNError) {
            for interface in namespace.interfaceNames {
                let setting = "conf/\(interface)/accept_ra"
                if namespace.ipv6Setting(setting) == "1" { try namespace.setIPv6Setting(setting, to: "2") }
            }
            try namespace.setIPv6Setting("conf/all/forwarding", to: "1")
            logger.notice("IPv6 forwarding is on now; it was off")
        } catch {
            logger.error(
                """
                \(error); hosts beyond this one do not reach the mesh until `sysctl net.ipv6.conf.all.forwarding=1` \
                was run (docs/border-router.md)
                """)
        }
    }

    /// Says what is missing where this process is not to switch it on.
    public static func check(in namespace: NetworkNamespace, logger: Logger) {
        guard namespace.ipv6Setting("conf/all/forwarding") != "1" else { return }
        logger.warning(
            """
            IPv6 forwarding is off: hosts beyond this one do not reach the mesh until \
            `sysctl net.ipv6.conf.all.forwarding=1` was run (docs/border-router.md)
            """)
    }
}
