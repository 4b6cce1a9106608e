import Foundation

/// The frame counters in captures, as `heddle decode --json` reads them.
struct FrameCounters {
    /// What one key must never seal twice with.
    struct Nonce: Hashable {
        /// Link frames and MLE messages have keys of their own.
        let layer: String
        let sender: String
        let key: String
        let counter: UInt64
    }

    /// The distinct frames that were sealed with each nonce; the same frame sent again is not another one.
    private(set) var frames: [Nonce: Set<String>] = [:]

    /// Those with which different frames were sealed.
    var repeated: [Nonce] { frames.filter { $0.value.count > 1 }.map(\.key) }

    /// Adds the frames of what `heddle decode --json` printed.
    mutating func add(_ text: String) throws {
        for line in text.split(separator: "\n") {
            guard let frame = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let bytes = frame["bytes"] as? String, let layers = frame["layers"] as? [[String: Any]]
            else { continue }
            for layer in layers {
                guard let counter = layer["frame counter"] as? NSNumber, let key = layer["opened by"] as? String,
                    let name = layer["name"] as? String
                else { continue }
                // A short address may pass to another node: the extended one that the nonce was made of stands beside.
                let sender = layer["sender"] ?? layer["source"] ?? frame["source"]
                let nonce = Nonce(
                    layer: name, sender: sender as? String ?? "", key: key, counter: counter.uint64Value)
                frames[nonce, default: []].insert(bytes)
            }
        }
    }
}
