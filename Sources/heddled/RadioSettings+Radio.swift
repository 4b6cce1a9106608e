import LinkProfiles
import LoRaPHY
import NIOCore
import NodeConfiguration
import RadioDrivers

// From the radio's settings to a radio.
extension RadioSettings {
    /// The modulation, checked as a whole.
    var modulation: LoRaModulation {
        get throws {
            try LoRaModulation(
                bandwidth: lora.bandwidth, spreadingFactor: lora.spreadingFactor, codingRate: lora.codingRate)
        }
    }

    /// Whose law is kept, for the log.
    var law: String {
        if case .openThread = device { return "the radio is on no air: no region's law applies" }
        guard let region = lora.region, let rules = lora.rules else {
            return "no region's law is kept for power and air time: radio.lora.region is none"
        }
        let budget = rules.hourlyBudget.map { ", \($0.wholeSeconds) s of air time an hour" } ?? ""
        return "the law of \(region.name) is kept, from \(rules.edges)\(budget)"
    }

    func linkProfile(_ modulation: LoRaModulation) -> LinkProfile {
        switch profile {
        case .lora: .lora(modulation)
        case .pymesh: .pymesh(modulation)
        case .ieee802154: .ieee802154
        }
    }

    /// The radio that the configuration names, not started.
    func makeRadio(profile: LinkProfile, eventLoop: any EventLoop) throws -> any Radio {
        let configuration = RadioConfiguration(phy: profile.phy, frequency: lora.frequency, power: lora.power)
        switch device {
        case .ether(let address, let node):
            return try EtherRadio(
                eventLoop: eventLoop, address: SocketAddress(ipAddress: address.host, port: Int(address.port)),
                node: node, configuration: configuration,
                hasFrameCheckSequence: profile.frameCheckSequenceLength > 0)
        case .openThread(let settings):
            return OpenThreadRadio(
                eventLoop: eventLoop,
                place: try OpenThreadPlace(
                    nodeID: settings.nodeID, portBase: settings.portBase, interface: settings.interface))
        }
    }
}
