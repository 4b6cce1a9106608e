import Glibc
public import LinuxDevices
public import LinkProfiles
public import LoRaPHY
public import NIOCore
public import NodeConfiguration
public import RadioDrivers

// From the radio's settings to a radio.
extension RadioSettings {
    /// The modulation, checked as a whole.
    public var modulation: LoRaModulation {
        get throws {
            try LoRaModulation(
                bandwidth: lora.bandwidth, spreadingFactor: lora.spreadingFactor, codingRate: lora.codingRate,
                preambleLength: lora.preambleLength)
        }
    }

    /// Whose law is kept, for the log.
    public var law: String {
        if case .openThread = device { return "the radio is on no air: no region's law applies" }
        guard let region = lora.region, let rules = lora.rules else {
            return "no region's law is kept for power and air time: radio.lora.region is none"
        }
        let budget = rules.hourlyBudget.map { ", \($0.wholeSeconds) s of air time an hour" } ?? ""
        return "the law of \(region.name) is kept, from \(rules.edges)\(budget)"
    }

    public func linkProfile(_ modulation: LoRaModulation) -> LinkProfile {
        switch profile {
        case .lora: .lora(modulation, controlBudget: lora.controlBudget)
        case .pymesh: .pymesh(modulation)
        case .ieee802154: .ieee802154
        }
    }

    /// The radio that the configuration names, not started.
    public func makeRadio(profile: LinkProfile, eventLoop: any EventLoop) throws -> any Radio {
        let configuration = RadioConfiguration(
            phy: profile.phy, frequency: lora.frequency, power: lora.power, syncWord: lora.syncWord,
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
        case .kiss(let settings):
            return try KISSRadio(
                eventLoop: eventLoop, line: KISSHostLine(eventLoop: eventLoop, place: settings.place),
                configuration: configuration)
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

extension RadioSettings {
    /// Whether the devices of this host that the radio needs can be used now; they are let go at once.
    /// - Throws: what is in the way, with what to do about it.
    public func checkDevices(eventLoop: any EventLoop) throws(DeviceError) {
        switch device {
        case .sx126x(let settings): try SX126xLinuxBus(settings.wiring, eventLoop: eventLoop).close()
        case .kiss(.serial(let path, let speed)): close(try SerialPort.open(path: path, speed: speed))
        case .kiss(.tcp), .ether, .openThread, .udp: break
        }
    }
}

extension KISSSettings {
    var place: KISSPlace {
        switch self {
        case .serial(let device, let speed): .serial(path: device, speed: speed)
        case .tcp(let endpoint): .tcp(host: endpoint.host, port: Int(endpoint.port))
        }
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

extension NetworkEndpoint {
    fileprivate var socketAddress: SocketAddress {
        get throws { try SocketAddress(ipAddress: host, port: Int(port)) }
    }
}
