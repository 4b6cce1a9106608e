public import EngineCore
public import NodeEngine

/// One thing that a program asks of a node; it is carried out at once.
///
/// The same values serve a node in this process and, as JSON, one that a daemon owns: docs/control-socket.md lists
/// them for other programs.
public protocol MeshCall: Codable, Equatable, Sendable {
    associatedtype Answer: Codable & Equatable & Sendable
    /// What requests call it.
    static var name: String { get }
    /// Does it for a program.
    /// - Throws: `MeshError`, `BindError`, `SendError`, `ReceiveError` or `BorderRouterError`.
    func carryOut(for session: MeshSession, on node: NodeEngine, now: Instant) throws -> Answer
}

/// The answer to a call that has none but that it was carried out.
public struct Nothing: Codable, Equatable, Sendable {
    public init() {}
}

/// The calls that there are.
enum MeshCalls {
    static let all: [any MeshCall.Type] = [
        StateCall.self, IsSingleCall.self, AddressesCall.self, MeshLocalAddressCall.self, PlaceCall.self,
        LeaderCall.self, NeighborsCall.self, RoutersCall.self, WatchCall.self, StartCall.self,
        OpenCall.self, BindCall.self, SendCall.self, ReceiveCall.self, CloseCall.self, EchoCall.self,
        BorderRoutersCall.self, AddBorderRouterCall.self, RemoveBorderRouterCall.self,
    ]

    static let byName: [String: any MeshCall.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
