import EngineCore
import NodeEngine
import ThreadEngine
import ThreadWire

/// Where other nodes' addresses are.
let addressCacheCommands = [
    Command("eidcache", ["eidcache"], surplus: .ignored) { invocation in
        for entry in invocation.node.thread.addressCache.entries { invocation.print(invocation.text(of: entry)) }
    }
]

extension Invocation {
    fileprivate func text(of entry: AddressCache.Entry) -> String {
        let state =
            switch entry.state {
            case .resolved(_, let identifier?, let time): "cache canEvict=1" + eidText(identifier, time)
            case .resolved where entry.isSnooped:
                "snoop canEvict=\(digit(entry.protectedUntil == nil))"
                    + " timeout=\(entry.protectedUntil.map { seconds(until: $0) } ?? 0)"
            case .resolved(_, nil, _): "cache canEvict=1"
            case .querying(let until): "query canEvict=0 timeout=\(seconds(until: until))"
            case .waiting(let until):
                "retry canEvict=1 timeout=\(seconds(until: until))"
                    + " retryDelay=\(entry.retryDelay.wholeSeconds) rampDown=\(digit(until <= now))"
            }
        return "\(entry.target) \(entry.rloc16 ?? .unassigned) \(state)"
    }

    /// Told only where the node that answered said when it last heard of the address.
    private func eidText(_ interfaceIdentifier: UInt64, _ lastTransaction: UInt32?) -> String {
        guard let lastTransaction, let prefix = node.thread.network?.meshLocalPrefix else { return "" }
        let address = IPv6Address(prefix: prefix, interfaceIdentifier: interfaceIdentifier)
        return " transTime=\(lastTransaction) eid=\(address)"
    }

    private func seconds(until instant: Instant) -> Int64 { max(0, instant.since(now).wholeSeconds) }
}
