import EngineCore
import MeshCoreWire

/// The messages that wait for their acknowledgement, the oldest giving way.
struct ExpectedAcknowledgements: Sendable {
    struct Entry: Sendable {
        let hash: MeshCoreAcknowledgementHash
        let contact: MeshCorePublicKey
        let sent: Instant
    }

    private var entries: [Entry?]
    private var next = 0

    init(limit: Int) { entries = [Entry?](repeating: nil, count: max(1, limit)) }

    mutating func expect(_ entry: Entry) {
        entries[next] = entry
        next = (next + 1) % entries.count
    }

    /// Takes the message that the hash acknowledges; nil when none waits for it.
    mutating func take(_ hash: MeshCoreAcknowledgementHash) -> Entry? {
        guard let index = entries.firstIndex(where: { $0?.hash == hash }) else { return nil }
        defer { entries[index] = nil }
        return entries[index]
    }
}
