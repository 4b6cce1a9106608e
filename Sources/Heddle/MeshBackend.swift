import NIOCore
import NodeService

/// Where a mesh's node is: in this process, or in a daemon.
protocol MeshBackend: AnyObject, Sendable {
    /// Where answers and notices come.
    var eventLoop: any EventLoop { get }

    /// Lets notices of the node come from now on, and once, why nothing more will come. On the event loop.
    func attach(
        notices: @escaping @Sendable (MeshNotice) -> Void, ended: @escaping @Sendable (MeshError) -> Void)

    /// Has the node carry out a call. On the event loop; calls are carried out in their order, and notices of what a
    /// call began come behind its answer.
    func call<Call: MeshCall>(_ call: Call) -> EventLoopFuture<Call.Answer>

    /// Has the node carry out a command of the command line, behind those before. On the event loop.
    /// - Returns: the lines of its answer; fails with `MeshError.command`.
    func execute(_ command: String) -> EventLoopFuture<[String]>

    /// Lets the node go. On the event loop; once.
    func close() -> EventLoopFuture<Void>
}
