import MeshCoreEngine
import MeshCoreWire
import Testing

@testable import MeshCoreService

@Suite struct StoredParametersTests {
    private func file() throws -> MeshCoreParameters {
        MeshCoreParameters(name: Array("alpha".utf8), radio: try .europe)
    }

    /// Every value other than its default.
    private func changed() throws -> MeshCoreParameters {
        var parameters = try file()
        parameters.name = [0xff, 0x41]
        parameters.position = MeshCorePosition(latitude: -1, longitude: 2)
        parameters.advertPositionPolicy = 1
        parameters.radio = try MeshCoreRadioParameters(
            frequency: 915_000, bandwidth: 250_000, spreadingFactor: 10, codingRate: 8)
        parameters.transmitPower = -9
        parameters.repeatsForOthers = true
        parameters.receiveDelayBase = 1
        parameters.airtimeFactor = 2
        parameters.floodDelayFactor = 3
        parameters.directDelayFactor = 4
        parameters.multipleAcknowledgements = 5
        parameters.pathHashMode = 2
        parameters.manualAdd = 1
        parameters.autoAddFlags = 6
        parameters.autoAddMaximumHops = 7
        parameters.baseTelemetry = .everybody
        parameters.locationTelemetry = .flaggedContacts
        parameters.environmentTelemetry = .everybody
        let key = try #require(MeshCoreRegionKey((0..<16).map { UInt8($0) }))
        parameters.defaultScope = .init(name: Array("#eu".utf8), key: key)
        parameters.isForwarding = false
        parameters.maximumFloodHops = 8
        parameters.maximumUnscopedFloodHops = 9
        parameters.maximumAdvertHops = 10
        parameters.loopDetection = .moderate
        parameters.regions = [MeshCoreRegion(name: Array("#x".utf8), key: key, allowsFlood: false)]
        parameters.forwardsUnscopedFloods = false
        parameters.administratorPassword = [1]
        parameters.guestPassword = [2]
        parameters.ownerInformation = [3]
        parameters.advertInterval = 11
        parameters.floodAdvertInterval = 12
        return parameters
    }

    @Test("Everything that the owner set is there again")
    func roundTrip() throws {
        let stored = StoredParameters(try changed(), configured: try file())
        let read = try StoredParameters(stored.bytes)
        #expect(read == stored)
        #expect(try read.parameters(configured: file()) == changed())
    }

    @Test("What the file says anew counts, and only that")
    func newerFile() throws {
        let stored = StoredParameters(try changed(), configured: try file())
        var file = try file()
        file.name = Array("beta".utf8)
        var expected = try changed()
        expected.name = file.name
        #expect(try stored.parameters(configured: file) == expected)
        file.transmitPower = 3
        expected.transmitPower = 3
        file.radio = try MeshCoreRadioParameters(
            frequency: 869_618, bandwidth: 62_500, spreadingFactor: 9, codingRate: 5)
        expected.radio = file.radio
        #expect(try stored.parameters(configured: file) == expected)
    }

    @Test("Bytes that are no settings are refused")
    func damaged() throws {
        let bytes = try StoredParameters(changed(), configured: file()).bytes
        #expect(throws: (any Error).self) { try StoredParameters([]) }
        #expect(throws: (any Error).self) { try StoredParameters(Array(bytes.dropLast())) }
    }
}
