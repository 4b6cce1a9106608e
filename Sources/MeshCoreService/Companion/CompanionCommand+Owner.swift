import EngineCore
import MeshCoreEngine
import MeshCoreWire
import WireCore

// What the owner sets and reads.
extension CompanionCommand {
    /// - Returns: nil for a command that is none of these.
    func carryOutOwners(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]]? {
        switch code {
        case 8, 11, 12, 14, 21, 38, 58, 61, 63:
            var parameters = engine.parameters
            try change(&parameters)
            engine.updateParameters(parameters, now: now)
            return [[CompanionCode.ok]]
        case 23: return [[14] + engine.identity.privateKey.bytes]
        case 24:
            try require(65)
            guard let key = MeshCorePrivateKey(Array(body[1..<65])) else { throw .illegalArgument }
            return try done { () throws(MeshCoreError) in try engine.replaceIdentity(key) }
        case 40: return [[21]]
        // There is no variable that an app may set.
        case 41: throw body.count >= 4 ? .illegalArgument : .unsupported
        case 43:
            return [
                CompanionFrames.make(23) { writer in
                    writer.writeLittleEndian(UInt64(engine.parameters.receiveDelayBase), count: 4)
                    writer.writeLittleEndian(UInt64(engine.parameters.airtimeFactor), count: 4)
                }
            ]
        case 54: return try setScope(&engine)
        case 56: return [try statistics(engine, now: now)]
        case 59: return [[25, engine.parameters.autoAddFlags, engine.parameters.autoAddMaximumHops]]
        case 60:
            return [
                CompanionFrames.make(26) { writer in
                    for frequency in Self.repeatFrequencies {
                        writer.writeLittleEndian(UInt64(frequency), count: 4)
                        writer.writeLittleEndian(UInt64(frequency), count: 4)
                    }
                }
            ]
        case 64: return [scope(engine)]
        default: return nil
        }
    }

    /// Where a companion may repeat for others.
    /// - Units: kHz
    private static let repeatFrequencies: [UInt32] = [433_000, 869_495, 918_000]

    private func change(_ parameters: inout MeshCoreParameters) throws(CompanionError) {
        switch code {
        case 8:
            try require(2)
            parameters.name = Array(body.dropFirst().prefix { $0 != 0 }.prefix(31))
        case 11: try changeRadio(&parameters)
        case 12:
            try require(2)
            let power = Int8(bitPattern: body[1])
            guard (-9...22).contains(power) else { throw .illegalArgument }
            parameters.transmitPower = power
        case 14:
            let (latitude, longitude) = (try signedNumber(at: 1), try signedNumber(at: 5))
            guard (-90_000_000...90_000_000).contains(latitude), (-180_000_000...180_000_000).contains(longitude) else {
                throw .illegalArgument
            }
            parameters.position = MeshCorePosition(latitude: latitude, longitude: longitude)
        case 21:
            parameters.receiveDelayBase = min(try number(at: 1), 20_000)
            parameters.airtimeFactor = min(try number(at: 5), 9_000)
        case 38: try changeOthers(&parameters)
        case 58:
            try require(2)
            parameters.autoAddFlags = body[1]
            if body.count > 2 { parameters.autoAddMaximumHops = min(body[2], 64) }
        case 61:
            try require(3)
            guard body[1] == 0 else { throw .unsupported }
            guard body[2] < 3 else { throw .illegalArgument }
            parameters.pathHashMode = body[2]
        default: try changeDefaultScope(&parameters)
        }
    }

    private func changeRadio(_ parameters: inout MeshCoreParameters) throws(CompanionError) {
        try require(11)
        let (frequency, bandwidth) = (try number(at: 1), try number(at: 5))
        let repeats = body.count > 11 && body[11] != 0
        do throws(MeshCoreError) {
            parameters.radio = try MeshCoreRadioParameters(
                frequency: frequency, bandwidth: bandwidth, spreadingFactor: body[9], codingRate: body[10])
        } catch { throw CompanionError(error) }
        guard !repeats || Self.repeatFrequencies.contains(frequency) else { throw .illegalArgument }
        parameters.repeatsForOthers = repeats
    }

    private func changeOthers(_ parameters: inout MeshCoreParameters) throws(CompanionError) {
        try require(2)
        parameters.manualAdd = body[1]
        if body.count > 2 {
            parameters.baseTelemetry = .init(rawValue: body[2] & 3) ?? .nobody
            parameters.locationTelemetry = .init(rawValue: body[2] >> 2 & 3) ?? .nobody
            parameters.environmentTelemetry = .init(rawValue: body[2] >> 4 & 3) ?? .nobody
        }
        if body.count > 3 { parameters.advertPositionPolicy = body[3] }
        if body.count > 4 { parameters.multipleAcknowledgements = min(body[4], 15) }
    }

    // MARK: Regions

    private func changeDefaultScope(_ parameters: inout MeshCoreParameters) throws(CompanionError) {
        guard body.count >= 48 else {
            parameters.defaultScope = nil
            return
        }
        let name = Array(body[1..<32].prefix { $0 != 0 })
        guard (1...30).contains(name.count), let key = MeshCoreRegionKey(Array(body[32..<48])) else {
            throw .illegalArgument
        }
        parameters.defaultScope = .init(name: name, key: key)
    }

    private func scope(_ engine: MeshCoreEngine) -> [UInt8] {
        guard let scope = engine.parameters.defaultScope else { return [28] }
        let name = scope.name.prefix(31)
        return [28] + name + [UInt8](repeating: 0, count: 31 - name.count) + scope.key.bytes
    }

    private func setScope(_ engine: inout MeshCoreEngine) throws(CompanionError) -> [[UInt8]] {
        try require(2)
        switch body[1] {
        case 0:
            engine.scopeOverride = body.count >= 18 ? MeshCoreRegionKey(Array(body[2..<18])) : nil
            engine.forcesUnscoped = false
        case 1: engine.forcesUnscoped = true
        default: throw .unsupported
        }
        return [[CompanionCode.ok]]
    }

    // MARK: Statistics

    private func statistics(_ engine: MeshCoreEngine, now: Instant) throws(CompanionError) -> [UInt8] {
        try require(2)
        let (statistics, facts) = (engine.statistics, engine.facts)
        guard body[1] < 3 else { throw .illegalArgument }
        return CompanionFrames.make(24) { writer in
            writer.write(body[1])
            switch body[1] {
            case 0:
                writer.writeLittleEndian(UInt64(facts.battery), count: 2)
                writer.writeLittleEndian(now.microseconds / 1_000_000, count: 4)
                writer.writeLittleEndian(UInt64(statistics.errorFlags), count: 2)
                writer.write(UInt8(clamping: engine.queueLength))
            case 1:
                writer.writeLittleEndian(UInt64(UInt16(bitPattern: facts.noiseFloor)), count: 2)
                writer.write(UInt8(bitPattern: statistics.lastRSSI))
                writer.write(UInt8(bitPattern: statistics.lastSNRQuarters))
                for time in [statistics.transmitAirtime, statistics.receiveAirtime] {
                    writer.writeLittleEndian(UInt64(max(0, time.microseconds / 1_000_000)), count: 4)
                }
            default:
                for count in [
                    statistics.packetsReceived, statistics.packetsSent, statistics.floodsSent, statistics.directsSent,
                    statistics.floodsReceived, statistics.directsReceived, statistics.receiveErrors,
                ] { writer.writeLittleEndian(UInt64(count), count: 4) }
            }
        }
    }
}
