import CryptoProviders
import EngineCore
import LinkProfiles
import Logging
import NIOCore
import NIOPosix
import NodeEngine
import NodeRuntime
import NodeStore
import Synchronization
import Testing
import ThreadWire

@Suite("A node in real time")
struct NodeRuntimeTests {
    /// Keeps what was logged.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func append(_ line: String) { lines.withLock { $0.append(line) } }
        func count(with text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
        var all: [String] { lines.withLock { $0 } }
    }

    private struct LineHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.append("\(event.level) \(event.message)") }
    }

    private static var dataset: OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.networkKey = [UInt8](repeating: 1, count: 16)
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef::/64")
        return dataset
    }

    private static func makeNode() -> NodeEngine {
        NodeEngine(
            configuration: NodeEngine.Configuration(profile: .ieee802154), profile: .ieee802154,
            extendedAddress: ExtendedAddress(rawValue: 0x0200_0000_0000_0001), cryptography: MbedTLSCryptography(),
            entropy: EntropySource(secret: SodiumEntropy(seed: [UInt8](repeating: 1, count: 32)), openSeed: 1))
    }

    @Test("A full disk is told once, however often the node asks for more, and so is the end of it")
    func fullStore() async throws {
        let lines = Lines()
        let store = FailingStore()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let radio = ScriptedRadio(eventLoop: loop)
        let runtime = NodeRuntime(
            node: Self.makeNode(), radio: radio, store: store,
            logger: Logger(label: "test") { _ in LineHandler(lines: lines) })
        try await loop.submit {
            try runtime.start()
            runtime.withNode { node, now in
                _ = node.setActiveDataset(Self.dataset, now: now)
                node.setInterface(isUp: true, now: now)
                _ = node.startThread(now: now)
            }
        }.get()
        #expect(lines.count(with: "cannot write") == 0)

        // Each message asks for counters again, as long as it has none.
        try await loop.submit { store.isFull = true }.get()
        for second in 0..<20 {
            let before = try await loop.submit { store.refusals }.get()
            try await loop.submit {
                runtime.withNode { node, now in
                    var dataset = Self.dataset
                    dataset.channel = UInt16(11 + second % 10)
                    node.stopThread(now: now)
                    _ = node.setActiveDataset(dataset, now: now)
                    _ = node.startThread(now: now)
                }
            }.get()
            // What is to be written is, in the next turns of the event loop.
            for _ in 0..<1000 where try await loop.submit({ store.refusals }).get() == before {
                try await loop.scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
            }
        }
        let refusals = try await loop.submit { store.refusals }.get()
        #expect(refusals >= 20)
        #expect(lines.count(with: "error cannot write") == 1, "\(lines.all)")
        #expect(lines.count(with: "the node goes on") == 1)

        try await loop.submit {
            store.isFull = false
            runtime.withNode { node, now in
                node.stopThread(now: now)
                _ = node.setActiveDataset(Self.dataset, now: now)
                _ = node.startThread(now: now)
            }
        }.get()
        // What is to be written is, in the next turns of the event loop.
        for _ in 0..<1000 where lines.count(with: "the state is written again") == 0 {
            try await loop.scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
        }
        #expect(lines.count(with: "the state is written again") == 1, "\(lines.all)")
        try await loop.flatSubmit { runtime.stop() }.get()
    }
}
