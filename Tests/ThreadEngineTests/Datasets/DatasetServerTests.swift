import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Requests about datasets")
struct DatasetServerTests {
    private func leader() -> ScriptedNode {
        var node = ScriptedNode()
        node.becomeLeader()
        return node
    }

    /// The session that the leader's network data tells.
    private func session(_ node: ScriptedNode) -> UInt16 {
        (try? NetworkData(node.engine.networkData))?.commissioningData?.sessionID ?? 0
    }

    private func request(_ node: inout ScriptedNode, _ kind: DatasetKind, _ change: (inout OperationalDataset) -> Void)
        -> Bool
    {
        var dataset = OperationalDataset()
        change(&dataset)
        var isAccepted = false
        node.with {
            isAccepted = $0.changeDataset(kind, payload: dataset.bytes, isReplacement: false, now: $1)
        }
        return isAccepted
    }

    // MARK: Active

    @Test("A newer active dataset is taken, an equal or older one and one without a timestamp are refused")
    func activeTimestamps() throws {
        for (seconds, expected) in [(UInt64(2), true), (1, false), (0, false)] {
            var node = leader()
            let version = try #require(node.engine.leaderData?.dataVersion)
            let isAccepted = request(&node, .active) {
                $0.activeTimestamp = Timestamp(seconds: seconds)
                $0.networkName = NetworkName("heddle-two")
            }
            #expect(isAccepted == expected, "\(seconds)")
            #expect(node.engine.parameters.networkName?.description == (expected ? "heddle-two" : "heddle-ref"))
            #expect(node.engine.leaderData?.dataVersion == version &+ (expected ? 2 : 0))
        }
        var node = leader()
        let isAccepted = request(&node, .active) { $0.networkName = NetworkName("x") }
        #expect(!isAccepted && node.engine.drops[.unexpectedTMF] == 1)
    }

    @Test("What a device asks for replaces the active dataset, and values that it leaves out stay in force")
    func partialDataset() {
        var node = leader()
        let isAccepted = request(&node, .active) {
            $0.activeTimestamp = Timestamp(seconds: 2)
            $0.networkName = NetworkName("heddle-two")
        }
        #expect(isAccepted)
        #expect(node.engine.activeDataset?.tlvs.map(\.type) == [.activeTimestamp, .networkName])
        #expect(node.engine.parameters.panID == PANID(rawValue: 0x1234))
        #expect(node.engine.network?.networkKey == ThreadHarness.key)
    }

    @Test("A commissioner may leave out what stays, in its own session only")
    func commissioner() {
        var node = leader()
        let session = session(node)
        for (offset, expected) in [(UInt16(1), false), (0, true)] {
            let isAccepted = request(&node, .active) {
                $0.set(.commissionerSessionID(session &+ offset))
                $0.activeTimestamp = Timestamp(seconds: 2)
                $0.networkName = NetworkName("heddle-two")
            }
            #expect(isAccepted == expected)
        }
        #expect(node.engine.activeDataset?.panID == PANID(rawValue: 0x1234))
        #expect(node.engine.activeDataset?.contains(.commissionerSessionID) == false)
        // What would cut nodes off, it may not ask for at once.
        let isAccepted = request(&node, .active) {
            $0.set(.commissionerSessionID(session))
            $0.activeTimestamp = Timestamp(seconds: 3)
            $0.channel = 20
        }
        #expect(!isAccepted)
    }

    /// Changes of the active dataset that cut off whoever does not follow at the same moment.
    static let cutting: [@Sendable (inout OperationalDataset) -> Void] = [
        { $0.channel = 20 }, { $0.panID = PANID(rawValue: 0x4321) },
        { $0.networkKey = [UInt8](repeating: 1, count: 16) }, { $0.meshLocalPrefix = IPv6Prefix("fd00:1::/64") },
    ]

    @Test("A device's change of channel, PAN id, key or prefix waits for the shortest delay", arguments: 0..<4)
    func connectivity(index: Int) {
        var node = leader()
        let isAccepted = request(&node, .active) {
            $0.activeTimestamp = Timestamp(seconds: 2)
            Self.cutting[index](&$0)
        }
        #expect(isAccepted)
        #expect(node.engine.activeDataset == ThreadHarness.dataset)
        let pending = node.engine.pendingDataset(now: node.now)
        #expect(pending?.pendingTimestamp == Timestamp(seconds: 2))
        #expect(pending?.delayTimer == 30_000)
        node.run(for: .milliseconds(29_900))
        #expect(node.engine.parameters == ThreadHarness.dataset.withoutTimestamps)
        node.run(for: .milliseconds(200))
        #expect(node.engine.activeDataset?.activeTimestamp == Timestamp(seconds: 2))
        #expect(node.engine.parameters != ThreadHarness.dataset.withoutTimestamps)
        #expect(node.engine.pendingDataset(now: node.now) == nil)
        #expect(node.engine.role == .leader)
    }

    @Test("The same values again wait for nothing")
    func sameValues() {
        var node = leader()
        let isAccepted = request(&node, .active) {
            $0 = ThreadHarness.dataset
            $0.activeTimestamp = Timestamp(seconds: 2)
        }
        #expect(isAccepted && node.engine.activeDataset?.activeTimestamp == Timestamp(seconds: 2))
        #expect(node.engine.pendingDataset(now: node.now) == nil)
    }

    @Test("Only a commissioner replaces a dataset, and only by a complete one")
    func replacement() {
        var node = leader()
        let session = session(node)
        func replaces(_ change: (inout OperationalDataset) -> Void) -> Bool {
            var dataset = ThreadHarness.dataset
            dataset.activeTimestamp = Timestamp(seconds: 2)
            change(&dataset)
            var isAccepted = false
            node.with {
                isAccepted = $0.changeDataset(.active, payload: dataset.bytes, isReplacement: true, now: $1)
            }
            return isAccepted
        }
        #expect(!replaces { _ in })
        #expect(
            !replaces {
                $0.set(.commissionerSessionID(session))
                $0.pskc = nil
            })
        #expect(replaces { $0.set(.commissionerSessionID(session)) })
    }

    // MARK: Pending

    @Test("A pending dataset needs both timestamps, the pending one newer than the last")
    func pendingTimestamps() {
        var node = leader()
        func asks(_ pending: UInt64?, _ active: UInt64?) -> Bool {
            request(&node, .pending) {
                $0.pendingTimestamp = pending.map { Timestamp(seconds: $0) }
                $0.activeTimestamp = active.map { Timestamp(seconds: $0) }
                $0.delayTimer = 60_000
                $0.channel = 20
            }
        }
        #expect(!asks(nil, 2))
        #expect(!asks(5, nil))
        #expect(!asks(5, 1), "without another key the active timestamp must not go back")
        #expect(asks(5, 2))
        #expect(!asks(5, 3))
        #expect(!asks(4, 3))
        #expect(asks(6, 3))
    }

    @Test("A delay is not shorter than the network needs to learn of the change, and not longer than three days")
    func delays() {
        for (asked, changesKey, expected) in [
            (UInt32(1), false, UInt32(30_000)), (35_000, false, 35_000), (.max, false, 259_200_000),
            (35_000, true, 300_000), (400_000, true, 400_000),
        ] {
            var node = leader()
            let isAccepted = request(&node, .pending) {
                $0.pendingTimestamp = Timestamp(seconds: 1)
                $0.activeTimestamp = Timestamp(seconds: 2)
                $0.delayTimer = asked
                if changesKey { $0.networkKey = [UInt8](repeating: 1, count: 16) } else { $0.channel = 20 }
            }
            #expect(isAccepted)
            #expect(node.engine.pendingDataset(now: node.now)?.delayTimer == expected, "\(asked) \(changesKey)")
        }
    }

    @Test("With another key the active timestamp may go back")
    func rollback() {
        var node = leader()
        let isAccepted = request(&node, .pending) {
            $0.pendingTimestamp = Timestamp(seconds: 1)
            $0.activeTimestamp = Timestamp(seconds: 0)
            $0.delayTimer = 300_000
            $0.networkKey = [UInt8](repeating: 1, count: 16)
        }
        #expect(isAccepted)
        node.run(for: .seconds(301))
        #expect(node.engine.activeDataset?.activeTimestamp == Timestamp(seconds: 0))
        #expect(node.engine.network?.networkKey == [UInt8](repeating: 1, count: 16))
    }

    // MARK: Others

    @Test("Who is not the leader refuses to change anything", arguments: DatasetKind.allCases)
    func notLeader(kind: DatasetKind) throws {
        var node = ScriptedNode()
        node.attachAsChild()
        var answer: [UInt8] = []
        node.with { answer = $0.answerDatasetRequest(.set, kind, payload: ThreadHarness.dataset.bytes, now: $1) }
        #expect(try [MeshCoPTLV](buffer: answer) == [.state(-1)])
        #expect(node.engine.activeDataset == ThreadHarness.dataset)
    }

    @Test("Everybody tells what is asked for, and all when nothing is named; a pending one always with its delay")
    func telling() throws {
        var node = ScriptedNode()
        node.attachAsChild()
        func ask(_ kind: DatasetKind, _ types: [MeshCoPTLVType]) throws -> [MeshCoPTLVType] {
            var answer: [UInt8] = []
            let payload = types.isEmpty ? [] : [MeshCoPTLV.get(types)].bytes
            node.with { answer = $0.answerDatasetRequest(.get, kind, payload: payload, now: $1) }
            return try OperationalDataset(answer).tlvs.map(\.type)
        }
        #expect(try ask(.active, [.panID, .channel]) == [.channel, .panID])
        #expect(try ask(.active, []) == ThreadHarness.dataset.tlvs.map(\.type))
        #expect(try ask(.active, [.pendingTimestamp]).isEmpty)
        #expect(try ask(.pending, []).isEmpty)
        node.with { engine, now in
            var pending = OperationalDataset()
            pending.pendingTimestamp = Timestamp(seconds: 1)
            pending.activeTimestamp = Timestamp(seconds: 2)
            pending.channel = 20
            pending.delayTimer = 60_000
            engine.adopt(pending, .pending, now: now)
        }
        #expect(try ask(.pending, [.channel]) == [.channel, .delayTimer])
    }

    @Test("The network key stays secret where the policy says so")
    func secretKey() throws {
        var node = ScriptedNode()
        var dataset = ThreadHarness.dataset
        dataset.securityPolicy = SecurityPolicy(rotationTime: 672, flags: 0x77, moreFlags: 0xf8)
        node.with { engine, now in _ = engine.setDataset(dataset, .active, now: now) }
        node.attachAsChild()
        for payload in [[], [MeshCoPTLV.get([.networkKey, .panID])].bytes] {
            var answer: [UInt8] = []
            node.with { answer = $0.answerDatasetRequest(.get, .active, payload: payload, now: $1) }
            let told = try OperationalDataset(answer)
            #expect(told.networkKey == nil && told.panID != nil)
        }
    }

    @Test("Nothing that a stranger sends is taken in part or stops the leader")
    func badInput() {
        let complete = Self.change.bytes
        for length in 0..<complete.count {
            var node = leader()
            var isAccepted = false
            node.with {
                isAccepted = $0.changeDataset(
                    .active, payload: Array(complete[0..<length]), isReplacement: false, now: $1)
            }
            // A cut between two elements leaves a shorter dataset, which is one.
            let isWhole = (try? OperationalDataset(Array(complete[0..<length])))?.activeTimestamp != nil
            #expect(isAccepted == isWhole, "\(length)")
        }
        let refused: [[UInt8]] = [
            complete + complete, complete + [200, 255], complete + [200, 250] + [UInt8](repeating: 0, count: 250),
            [14, 8] + [UInt8](repeating: 0xff, count: 8), complete + [0, 3, 0, 0xff, 0xff],
        ]
        for payload in refused {
            var node = leader()
            var isAccepted = true
            node.with { isAccepted = $0.changeDataset(.active, payload: payload, isReplacement: false, now: $1) }
            #expect(!isAccepted, "\(payload)")
            #expect(node.engine.activeDataset == ThreadHarness.dataset)
        }
        // Timestamp and name alone are kept; a request together with what is known may not grow beyond a message.
        var node = leader()
        let session = session(node)
        let isAccepted = request(&node, .active) {
            $0 = Self.change
            $0.set(.commissionerSessionID(session))
            $0.set(.unknown(type: MeshCoPTLVType(rawValue: 200), value: [UInt8](repeating: 0, count: 200)))
        }
        #expect(!isAccepted && node.engine.activeDataset == ThreadHarness.dataset)
    }

    private static var change: OperationalDataset {
        var dataset = OperationalDataset()
        dataset.activeTimestamp = Timestamp(seconds: 2)
        dataset.networkName = NetworkName("two")
        return dataset
    }
}

extension OperationalDataset {
    /// The values alone.
    fileprivate var withoutTimestamps: OperationalDataset {
        var values = self
        values.activeTimestamp = nil
        values.pendingTimestamp = nil
        values.delayTimer = nil
        return values
    }
}
