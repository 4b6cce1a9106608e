import CryptoProviders
import EngineCore
import LinkProfiles
import LoRaChannel
import LoRaPHY
import NodeEngine
import Simulator
import Testing
import ThreadEngine
import ThreadWire
import WireCore

@testable import NodeService

/// Programs on the nodes of a line in virtual time: N0 – N1 – N2, each hearing its neighbors alone.
final class TestPrograms {
    let network: VirtualNetwork
    private(set) var sessions: [String: MeshSession] = [:]
    private(set) var notices: [String: [MeshNotice]] = [:]

    init(seed: UInt64 = 5) throws {
        let names = ["N0", "N1", "N2"]
        let links = [("N0", "N1"), ("N1", "N2")].map { Topology.Link(from: $0.0, to: $0.1, loss: Decibels(90)) }
        network = VirtualNetwork(
            topology: try Topology(nodes: names, links: links), profile: .lora(.sf7bw250), seed: seed,
            cryptography: MbedTLSCryptography(),
            secretEntropy: { seed in
                var writer = ByteWriter()
                for index in 0..<4 { writer.write(seed &+ UInt64(index)) }
                return SodiumEntropy(seed: writer.bytes)
            })
        for name in names {
            let session = MeshSession(echoIdentifier: 7)
            sessions[name] = session
            network[name].observer = { [unowned self] output, now in
                if let notice = session.notice(of: output, now: now) { notices[name, default: []].append(notice) }
            }
        }
    }

    /// Starts all nodes and waits until they are routers of one partition.
    func form() throws {
        network.start(MeshNetwork.dataset(networkKey: [UInt8](repeating: 7, count: 16)))
        _ = try #require(network.run(until: \.isFullyRouted, within: .seconds(600)))
        network.run(for: .seconds(40))
    }

    /// What a program asks of its node now.
    @discardableResult
    func call<Call: MeshCall>(_ name: String, _ call: Call) throws -> Call.Answer {
        let session = try #require(sessions[name])
        return try network.with(network[name]) { node, now in
            try call.carryOut(for: session, on: node, now: now)
        }
    }

    /// What another program asks of the same node now.
    @discardableResult
    func call<Call: MeshCall>(_ name: String, by session: MeshSession, _ call: Call) throws -> Call.Answer {
        try network.with(network[name]) { node, now in try call.carryOut(for: session, on: node, now: now) }
    }

    /// Asks for a socket's datagram until there is one.
    func received(_ name: String, _ socket: UInt32) throws -> Datagram {
        for _ in 0..<40 {
            if let datagram = try call(name, ReceiveCall(socket: socket)) { return datagram }
            network.run(for: .milliseconds(500))
        }
        return try #require(nil as Datagram?, "nothing came to \(name): \(network[name].engine.drops.nonzero)")
    }
}
