import EngineCore
import LoRaChannel
import Simulator

/// Who used the air, for how long and for what, and what was lost.
struct AirLedger {
    /// Of one node.
    struct Account {
        var frames = 0
        var bytes = 0
        var airtime = Duration.zero
        var received = 0
        /// Microseconds by purpose, at the purpose's place in `purposes`.
        var microseconds: [Int64] = []
        /// At this node, by reason.
        var losses: [LossReason: Int] = [:]
    }

    private(set) var purposes: [String] = []
    private var places: [String: Int] = [:]
    /// How many frames each purpose had.
    private(set) var frames: [Int] = []
    private(set) var accounts: [Account]
    private(set) var losses: [LossReason: Int] = [:]

    /// Of what was sent after the warm-up.
    private(set) var measuredAirtime = Duration.zero

    init(nodeCount: Int) { accounts = [Account](repeating: Account(), count: nodeCount) }

    mutating func noteTransmission(by node: Int, byteCount: Int, airtime: Duration, purpose: String, isMeasured: Bool) {
        if isMeasured { measuredAirtime += airtime }
        let place = place(of: purpose)
        frames[place] += 1
        accounts[node].frames += 1
        accounts[node].bytes += byteCount
        accounts[node].airtime += airtime
        let missing = place + 1 - accounts[node].microseconds.count
        if missing > 0 { accounts[node].microseconds += [Int64](repeating: 0, count: missing) }
        accounts[node].microseconds[place] += airtime.microseconds
    }

    mutating func noteReception(at node: Int) { accounts[node].received += 1 }

    mutating func noteLoss(at node: Int, _ reason: LossReason) {
        losses[reason, default: 0] += 1
        accounts[node].losses[reason, default: 0] += 1
    }

    private mutating func place(of purpose: String) -> Int {
        if let place = places[purpose] { return place }
        places[purpose] = purposes.count
        purposes.append(purpose)
        frames.append(0)
        return purposes.count - 1
    }

    /// Microseconds on the air of a purpose, all nodes together.
    func microseconds(of place: Int) -> Int64 {
        accounts.reduce(0) { $0 + (place < $1.microseconds.count ? $1.microseconds[place] : 0) }
    }
}
