import ArgumentParser
import Foundation
import Heddle

/// Sends a reading to a collector now and then, and again until the collector has acknowledged it.
@main
struct Sensor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example-sensor",
        abstract: "Send what a file holds, such as /sys/class/thermal/thermal_zone0/temp, to example-collector.")

    @Option(help: "The control socket of this node's heddled.")
    var control = "/run/heddle/heddle.sock"

    @Option(help: "Seconds between readings.")
    var interval = 60.0

    @Option(help: "End after so many readings.")
    var count: Int?

    @Option(help: "What the collector calls this sensor; without spaces.")
    var name = "sensor"

    @Argument(help: "The address that the collector prints when it starts.")
    var collector: String

    @Argument(help: "The file that holds the value.")
    var file: String

    private static let port: UInt16 = 5700
    private static let attempts = 4

    func run() async throws {
        guard let collector = IPv6Address(collector) else {
            throw ValidationError("\(self.collector) is no IPv6 address.")
        }
        let mesh = try await Mesh.connect(to: control)
        let socket = try await mesh.socket()
        var number = 0
        while number != count {
            number += 1
            let value = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline).first ?? ""
            let isDelivered = try await deliver("\(name) \(number) \(value)", number, to: collector, by: socket)
            write(isDelivered ? "#\(number): \(value)" : "#\(number): \(value), not acknowledged")
            if number != count { try await Task.sleep(for: .seconds(interval)) }
        }
        await mesh.close()
    }

    /// Sends a reading until it is acknowledged, a few times.
    private func deliver(
        _ reading: String, _ number: Int, to collector: IPv6Address, by socket: UDPSocket
    ) async throws -> Bool {
        for _ in 0..<Self.attempts {
            do {
                try await socket.send(Array(reading.utf8), to: collector, port: Self.port)
            } catch SendError.notAttached {
                // The node looks for its mesh; the next attempt may find it there.
            }
            while let answer = try await next(of: socket, within: .seconds(5)) {
                if answer.payload == Array("ack \(number)".utf8) { return true }
            }
        }
        return false
    }

    /// The next datagram; nil when none comes in time.
    private func next(of socket: UDPSocket, within limit: Duration) async throws -> Datagram? {
        try await withThrowingTaskGroup(of: Datagram?.self) { group in
            group.addTask { try await socket.receive() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

/// Writes a line at once.
private func write(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
