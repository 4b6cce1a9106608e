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
        let configuration = RadioConfiguration(
            phy: profile.phy, frequency: lora.frequency, power: lora.power,
            listenBeforeTalk: lora.rules?.listenBeforeTalk)
        switch device {
        case .ether(let address, let node):
            return try EtherRadio(
                eventLoop: eventLoop, address: SocketAddress(ipAddress: address.host, port: Int(address.port)),
                node: node, configuration: configuration,
                hasFrameCheckSequence: profile.frameCheckSequenceLength > 0)
        case .sx126x(let settings):
            return try SX126xRadio(
                eventLoop: eventLoop, bus: SX126xLinuxBus(settings.wiring, eventLoop: eventLoop),
                board: settings.board, configuration: configuration)
        case .udp(let settings):
            return try UDPRadio(
                eventLoop: eventLoop, address: settings.listen.socketAddress,
                peers: settings.peers.map { try $0.socketAddress }, configuration: configuration)
        case .openThread(let settings):
            return OpenThreadRadio(
                eventLoop: eventLoop,
                place: try OpenThreadPlace(
                    nodeID: settings.nodeID, portBase: settings.portBase, interface: settings.interface))
        }
    }
}

extension NetworkEndpoint {
    fileprivate var socketAddress: SocketAddress {
        get throws { try SocketAddress(ipAddress: host, port: Int(port)) }
    }
}

extension SX126xSettings {
    var wiring: SX126xWiring {
        SX126xWiring(
            serialDevice: serialDevice, serialClock: serialClock, gpioChip: gpioChip, chipSelect: chipSelect,
            reset: reset, busy: busy, interrupt: interrupt, transmitEnable: transmitEnable,
            receiveEnable: receiveEnable, powerEnable: powerEnable)
    }

    var board: SX126xBoard {
        SX126xBoard(
            oscillatorVoltage: oscillatorVoltage.flatMap { SX126xOscillatorVoltage(rawValue: $0) },
            isDIO2AntennaSwitch: isDIO2AntennaSwitch, maximumPower: maximumPower, amplifierGain: amplifierGain)
    }
}
