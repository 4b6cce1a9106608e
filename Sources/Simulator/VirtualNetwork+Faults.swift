public import EngineCore
import NodeEngine
import ThreadEngine

// What befalls a network: links that change, frames that are lost at random, nodes that move, stop and start again.
extension VirtualNetwork {
    // MARK: Links

    /// Changes the path loss between two nodes, both ways; nil cuts the link.
    public func setLoss(_ first: Node, _ second: Node, _ loss: Decibels?) {
        setLoss(from: first, to: second, loss)
        setLoss(from: second, to: first, loss)
    }

    /// Changes the path loss of one direction alone; nil when `receiver` no longer hears `sender`.
    public func setLoss(from sender: Node, to receiver: Node, _ loss: Decibels?) {
        medium.setLoss(loss, from: sender.index, to: receiver.index)
    }

    /// The modelled air of this network.
    private var air: any ModelledMedium {
        guard let air = medium as? any ModelledMedium else {
            preconditionFailure("only the modelled air has losses and strengths of its own")
        }
        return air
    }

    /// Lets frames between two nodes fail at random, both ways; for the modelled air.
    /// - Parameter share: 0 to 1 of them.
    public func setErasure(_ first: Node, _ second: Node, _ share: Double) {
        air.setErasure(share, from: first.index, to: second.index)
        air.setErasure(share, from: second.index, to: first.index)
    }

    /// Lets frames of one direction fail at random; for the modelled air.
    /// - Parameter share: 0 to 1 of them.
    public func setErasure(from sender: Node, to receiver: Node, _ share: Double) {
        air.setErasure(share, from: sender.index, to: receiver.index)
    }

    /// Lets frames on every link fail at random.
    /// - Parameter share: 0 to 1 of them.
    public func setErasure(_ share: Double) {
        for first in nodes {
            for second in nodes where second.index > first.index { setErasure(first, second, share) }
        }
    }

    /// Carries a node to another place: it hears these nodes, and no others, and is heard by them.
    public func move(_ node: Node, to neighbors: [(node: Node, loss: Decibels)]) {
        for other in nodes where other.index != node.index { setLoss(node, other, nil) }
        for neighbor in neighbors { setLoss(node, neighbor.node, neighbor.loss) }
    }

    /// The path loss from one node to another; nil when it is not heard at all. For the modelled air.
    public func loss(from sender: Node, to receiver: Node) -> Decibels? {
        air.loss(from: sender.index, to: receiver.index)
    }

    /// How strongly a node is received by another one; nil when it is not heard at all. For the modelled air.
    public func strength(from sender: Node, to receiver: Node) -> DecibelMilliwatts? {
        air.strength(from: sender.index, to: receiver.index)
    }

    // MARK: Power

    /// Takes a node's power away: it says nothing more, and a frame on the air is cut off.
    public func powerOff(_ node: Node) {
        guard node.isOn else { return }
        node.isOn = false
        node.life += 1
        deadlines.remove(node: node.index)
        node.scheduled = nil
        medium.cutPower(of: node.index)
    }

    /// Gives a node its power again: a new engine with the configuration and the link address of the former one, and
    /// with what that one has had stored. It runs as soon as it has a dataset.
    public func powerOn(_ node: Node) {
        guard !node.isOn else { return }
        node.isOn = true
        node.engine = makeEngine(node.engine.configuration, node.engine.thread.extendedAddress)
        let records = StoredRecord.Name.allCases.compactMap { node.stored[$0] }
        with(node) { engine, now in
            engine.restore(records, now: now)
            engine.setInterface(isUp: true, now: now)
            _ = engine.startThread(now: now)
        }
    }

    /// Takes the power away and gives it back at once.
    public func restart(_ node: Node) {
        powerOff(node)
        powerOn(node)
    }

    /// The nodes that have power.
    public var running: [Node] { nodes.filter { $0.isOn } }
}
