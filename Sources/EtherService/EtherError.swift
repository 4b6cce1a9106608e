/// Why the ether cannot run.
public enum EtherError: Error, Equatable, Sendable {
    /// The text is no IP address with a port.
    case invalidAddress(String)
    /// The ether is for processes of this host: whoever reaches it can send as any node.
    case notLoopback(String)
    case cannotListen(address: String, cause: String)
    case cannotWrite(path: String, cause: String)
}

extension EtherError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidAddress(let text):
            "\(text) is not an address to listen on; write an IP address and a port, such as 127.0.0.1:7000"
        case .notLoopback(let address):
            "the ether listens on this host only; \(address) is not a loopback address, use 127.0.0.1 or [::1]"
        case .cannotListen(let address, let cause): "cannot listen on \(address): \(cause)"
        case .cannotWrite(let path, let cause): "cannot write \(path): \(cause)"
        }
    }
}
