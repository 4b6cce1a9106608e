import EngineCore
import MeshCoreEngine
import MeshCoreWire
import WireCore

// What an app asks of other nodes.
extension CompanionCommand {
    /// - Returns: nil for a command that is none of these.
    func carryOutRequests(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]]? {
        switch code {
        case 25: return try sendRawData(&engine, now: now)
        case 26:
            let (key, password) = (try key(), Array(body.dropFirst(33).prefix { $0 != 0 }.prefix(15)))
            return try sent { () throws(MeshCoreError) in
                try engine.sendLogin(to: key, password: password, now: now)
            }
        case 27:
            let key = try key()
            return try sent { () throws(MeshCoreError) in try engine.sendStatusRequest(to: key, now: now) }
        case 28:
            guard engine.hasConnection(try key()) else { throw .notFound }
            return [[CompanionCode.ok]]
        case 29:
            engine.logout(try key())
            return [[CompanionCode.ok]]
        case 36: return try sendTrace(&engine, now: now)
        case 39:
            if body.count == 4 { return [ownTelemetry(engine)] }
            let key = try key(at: 4)
            return try sent { () throws(MeshCoreError) in try engine.sendTelemetryRequest(to: key, now: now) }
        case 42:
            try require(34)
            return [try advertPath(engine)]
        case 50:
            try require(34)
            let (key, data) = (try key(), Array(body.dropFirst(33)))
            return try sent { () throws(MeshCoreError) in
                try engine.sendBinaryRequest(to: key, data: data, now: now)
            }
        case 52:
            guard body.count >= 34, body[1] == 0 else { throw .unsupported }
            let key = try key(at: 2)
            return try sent { () throws(MeshCoreError) in try engine.sendPathDiscovery(to: key, now: now) }
        case 55:
            guard body.count >= 2, body[1] & 0x80 != 0 else { throw .unsupported }
            let payload = Array(body.dropFirst())
            return try done { () throws(MeshCoreError) in try engine.sendControl(payload, now: now) }
        case 57:
            try require(34)
            let (key, data) = (try key(), Array(body.dropFirst(33)))
            return try sent { () throws(MeshCoreError) in
                try engine.sendAnonymousRequest(to: key, data: data, now: now)
            }
        case 62: return try sendChannelData(&engine, now: now)
        case 65:
            try require(4)
            let packet = Array(body.dropFirst(2))
            return try done { () throws(MeshCoreError) in
                try engine.sendRawPacket(packet, priority: body[1], now: now)
            }
        default: return nil
        }
    }

    private func sent(_ body: () throws(MeshCoreError) -> MeshCoreSent) throws(CompanionError) -> [[UInt8]] {
        do throws(MeshCoreError) { return [CompanionFrames.sent(try body())] } catch { throw CompanionError(error) }
    }

    private func sendTrace(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        try require(11)
        let trace = MeshCoreTrace(
            tag: try number(at: 1), authorization: try number(at: 5), flags: body[9], route: Array(body.dropFirst(10)))
        return try sent { () throws(MeshCoreError) in try engine.sendTrace(trace, now: now) }
    }

    private func sendRawData(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        try require(6)
        let count = Int(body[1])
        guard count < 128, body.count >= 2 + count + 4 else { throw .unsupported }
        guard let path = MeshCorePath(hashSize: 1, bytes: Array(body[2..<2 + count])) else { throw .full }
        let payload = Array(body.dropFirst(2 + count))
        return try done { () throws(MeshCoreError) in try engine.sendRawData(path: path, payload: payload, now: now) }
    }

    private func sendChannelData(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        guard body.count >= 4 else { throw .illegalArgument }
        var path: MeshCorePath?
        var offset = 3
        if body[2] != 0xff {
            guard let count = MeshCorePath.byteCount(lengthByte: body[2]), body.count >= offset + count,
                let known = MeshCorePath(hashSize: Int(body[2] >> 6) + 1, bytes: Array(body[3..<3 + count]))
            else { throw .illegalArgument }
            path = known
            offset += count
        }
        guard body.count >= offset + 2 else { throw .illegalArgument }
        let type = UInt16(body[offset]) | UInt16(body[offset + 1]) << 8
        let bytes = Array(body.dropFirst(offset + 2))
        guard type != 0, bytes.count <= 167 else { throw .illegalArgument }
        guard let data = MeshCoreGroupData(type: type, data: bytes) else { throw .full }
        let channel = Int(body[1])
        return try done { () throws(MeshCoreError) in
            try engine.sendChannelData(channel: channel, path: path, data, now: now)
        }
    }

    private func ownTelemetry(_ engine: MeshCoreEngine) -> [UInt8] {
        [0x8b, 0] + engine.identity.publicKey.prefix(6)
            + engine.facts.telemetry.bytes([.base, .location, .environment])
    }

    private func advertPath(_ engine: MeshCoreEngine) throws(CompanionError) -> [UInt8] {
        do throws(MeshCoreError) {
            let found = try engine.advertPath(prefix: body[2..<9])
            return CompanionFrames.make(22) { writer in
                writer.writeLittleEndian(UInt64(found.received), count: 4)
                found.path.serialize(into: &writer)
            }
        } catch { throw CompanionError(error) }
    }
}
