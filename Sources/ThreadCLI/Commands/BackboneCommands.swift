import NodeEngine
import ThreadEngine
import ThreadWire
import WireCore

/// The router that connects the mesh with a backbone, as far as the network data tell of it.
let backboneCommands = [
    Command("bbr", ["bbr"], surplus: .judged) { invocation throws(CommandError) in
        guard invocation.arguments.isEmpty else { throw .invalidCommand }
        guard let router = BackboneRouter(primaryIn: invocation.node.thread.networkDatabase.data) else {
            return invocation.print("BBR Primary: None")
        }
        invocation.print(["BBR Primary:"] + router.lines)
    }
]

/// A Backbone Router as it announces itself by a service.
struct BackboneRouter: Equatable {
    let rloc16: RLOC16
    let sequenceNumber: UInt8
    /// - Units: seconds
    let reregistrationDelay: UInt16
    /// - Units: seconds
    let listenerTimeout: UInt32

    /// Thread's own enterprise number, and the service that Backbone Routers offer.
    /// - Source: OpenThread (July 2025), src/core/thread/network_data_service.hpp, read for numbers and layout
    private static let enterpriseNumber: UInt32 = 44_970
    private static let serviceData: [UInt8] = [1]

    /// The first Backbone Router that is found; nil when there is none.
    init?(primaryIn data: NetworkData) {
        for service in data.meshServices
        where service.enterpriseNumber == Self.enterpriseNumber && service.serviceData == Self.serviceData {
            var reader = ByteReader(service.serverData)
            guard let sequenceNumber = try? reader.readUInt8("sequence number"),
                let delay = try? reader.readUInt16("delay"), let timeout = try? reader.readUInt32("timeout")
            else { continue }
            rloc16 = service.rloc16
            self.sequenceNumber = sequenceNumber
            reregistrationDelay = delay
            listenerTimeout = timeout
            return
        }
        return nil
    }

    var lines: [String] {
        [
            "server16: 0x" + hexadecimal(UInt64(rloc16.rawValue), digits: 4).uppercased(),
            "seqno:    \(sequenceNumber)", "delay:    \(reregistrationDelay) secs",
            "timeout:  \(listenerTimeout) secs",
        ]
    }
}
