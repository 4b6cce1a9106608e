import EngineCore
import NodeEngine
import Simulator
import ThreadEngine
import ThreadWire

// What befalls the network.
extension ScenarioRun {
    func apply(_ action: Scenario.Action) {
        switch action {
        case .powerOff(let index): powerOff(index)
        case .powerOn(let index): powerOn(index)
        case .restart(let index):
            powerOff(index)
            powerOn(index)
        case .move(let index, let links):
            let node = network.nodes[index]
            network.move(node, to: [])
            for link in links {
                network.setLoss(from: network.nodes[link.from], to: network.nodes[link.to], link.loss)
            }
        case .setLoss(let from, let to, let loss): network.setLoss(network.nodes[from], network.nodes[to], loss)
        case .split(let groups): split(groups)
        case .heal:
            for link in severed {
                network.setLoss(from: network.nodes[link.from], to: network.nodes[link.to], link.loss)
            }
            severed = []
        case .interfere(let nodes, let share):
            for index in nodes {
                for other in network.nodes where other.index != index {
                    network.setErasure(from: other, to: network.nodes[index], share)
                }
            }
        case .rotateKeys(let index):
            let node = network.nodes[index]
            guard node.isOn else { return }
            network.with(node) { engine, now in engine.setKeySequence(engine.thread.keySequence + 1, now: now) }
        case .offerPrefix(let index, let prefix): offer(prefix, by: index, isOffered: true)
        case .withdrawPrefix(let index, let prefix): offer(prefix, by: index, isOffered: false)
        }
    }

    private func powerOff(_ index: Int) {
        let node = network.nodes[index]
        guard node.isOn else { return }
        slept[index] += node.engine.radioTimes.sleeping(now: network.now)
        airtimeWaits[index].waits += node.engine.mac.airtimeWaits
        airtimeWaits[index].givenUp += node.engine.drops[.airtimeExhausted]
        offSince[index] = network.now
        sockets[index] = nil
        network.powerOff(node)
    }

    private func powerOn(_ index: Int) {
        let node = network.nodes[index]
        guard !node.isOn else { return }
        if let since = offSince[index] { off[index] += network.now.since(since) }
        offSince[index] = nil
        network.powerOn(node)
        setMode(of: node)
        openSocket(of: index)
    }

    private func split(_ groups: [[Int]]) {
        var group = [Int?](repeating: nil, count: network.nodes.count)
        for (number, members) in groups.enumerated() {
            for member in members { group[member] = number }
        }
        for from in network.nodes {
            for to in network.nodes where from.index != to.index {
                guard let here = group[from.index], let there = group[to.index], here != there,
                    let loss = network.loss(from: from, to: to)
                else { continue }
                severed.append((from.index, to.index, loss))
                network.setLoss(from: from, to: to, nil)
            }
        }
    }

    private func offer(_ prefix: IPv6Prefix, by index: Int, isOffered: Bool) {
        let node = network.nodes[index]
        guard node.isOn else { return }
        network.with(node) { engine, now in
            do throws(ServerDataError) {
                if isOffered {
                    try engine.addOnMeshPrefix(
                        OnMeshPrefix(prefix, flags: [.onMesh, .slaac, .preferred], isStable: true))
                } else {
                    try engine.removePrefix(prefix)
                }
            } catch {
                // The network data is full, or the prefix is not there: the mesh stays as it is.
                log.note(.befell, at: now, -1)
            }
            engine.registerServerData(now: now)
        }
    }
}
