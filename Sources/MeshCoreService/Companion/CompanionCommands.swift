import EngineCore
import MeshCoreEngine
import MeshCoreWire
import WireCore

/// Carries out one command of an app on the engine.
///
/// Commands that it does not have are refused as the firmware refuses those that it does not know.
/// - Source: MeshCore firmware 1.17.1
struct CompanionCommand {
    let body: [UInt8]
    var code: UInt8 { body[0] }

    static let appStart: UInt8 = 1
    static let syncNextMessage: UInt8 = 10
    static let reboot: UInt8 = 19
    static let batteryAndStorage: UInt8 = 20
    static let deviceQuery: UInt8 = 22
    static let signStart: UInt8 = 33
    static let signData: UInt8 = 34
    static let signFinish: UInt8 = 35
    static let setPin: UInt8 = 37
    static let factoryReset: UInt8 = 51

    /// What the node answers.
    func answer(_ engine: inout MeshCoreEngine, now: Instant) -> [[UInt8]] {
        do throws(CompanionError) {
            return try carryOut(&engine, now: now)
        } catch {
            return [[CompanionCode.error, error.rawValue]]
        }
    }

    private func carryOut(
        _ engine: inout MeshCoreEngine, now: Instant
    ) throws(CompanionError) -> [[UInt8]] {
        switch code {
        case 2: return [try sendText(&engine, now: now)]
        case 3: return try sendChannelText(&engine, now: now)
        case 4: return contacts(engine)
        case 5:
            return [
                CompanionFrames.make(CompanionCode.time) {
                    $0.writeLittleEndian(UInt64(engine.time(now: now)), count: 4)
                }
            ]
        case 6:
            let time = try number(at: 1)
            return try done { () throws(MeshCoreError) in try engine.setTime(time, now: now) }
        case 7:
            let isFlood = body.count > 1 && body[1] == 1
            return try done { () throws(MeshCoreError) in try engine.sendAdvert(isFlood: isFlood, now: now) }
        case 9:
            let contact = try contact(now: engine.time(now: now))
            return try done { () throws(MeshCoreError) in try engine.setContact(contact) }
        case 13:
            let key = try key()
            return try done { () throws(MeshCoreError) in try engine.resetPath(key) }
        case 15:
            let key = try key()
            return try done { () throws(MeshCoreError) in try engine.removeContact(key) }
        case 16:
            let key = try key()
            return try done { () throws(MeshCoreError) in try engine.shareContact(key, now: now) }
        case 17: return [[CompanionCode.exportedContact] + (try exported(engine, now: now))]
        case 18:
            try require(99)
            let advert = Array(body.dropFirst())
            return try done { () throws(MeshCoreError) in try engine.importContact(advert, now: now) }
        case 30:
            guard let contact = engine.contact(try key()) else { throw .notFound }
            return [CompanionFrames.contact(contact)]
        case 31: return [try channel(engine)]
        case 32: return try setChannel(&engine)
        default:
            if let answers = try carryOutOwners(&engine, now: now) { return answers }
            if let answers = try carryOutRequests(&engine, now: now) { return answers }
            throw .unsupported
        }
    }

    // MARK: Arguments

    func require(_ count: Int) throws(CompanionError) {
        if body.count < count { throw .unsupported }
    }

    func number(at offset: Int) throws(CompanionError) -> UInt32 {
        try require(offset + 4)
        return (0..<4).reduce(UInt32(0)) { $0 | UInt32(body[offset + $1]) << (8 * UInt32($1)) }
    }

    func signedNumber(at offset: Int) throws(CompanionError) -> Int32 { Int32(bitPattern: try number(at: offset)) }

    func key(at offset: Int = 1) throws(CompanionError) -> MeshCorePublicKey {
        try require(offset + MeshCorePublicKey.byteCount)
        guard let key = MeshCorePublicKey(Array(body[offset..<offset + MeshCorePublicKey.byteCount])) else {
            throw .illegalArgument
        }
        return key
    }

    func done(_ body: () throws(MeshCoreError) -> Void) throws(CompanionError) -> [[UInt8]] {
        do throws(MeshCoreError) { try body() } catch { throw CompanionError(error) }
        return [[CompanionCode.ok]]
    }

    // MARK: Messages

    private func sendText(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [UInt8] {
        try require(14)
        let timestamp = try number(at: 3)
        do throws(MeshCoreError) {
            return CompanionFrames.sent(
                try engine.sendText(
                    to: body[7..<13], type: MeshCoreTextType(rawValue: body[1]), attempt: body[2],
                    timestamp: timestamp, text: Array(body.dropFirst(13)), now: now))
        } catch { throw CompanionError(error) }
    }

    private func sendChannelText(_ engine: inout MeshCoreEngine, now: Instant) throws(CompanionError) -> [[UInt8]] {
        try require(8)
        guard body[1] == 0 else { throw .unsupported }
        let timestamp = try number(at: 3)
        do throws(MeshCoreError) {
            try engine.sendChannelText(
                channel: Int(body[2]), timestamp: timestamp,
                text: Array(body.dropFirst(7)), now: now)
        } catch { throw .notFound }
        return [[CompanionCode.ok]]
    }

    // MARK: Contacts and channels

    private func contacts(_ engine: MeshCoreEngine) -> [[UInt8]] {
        let since = (try? number(at: 1)) ?? 0
        let all = engine.contacts
        let chosen = all.filter { $0.lastModified > since }
        let newest = chosen.map(\.lastModified).max() ?? 0
        func count(_ code: UInt8, _ value: UInt32) -> [UInt8] {
            CompanionFrames.make(code) { $0.writeLittleEndian(UInt64(value), count: 4) }
        }
        return [count(CompanionCode.contactsStart, UInt32(all.count))] + chosen.map { CompanionFrames.contact($0) }
            + [count(CompanionCode.endOfContacts, newest)]
    }

    private func contact(now: UInt32) throws(CompanionError) -> MeshCoreContact {
        try require(136)
        let key = try key()
        var path: MeshCorePath?
        if body[35] != 0xff {
            guard let count = MeshCorePath.byteCount(lengthByte: body[35]),
                let known = MeshCorePath(hashSize: Int(body[35] >> 6) + 1, bytes: Array(body[36..<36 + count]))
            else { throw .illegalArgument }
            path = known
        }
        var contact = MeshCoreContact(
            key: key, type: MeshCoreNodeType(rawValue: body[33]), flags: body[34], outPath: path,
            name: Array(body[100..<132]), lastAdvert: try number(at: 132), lastModified: now)
        if body.count >= 144 {
            contact.position = MeshCorePosition(
                latitude: Int32(bitPattern: try number(at: 136)), longitude: Int32(bitPattern: try number(at: 140)))
        }
        if body.count >= 148 { contact.lastModified = try number(at: 144) }
        return contact
    }

    private func exported(_ engine: MeshCoreEngine, now: Instant) throws(CompanionError) -> [UInt8] {
        guard body.count > 1 else { return engine.exportSelf(now: now) }
        let key = try key()
        do throws(MeshCoreError) { return try engine.exportContact(key) } catch { throw .notFound }
    }

    private func channel(_ engine: MeshCoreEngine) throws(CompanionError) -> [UInt8] {
        try require(2)
        guard Int(body[1]) < engine.configuration.channelLimit else { throw .notFound }
        return CompanionFrames.channel(try? engine.channel(Int(body[1])), index: body[1])
    }

    private func setChannel(_ engine: inout MeshCoreEngine) throws(CompanionError) -> [[UInt8]] {
        guard (50...65).contains(body.count) else { throw .unsupported }
        let name = Array(body[2..<34].prefix { $0 != 0 })
        guard let secret = MeshCoreSecret(channelKey: Array(body[34..<50])) else { throw .illegalArgument }
        let isEmpty = name.isEmpty && secret.bytes.allSatisfy { $0 == 0 }
        let channel = isEmpty ? nil : MeshCoreChannel(name: name, secret: secret)
        let index = Int(body[1])
        return try done { () throws(MeshCoreError) in try engine.setChannel(channel, at: index) }
    }
}
