/// Why a mesh could not be opened, used or asked.
public enum MeshError: Error, Equatable, Sendable {
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
    /// The ether's address is none.
    case invalidEtherAddress(String)
    /// Nobody answered an echo request in time.
    case noAnswer(from: String)
    /// The mesh was closed.
    case closed
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
        case .invalidEtherAddress(let address):
            "\(address) is no address of an ether: give an IP address and a port, such as 127.0.0.1 and 7000."
        case .noAnswer(let address): "\(address) did not answer: look whether it is attached, or wait longer."
        case .closed: "The mesh is closed: open another one."
        }
    }
}
