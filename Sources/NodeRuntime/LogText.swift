import ThreadEngine
import ThreadWire

/// An event as a sentence for the log.
struct LogText: CustomStringConvertible {
    let event: ThreadEvent

    init(_ event: ThreadEvent) { self.event = event }

    var description: String {
        switch event {
        case .roleChanged(let old, let new): "role \(old) -> \(new)"
        case .partitionChanged(let id): "partition \(id.rawValue)"
        case .childAdded(let address, let rloc16): "child \(address) has RLOC16 \(rloc16)"
        case .childRemoved(let address, let rloc16): "child \(address) with RLOC16 \(rloc16) is gone"
        case .linkAdded(let address, let rloc16): "link to router \(rloc16) \(address)"
        case .linkRemoved(let address, let rloc16): "no link to router \(rloc16) \(address) any more"
        case .parentLost(let address): "parent \(address) does not answer"
        case .leaderLost: "the leader is gone"
        case .datasetChanged(.active): "another active dataset"
        case .datasetChanged(.pending): "another pending dataset"
        case .datasetChangeAnswered(_, isAccepted: true): "the leader has taken the dataset"
        case .datasetChangeAnswered(_, isAccepted: false): "the leader has not taken the dataset"
        case .datasetTold(_, let dataset): "a node has a dataset of \(dataset.byteCount) bytes"
        case .keySequenceChanged(let sequence): "key sequence \(sequence)"
        case .attachFailed(let attempt): "attach attempt \(attempt) found no parent"
        }
    }
}
