import BorderRouter
import ControlService
import NodeEngine
import NodeRuntime
import StatusService

/// Tells how the node is, and leaves every other command to the command line of the node; lives on the runtime's event
/// loop.
final class StatusHandler: ControlHandler, Sendable {
    private let commands: any ControlHandler
    private let report: @Sendable () -> NodeReport

    init(commands: any ControlHandler, report: @escaping @Sendable () -> NodeReport) {
        self.commands = commands
        self.report = report
    }

    func execute(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        switch line.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
        case ["status"]: for line in report().lines { output(.line(line)) }
        case ["status", "json"]: output(.line(report().json))
        default: return commands.execute(line: line, client: client, output: output)
        }
        output(.done)
    }

    func call(line: String, client: ClientID, output: @escaping @Sendable (ControlOutput) -> Void) {
        commands.call(line: line, client: client, output: output)
    }

    func clientClosed(_ client: ClientID) { commands.clientClosed(client) }
}

extension NodeRuntime {
    /// How the node is now; only on the event loop.
    func report(_ tun: TUNBridge?) -> NodeReport {
        withNode { node, now in
            NodeReport(
                of: node,
                NodeReport.Surroundings(
                    version: Heddled.version, isStateWritten: isStateWritten, framesSent: statistics.framesSent,
                    framesReceived: statistics.framesReceived, airtime: statistics.airtime, filter: tun?.statistics),
                now: now)
        }
    }
}
