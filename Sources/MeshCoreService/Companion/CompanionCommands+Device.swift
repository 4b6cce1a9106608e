import EngineCore
import MeshCoreEngine
import MeshCoreWire
import WireCore

// Commands about the node itself: radio, position, tuning, keys, statistics, scopes.
extension CompanionCommand {
    /// The frequencies on which a companion may repeat for others.
    /// - Units: kHz
    /// - Source: MeshCore firmware 1.17.1
    private static let repeatFrequencies: [UInt32] = [433_000, 869_495, 918_000]
    /// - Units: dBm
    private static let powers: ClosedRange<Int8> = -9...22

    /// - Returns: nil for a command that is not of these.
    func aboutDevice(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]]? {
        switch code {
        case 11: return try setRadio(&engine, now: now)
        case 12:
            try require(2)
            let power = Int8(bitPattern: body[1])
            guard Self.powers.contains(power) else { throw .illegalArgument }
            return change(&engine, now: now) { $0.transmitPower = power }
        case 14:
            let position = MeshCorePosition(
                latitude: Int32(bitPattern: try number(at: 1)), longitude: Int32(bitPattern: try number(at: 5)))
            guard abs(Int(position.latitude)) <= 90_000_000, abs(Int(position.longitude)) <= 180_000_000 else {
                throw .illegalArgument
            }
            return change(&engine, now: now) { $0.position = position }
        case 20:
            return [
                CompanionFrames.make(CompanionCode.batteryAndStorage) {
                    $0.writeLittleEndian(UInt64(engine.facts.battery), count: 2)
                    // Unknown, as the protocol says it.
                    $0.write(repeating: 0, count: 8)
                }
            ]
        case 21:
            let (delay, factor) = (try number(at: 1), try number(at: 5))
            return change(&engine, now: now) {
                $0.receiveDelayBase = min(delay, 20_000)
                $0.airtimeFactor = min(factor, 9_000)
            }
        case 23: return [[CompanionCode.privateKey] + engine.identity.privateKey.bytes]
        case 24:
            try require(65)
            guard let key = MeshCorePrivateKey(Array(body[1..<65])) else { throw .illegalArgument }
            return try done { () throws(MeshCoreError) in try engine.replaceIdentity(key) }
        case 38: return try setOther(&engine, now: now)
        case 40: return [[CompanionCode.customVariables]]
        // There is none that could be set.
        case 41: throw .illegalArgument
        case 43:
            return [
                CompanionFrames.make(CompanionCode.tuning) {
                    $0.writeLittleEndian(UInt64(engine.parameters.receiveDelayBase), count: 4)
                    $0.writeLittleEndian(UInt64(engine.parameters.airtimeFactor), count: 4)
                }
            ]
        case 54: return try setScope(&engine)
        case 56: return [try statistics(engine, now: now)]
        case 58:
            try require(2)
            let (flags, hops) = (body[1], body.count > 2 ? min(body[2], 64) : engine.parameters.autoAddMaximumHops)
            return change(&engine, now: now) {
                $0.autoAddFlags = flags
                $0.autoAddMaximumHops = hops
            }
        case 59:
            return [
                [CompanionCode.autoAdd, engine.parameters.autoAddFlags, engine.parameters.autoAddMaximumHops]
            ]
        case 60:
            return [
                CompanionFrames.make(CompanionCode.repeatFrequencies) {
                    for frequency in Self.repeatFrequencies {
                        $0.writeLittleEndian(UInt64(frequency), count: 4)
                        $0.writeLittleEndian(UInt64(frequency), count: 4)
                    }
                }
            ]
        case 61:
            try require(3)
            guard body[1] == 0 else { throw .unsupported }
            guard body[2] < 3 else { throw .illegalArgument }
            return change(&engine, now: now) { $0.pathHashMode = body[2] }
        case 63: return try setDefaultScope(&engine, now: now)
        case 64:
            guard let scope = engine.parameters.defaultScope else { return [[CompanionCode.defaultScope]] }
            return [
                CompanionFrames.make(CompanionCode.defaultScope) {
                    CompanionFrames.write(scope.name, 31, to: &$0)
                    $0.write(contentsOf: scope.key.bytes)
                }
            ]
        default: return nil
        }
    }

    private func change(
        _ engine: inout MeshCoreEngine, now: Instant, _ body: (inout MeshCoreParameters) -> Void
    ) -> [[UInt8]] {
        var parameters = engine.parameters
        body(&parameters)
        engine.updateParameters(parameters, now: now)
        return [[CompanionCode.ok]]
    }

    private func setRadio(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        try require(11)
        let (frequency, bandwidth) = (try number(at: 1), try number(at: 5))
        let isRepeating = body.count > 11 && body[11] != 0
        if isRepeating, !Self.repeatFrequencies.contains(frequency) { throw .illegalArgument }
        let radio: MeshCoreRadioParameters
        do throws(MeshCoreError) {
            radio = try MeshCoreRadioParameters(
                frequency: frequency, bandwidth: bandwidth, spreadingFactor: body[9], codingRate: body[10])
        } catch { throw .illegalArgument }
        return change(&engine, now: now) {
            $0.radio = radio
            $0.repeatsForOthers = isRepeating
        }
    }

    private func setOther(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        try require(2)
        let modes = body.count > 2 ? body[2] : 0
        func mode(_ shift: UInt8) -> MeshCoreParameters.TelemetryMode? { .init(rawValue: modes >> shift & 3) }
        return change(&engine, now: now) {
            $0.manualAdd = body[1]
            if body.count > 2 {
                $0.baseTelemetry = mode(0) ?? .nobody
                $0.locationTelemetry = mode(2) ?? .nobody
                $0.environmentTelemetry = mode(4) ?? .nobody
            }
            if body.count > 3 { $0.advertPositionPolicy = body[3] }
            if body.count > 4 { $0.multipleAcknowledgements = body[4] }
        }
    }

    private func setScope(_ engine: inout MeshCoreEngine) throws(CompanionError) -> [[UInt8]] {
        try require(2)
        switch body[1] {
        case 0:
            engine.forcesUnscoped = false
            let key = body.count >= 18 ? MeshCoreRegionKey(Array(body[2..<18])) : nil
            engine.scopeOverride = key?.isZero == true ? nil : key
        case 1: engine.forcesUnscoped = true
        default: throw .unsupported
        }
        return [[CompanionCode.ok]]
    }

    private func setDefaultScope(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        guard body.count >= 48 else { return change(&engine, now: now) { $0.defaultScope = nil } }
        let name = Array(body[1..<32].prefix { $0 != 0 })
        guard (1...30).contains(name.count), let key = MeshCoreRegionKey(Array(body[32..<48])) else {
            throw .illegalArgument
        }
        return change(&engine, now: now) { $0.defaultScope = MeshCoreParameters.Scope(name: name, key: key) }
    }

    private func statistics(_ engine: MeshCoreEngine, now: Instant) throws(CompanionError) -> [UInt8] {
        try require(2)
        let (kind, status, counted) = (body[1], engine.status(now: now), engine.statistics)
        guard kind <= 2 else { throw .illegalArgument }
        return CompanionFrames.make(CompanionCode.statistics) {
            $0.write(kind)
            switch kind {
            case 0:
                $0.writeLittleEndian(UInt64(status.battery), count: 2)
                $0.writeLittleEndian(UInt64(status.uptime), count: 4)
                $0.writeLittleEndian(UInt64(status.errorFlags), count: 2)
                $0.write(UInt8(clamping: engine.queueLength))
            case 1:
                $0.writeLittleEndian(UInt64(UInt16(bitPattern: status.noiseFloor)), count: 2)
                $0.write(UInt8(bitPattern: counted.lastRSSI))
                $0.write(UInt8(bitPattern: counted.lastSNRQuarters))
                $0.writeLittleEndian(UInt64(status.transmitAirtime), count: 4)
                $0.writeLittleEndian(UInt64(status.receiveAirtime), count: 4)
            default:
                for count in [
                    counted.packetsReceived, counted.packetsSent, counted.floodsSent, counted.directsSent,
                    counted.floodsReceived, counted.directsReceived, counted.receiveErrors,
                ] { $0.writeLittleEndian(UInt64(count), count: 4) }
            }
        }
    }
}
