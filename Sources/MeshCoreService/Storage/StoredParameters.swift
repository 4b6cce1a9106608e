import Foundation
import MeshCoreEngine
import MeshCoreWire

/// What the owner has set, as it is stored: JSON, so that later versions may add to it.
///
/// What the configuration file says is stored beside it. Where the file says something else than it did when the owner
/// set a value through an app, the file is the newer word.
struct StoredParameters: Codable, Equatable {
    /// What a file says of the same values.
    struct Configured: Codable, Equatable {
        var name: [UInt8]
        var radio: Radio
        var transmitPower: Int8
    }

    struct Radio: Codable, Equatable {
        /// - Units: kHz
        var frequency: UInt32
        /// - Units: Hz
        var bandwidth: UInt32
        var spreadingFactor: UInt8
        var codingRate: UInt8
    }

    struct Scope: Codable, Equatable {
        var name: [UInt8]
        var key: [UInt8]
    }

    struct Region: Codable, Equatable {
        var name: [UInt8]
        var key: [UInt8]
        var allowsFlood: Bool
    }

    var configured: Configured
    var name: [UInt8]
    var latitude: Int32
    var longitude: Int32
    var advertPositionPolicy: UInt8
    var radio: Radio
    var transmitPower: Int8
    var repeatsForOthers: Bool
    var receiveDelayBase: UInt32
    var airtimeFactor: UInt32
    var floodDelayFactor: UInt32
    var directDelayFactor: UInt32
    var multipleAcknowledgements: UInt8
    var pathHashMode: UInt8
    var manualAdd: UInt8
    var autoAddFlags: UInt8
    var autoAddMaximumHops: UInt8
    var baseTelemetry: UInt8
    var locationTelemetry: UInt8
    var environmentTelemetry: UInt8
    var defaultScope: Scope?
    var isForwarding: Bool
    var maximumFloodHops: UInt8
    var maximumUnscopedFloodHops: UInt8
    var maximumAdvertHops: UInt8
    var loopDetection: UInt8
    var regions: [Region]
    var forwardsUnscopedFloods: Bool
    var administratorPassword: [UInt8]
    var guestPassword: [UInt8]
    var ownerInformation: [UInt8]
    var advertInterval: UInt16
    var floodAdvertInterval: UInt16

    init(_ parameters: MeshCoreParameters, configured: MeshCoreParameters) {
        self.configured = Configured(
            name: configured.name, radio: Radio(configured.radio), transmitPower: configured.transmitPower)
        name = parameters.name
        latitude = parameters.position.latitude
        longitude = parameters.position.longitude
        advertPositionPolicy = parameters.advertPositionPolicy
        radio = Radio(parameters.radio)
        transmitPower = parameters.transmitPower
        repeatsForOthers = parameters.repeatsForOthers
        receiveDelayBase = parameters.receiveDelayBase
        airtimeFactor = parameters.airtimeFactor
        floodDelayFactor = parameters.floodDelayFactor
        directDelayFactor = parameters.directDelayFactor
        multipleAcknowledgements = parameters.multipleAcknowledgements
        pathHashMode = parameters.pathHashMode
        manualAdd = parameters.manualAdd
        autoAddFlags = parameters.autoAddFlags
        autoAddMaximumHops = parameters.autoAddMaximumHops
        baseTelemetry = parameters.baseTelemetry.rawValue
        locationTelemetry = parameters.locationTelemetry.rawValue
        environmentTelemetry = parameters.environmentTelemetry.rawValue
        defaultScope = parameters.defaultScope.map { Scope(name: $0.name, key: $0.key.bytes) }
        isForwarding = parameters.isForwarding
        maximumFloodHops = parameters.maximumFloodHops
        maximumUnscopedFloodHops = parameters.maximumUnscopedFloodHops
        maximumAdvertHops = parameters.maximumAdvertHops
        loopDetection = parameters.loopDetection.rawValue
        regions = parameters.regions.map { Region(name: $0.name, key: $0.key.bytes, allowsFlood: $0.allowsFlood) }
        forwardsUnscopedFloods = parameters.forwardsUnscopedFloods
        administratorPassword = parameters.administratorPassword
        guestPassword = parameters.guestPassword
        ownerInformation = parameters.ownerInformation
        advertInterval = parameters.advertInterval
        floodAdvertInterval = parameters.floodAdvertInterval
    }

    /// The parameters to start with: as stored, but for what the configuration file says anew.
    /// - Throws: when a stored value is none that it can have.
    func parameters(configured file: MeshCoreParameters) throws(MeshCoreError) -> MeshCoreParameters {
        let fileRadio = Radio(file.radio)
        var parameters = MeshCoreParameters(
            name: configured.name == file.name ? name : file.name,
            radio: configured.radio == fileRadio ? try radio.parameters : file.radio)
        parameters.transmitPower = configured.transmitPower == file.transmitPower ? transmitPower : file.transmitPower
        parameters.position = MeshCorePosition(latitude: latitude, longitude: longitude)
        parameters.advertPositionPolicy = advertPositionPolicy
        parameters.repeatsForOthers = repeatsForOthers
        parameters.receiveDelayBase = receiveDelayBase
        parameters.airtimeFactor = airtimeFactor
        parameters.floodDelayFactor = floodDelayFactor
        parameters.directDelayFactor = directDelayFactor
        parameters.multipleAcknowledgements = multipleAcknowledgements
        parameters.pathHashMode = pathHashMode
        parameters.manualAdd = manualAdd
        parameters.autoAddFlags = autoAddFlags
        parameters.autoAddMaximumHops = autoAddMaximumHops
        parameters.baseTelemetry = .init(rawValue: baseTelemetry) ?? .nobody
        parameters.locationTelemetry = .init(rawValue: locationTelemetry) ?? .nobody
        parameters.environmentTelemetry = .init(rawValue: environmentTelemetry) ?? .nobody
        parameters.defaultScope = defaultScope.flatMap { scope in
            MeshCoreRegionKey(scope.key).map { MeshCoreParameters.Scope(name: scope.name, key: $0) }
        }
        parameters.isForwarding = isForwarding
        parameters.maximumFloodHops = maximumFloodHops
        parameters.maximumUnscopedFloodHops = maximumUnscopedFloodHops
        parameters.maximumAdvertHops = maximumAdvertHops
        parameters.loopDetection = .init(rawValue: loopDetection) ?? .off
        parameters.regions = regions.compactMap { region in
            MeshCoreRegionKey(region.key).map {
                MeshCoreRegion(name: region.name, key: $0, allowsFlood: region.allowsFlood)
            }
        }
        parameters.forwardsUnscopedFloods = forwardsUnscopedFloods
        parameters.administratorPassword = administratorPassword
        parameters.guestPassword = guestPassword
        parameters.ownerInformation = ownerInformation
        parameters.advertInterval = advertInterval
        parameters.floodAdvertInterval = floodAdvertInterval
        return parameters
    }

    // MARK: Bytes

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return [UInt8](try encoder.encode(self))
        }
    }
}

extension StoredParameters.Radio {
    init(_ radio: MeshCoreRadioParameters) {
        frequency = radio.frequency
        bandwidth = radio.bandwidth
        spreadingFactor = radio.spreadingFactor
        codingRate = radio.codingRate
    }

    var parameters: MeshCoreRadioParameters {
        get throws(MeshCoreError) {
            try MeshCoreRadioParameters(
                frequency: frequency, bandwidth: bandwidth, spreadingFactor: spreadingFactor, codingRate: codingRate)
        }
    }
}
