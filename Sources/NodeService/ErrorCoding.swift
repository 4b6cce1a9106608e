import IPEngine

/// An error as it travels over the control socket: of which type, which case, with which values, as a sentence.
struct CodedError: Codable, Equatable {
    var type: String
    var name: String
    var values: [String]?
    var text: String

    init(_ error: any Error) {
        switch error {
        case let error as any NamedError:
            let (name, values) = error.named
            self.init(type: Swift.type(of: error).typeName, name: name, values: values, text: "\(error)")
        default: self.init(type: "MeshError", name: "invalidCall", values: ["\(error)"], text: "\(error)")
        }
    }

    private init(type: String, name: String, values: [String], text: String) {
        self.type = type
        self.name = name
        self.values = values.isEmpty ? nil : values
        self.text = text
    }

    /// The error itself, so that a program sees the same cases as with a node of its own.
    var error: any Error {
        let types: [any NamedError.Type] = [
            MeshError.self, BindError.self, SendError.self, ReceiveError.self, BorderRouterError.self,
        ]
        let found = types.first { $0.typeName == type }?.init(name: name, values: NamedValues(values ?? []))
        return found ?? MeshError.invalidCall(text)
    }
}

/// The values of an error's case, in their order.
struct NamedValues {
    private let values: [String]

    init(_ values: [String]) { self.values = values }

    func text(_ index: Int = 0) -> String { values.indices.contains(index) ? values[index] : "" }

    func number<Number: FixedWidthInteger>(_ index: Int = 0) -> Number { Number(text(index)) ?? 0 }

    var socket: SocketID { SocketID(rawValue: number()) }
}

/// An error whose cases have names that other programs may know.
protocol NamedError: Error {
    static var typeName: String { get }
    /// The case's name and its values.
    var named: (name: String, values: [String]) { get }
    /// - Returns: nil when there is no such case.
    init?(name: String, values: NamedValues)
}

extension MeshError: NamedError {
    static var typeName: String { "MeshError" }

    var named: (name: String, values: [String]) {
        switch self {
        case .keyTooLong(let byteCount): ("keyTooLong", ["\(byteCount)"])
        case .invalidChannel(let channel): ("invalidChannel", ["\(channel)"])
        case .invalidPANID: ("invalidPANID", [])
        case .invalidName(let name): ("invalidName", [name])
        case .invalidMeshLocalPrefix(let prefix): ("invalidMeshLocalPrefix", [prefix])
        case .invalidSocketLimit(let limit): ("invalidSocketLimit", ["\(limit)"])
        case .invalidEtherAddress(let address): ("invalidEtherAddress", [address])
        case .noNetwork: ("noNetwork", [])
        case .noAnswer(let address): ("noAnswer", [address])
        case .command(let code, let name): ("command", ["\(code)", name])
        case .invalidCall(let reason): ("invalidCall", [reason])
        case .closed: ("closed", [])
        case .invalidControlPath(let path): ("invalidControlPath", [path])
        case .daemonNotRunning(let path): ("daemonNotRunning", [path])
        case .controlNotPermitted(let path): ("controlNotPermitted", [path])
        case .notADaemon(let path): ("notADaemon", [path])
        case .daemonGone(let reason): ("daemonGone", [reason])
        case .controlFailed(let path, let reason): ("controlFailed", [path, reason])
        }
    }

    init?(name: String, values: NamedValues) {
        switch name {
        case "keyTooLong": self = .keyTooLong(byteCount: values.number())
        case "invalidChannel": self = .invalidChannel(values.number())
        case "invalidPANID": self = .invalidPANID
        case "invalidName": self = .invalidName(values.text())
        case "invalidMeshLocalPrefix": self = .invalidMeshLocalPrefix(values.text())
        case "invalidSocketLimit": self = .invalidSocketLimit(values.number())
        case "invalidEtherAddress": self = .invalidEtherAddress(values.text())
        case "noNetwork": self = .noNetwork
        case "noAnswer": self = .noAnswer(from: values.text())
        case "command": self = .command(code: values.number(), name: values.text(1))
        case "invalidCall": self = .invalidCall(values.text())
        case "closed": self = .closed
        case "invalidControlPath": self = .invalidControlPath(values.text())
        case "daemonNotRunning": self = .daemonNotRunning(path: values.text())
        case "controlNotPermitted": self = .controlNotPermitted(path: values.text())
        case "notADaemon": self = .notADaemon(path: values.text())
        case "daemonGone": self = .daemonGone(reason: values.text())
        case "controlFailed": self = .controlFailed(path: values.text(), reason: values.text(1))
        default: return nil
        }
    }
}

extension BorderRouterError: NamedError {
    static var typeName: String { "BorderRouterError" }

    var named: (name: String, values: [String]) {
        switch self {
        case .invalidLength(let length): ("invalidLength", ["\(length)"])
        case .notRoutable(let prefix): ("notRoutable", [prefix])
        case .full: ("full", [])
        case .notOffered(let prefix): ("notOffered", [prefix])
        }
    }

    init?(name: String, values: NamedValues) {
        switch name {
        case "invalidLength": self = .invalidLength(values.number())
        case "notRoutable": self = .notRoutable(values.text())
        case "full": self = .full
        case "notOffered": self = .notOffered(values.text())
        default: return nil
        }
    }
}

extension BindError: NamedError {
    static var typeName: String { "BindError" }

    var named: (name: String, values: [String]) {
        switch self {
        case .socketLimit(let limit): ("socketLimit", ["\(limit)"])
        case .unknownSocket(let socket): ("unknownSocket", ["\(socket.rawValue)"])
        case .portInUse(let port): ("portInUse", ["\(port)"])
        case .portReserved(let port): ("portReserved", ["\(port)"])
        case .portOutOfRange(let port): ("portOutOfRange", ["\(port)"])
        case .addressNotOurs(let address): ("addressNotOurs", [address])
        case .alreadyBound(let port): ("alreadyBound", ["\(port)"])
        case .noFreePort: ("noFreePort", [])
        case .invalidRemote: ("invalidRemote", [])
        }
    }

    init?(name: String, values: NamedValues) {
        switch name {
        case "socketLimit": self = .socketLimit(values.number())
        case "unknownSocket": self = .unknownSocket(values.socket)
        case "portInUse": self = .portInUse(values.number())
        case "portReserved": self = .portReserved(values.number())
        case "portOutOfRange": self = .portOutOfRange(values.number())
        case "addressNotOurs": self = .addressNotOurs(values.text())
        case "alreadyBound": self = .alreadyBound(values.number())
        case "noFreePort": self = .noFreePort
        case "invalidRemote": self = .invalidRemote
        default: return nil
        }
    }
}

extension SendError: NamedError {
    static var typeName: String { "SendError" }

    var named: (name: String, values: [String]) {
        switch self {
        case .unknownSocket(let socket): ("unknownSocket", ["\(socket.rawValue)"])
        case .noDestination: ("noDestination", [])
        case .invalidDestination(let destination): ("invalidDestination", [destination])
        case .payloadTooLarge(let byteCount, let limit): ("payloadTooLarge", ["\(byteCount)", "\(limit)"])
        case .noSourceAddress: ("noSourceAddress", [])
        case .sourceNotOurs(let address): ("sourceNotOurs", [address])
        case .notAttached: ("notAttached", [])
        case .stopped: ("stopped", [])
        case .noFreePort: ("noFreePort", [])
        }
    }

    init?(name: String, values: NamedValues) {
        switch name {
        case "unknownSocket": self = .unknownSocket(values.socket)
        case "noDestination": self = .noDestination
        case "invalidDestination": self = .invalidDestination(values.text())
        case "payloadTooLarge": self = .payloadTooLarge(byteCount: values.number(), limit: values.number(1))
        case "noSourceAddress": self = .noSourceAddress
        case "sourceNotOurs": self = .sourceNotOurs(values.text())
        case "notAttached": self = .notAttached
        case "stopped": self = .stopped
        case "noFreePort": self = .noFreePort
        default: return nil
        }
    }
}

extension ReceiveError: NamedError {
    static var typeName: String { "ReceiveError" }

    var named: (name: String, values: [String]) {
        switch self {
        case .unknownSocket(let socket): ("unknownSocket", ["\(socket.rawValue)"])
        case .invalidSize(let size): ("invalidSize", ["\(size)"])
        }
    }

    init?(name: String, values: NamedValues) {
        switch name {
        case "unknownSocket": self = .unknownSocket(values.socket)
        case "invalidSize": self = .invalidSize(values.number())
        default: return nil
        }
    }
}
