/// Why a mesh could not be opened, used or asked.
public enum MeshError: Error, Equatable, Sendable {
    // What a mesh is opened with.
    /// The network key has more than 16 bytes.
    case keyTooLong(byteCount: Int)
    /// The channel is none of 11 to 26.
    case invalidChannel(UInt8)
    /// The PAN id is the broadcast id, which stands for no network.
    case invalidPANID
    /// The network name is empty or has more than 16 bytes of UTF-8.
    case invalidName(String)
    /// The mesh-local prefix is not one of 64 bits within fd00::/8.
    case invalidMeshLocalPrefix(String)
    /// The number of sockets is none of 1 to 64.
    case invalidSocketLimit(Int)
    /// The ether's address is none.
    case invalidEtherAddress(String)
    /// The node knows no network and no key was given.
    case noNetwork

    // While it is used.
    /// Nobody answered an echo request in time.
    case noAnswer(from: String)
    /// A command of the command line failed, with OpenThread's number and name.
    case command(code: Int, name: String)
    /// The call is none, or its values have the wrong form.
    case invalidCall(String)
    /// The mesh was closed.
    case closed

    // Where a daemon owns it.
    /// The control socket's path is empty or longer than the system takes.
    case invalidControlPath(String)
    /// No daemon has the control socket.
    case daemonNotRunning(path: String)
    /// The control socket belongs to another user.
    case controlNotPermitted(path: String)
    /// What listens there is no daemon of this kind.
    case notADaemon(path: String)
    /// The daemon ended the connection; what it was told by it is gone.
    case daemonGone(reason: String)
    /// The control socket could not be used for another reason.
    case controlFailed(path: String, reason: String)
}

extension MeshError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .keyTooLong(let byteCount): "The network key has \(byteCount) bytes: give at most 16."
        case .invalidChannel(let channel): "Channel \(channel) does not exist: choose one of 11 to 26."
        case .invalidPANID: "PAN id 0xffff stands for no network: choose one of 0x0000 to 0xfffe."
        case .invalidName(let name): "\"\(name)\" is no network name: give 1 to 16 bytes of UTF-8."
        case .invalidMeshLocalPrefix(let prefix):
            "\(prefix) is no mesh-local prefix: give one of 64 bits within fd00::/8, such as fdde:ad00:beef::/64."
        case .invalidSocketLimit(let limit): "\(limit) sockets cannot be had: choose a limit of 1 to 64."
        case .invalidEtherAddress(let address):
            "\(address) is no address of an ether: give an IP address and a port, such as 127.0.0.1 and 7000."
        case .noNetwork: "The node knows no network: give a key, or configure one."
        case .noAnswer(let address): "\(address) did not answer: look whether it is attached, or wait longer."
        case .command(let code, let name): "The command failed with error \(code), \(name): see `help` for its form."
        case .invalidCall(let reason): "The call cannot be carried out: \(reason)."
        case .closed: "The mesh is closed: open another one."
        case .invalidControlPath(let path):
            "\"\(path)\" is no path of a control socket: give one of 1 to 107 bytes."
        case .daemonNotRunning(let path): "Nothing listens on \(path): start heddled, or give its `control` path."
        case .controlNotPermitted(let path):
            "\(path) belongs to another user: run the program as the user that runs heddled."
        case .notADaemon(let path):
            "What listens on \(path) is not heddled: give the `control` path of its configuration."
        case .daemonGone(let reason): "heddled has ended the connection (\(reason)): connect again, or see its log."
        case .controlFailed(let path, let reason): "Cannot talk to \(path): \(reason)."
        }
    }
}

/// Why a node could not become or cease to be a border router.
public enum BorderRouterError: Error, Equatable, Sendable {
    /// The prefix has another length than 64 bits, of which nodes could make no addresses.
    case invalidLength(UInt8)
    /// The prefix is link-local, mesh-local, multicast or unspecified.
    case notRoutable(String)
    /// The network data have no room for another prefix.
    case full
    /// The node does not offer the prefix.
    case notOffered(String)
}

extension BorderRouterError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidLength(let length): "A prefix of \(length) bits gives no addresses: give one of 64 bits."
        case .notRoutable(let prefix):
            "\(prefix) means nothing outside of the mesh: give a global or unique local prefix of your own."
        case .full: "The network data are full: remove another prefix, route or service first."
        case .notOffered(let prefix): "The node is no border router of \(prefix): `borderRouters` lists its prefixes."
        }
    }
}
