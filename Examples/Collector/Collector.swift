import ArgumentParser
import Foundation
import Heddle

/// Takes the readings of sensors anywhere in the mesh and acknowledges each.
@main
struct Collector: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example-collector",
        abstract: "Print the readings of example-sensor, wherever it runs in the mesh.")

    @Option(help: "The control socket of this node's heddled.")
    var control = "/run/heddle/heddle.sock"

    @Option(help: "End after so many readings.")
    var count: Int?

    private static let port: UInt16 = 5700

    func run() async throws {
        let mesh = try await Mesh.connect(to: control)
        let socket = try await mesh.socket()
        try await socket.bind(port: Self.port)
        guard let address = try await mesh.meshLocalAddress else {
            throw ValidationError("The node knows no network: configure a key.")
        }
        write("collecting at \(address)")

        // The newest reading of each sensor: one that comes again was not acknowledged in time.
        var newest: [String: Int] = [:]
        var collected = 0
        for try await datagram in socket {
            // NAME NUMBER VALUE
            let words = String(decoding: datagram.payload, as: UTF8.self).split(separator: " ", maxSplits: 2)
            guard words.count == 3, let number = Int(words[1]) else { continue }
            // An acknowledgement that is lost lets the sensor send again.
            _ = try? await socket.send(Array("ack \(number)".utf8), to: datagram.source, port: datagram.sourcePort)
            let name = String(words[0])
            guard newest[name] != number else { continue }
            newest[name] = number
            let strength = datagram.rssi.map { ", \(Int($0.value)) dBm" } ?? ""
            write("\(name) #\(number): \(words[2]) (\(datagram.source)\(strength))")
            collected += 1
            if collected == count { break }
        }
        await mesh.close()
    }
}

/// Writes a line at once.
private func write(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
