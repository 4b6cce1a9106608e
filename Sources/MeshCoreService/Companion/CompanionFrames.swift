import EngineCore
import MeshCoreEngine
import MeshCoreWire
import WireCore

/// The first bytes of what the node says to apps.
/// - Source: MeshCore firmware 1.17.1
enum CompanionCode {
    static let ok: UInt8 = 0
    static let error: UInt8 = 1
    static let contactsStart: UInt8 = 2
    static let contact: UInt8 = 3
    static let endOfContacts: UInt8 = 4
    static let selfInformation: UInt8 = 5
    static let sent: UInt8 = 6
    static let oldContactMessage: UInt8 = 7
    static let oldChannelMessage: UInt8 = 8
    static let time: UInt8 = 9
    static let noMoreMessages: UInt8 = 10
    static let exportedContact: UInt8 = 11
    static let deviceInformation: UInt8 = 13
    static let contactMessage: UInt8 = 16
    static let channelMessage: UInt8 = 17
    static let channelInformation: UInt8 = 18
    static let channelData: UInt8 = 27
    static let pushAdvert: UInt8 = 0x80
    static let pushPathUpdated: UInt8 = 0x81
    static let pushAcknowledged: UInt8 = 0x82
    static let pushMessageWaiting: UInt8 = 0x83
    static let pushPacketHeard: UInt8 = 0x88
    static let pushNewAdvert: UInt8 = 0x8a
    static let pushContactDeleted: UInt8 = 0x8f
    static let pushContactsFull: UInt8 = 0x90
}

/// Why a command is refused, as apps know it.
/// - Source: MeshCore firmware 1.17.1
enum CompanionError: UInt8, Error {
    case unsupported = 1
    case notFound = 2
    case full = 3
    case badState = 4
    case storage = 5
    case illegalArgument = 6

    init(_ error: MeshCoreError) {
        switch error {
        case .notFound: self = .notFound
        case .contactsFull, .queueFull, .tooLong, .noStoredAdvert, .unusableKey: self = .full
        case .illegalArgument: self = .illegalArgument
        case .unsupported: self = .unsupported
        }
    }
}

/// Frames with more than a byte or two.
enum CompanionFrames {
    static func make(_ code: UInt8, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: CompanionStream.maximumBodyLength)
        writer.write(code)
        body(&writer)
        return Array(writer.finish().prefix(CompanionStream.maximumBodyLength))
    }

    /// A text in a field of fixed length, filled with zeros.
    private static func write(_ text: [UInt8], _ length: Int, to writer: inout ByteWriter) {
        let cut = text.prefix(length)
        writer.write(contentsOf: cut)
        writer.write(repeating: 0, count: length - cut.count)
    }

    static func selfInformation(_ engine: MeshCoreEngine) -> [UInt8] {
        let parameters = engine.parameters
        return make(CompanionCode.selfInformation) { writer in
            writer.write(engine.configuration.role.nodeType.rawValue)
            writer.write(UInt8(bitPattern: parameters.transmitPower))
            writer.write(UInt8(22))
            writer.write(contentsOf: engine.identity.publicKey.bytes)
            writer.writeLittleEndian(UInt64(UInt32(bitPattern: parameters.position.latitude)), count: 4)
            writer.writeLittleEndian(UInt64(UInt32(bitPattern: parameters.position.longitude)), count: 4)
            writer.write(parameters.multipleAcknowledgements)
            writer.write(parameters.advertPositionPolicy)
            writer.write(
                parameters.environmentTelemetry.rawValue << 4 | parameters.locationTelemetry.rawValue << 2
                    | parameters.baseTelemetry.rawValue)
            writer.write(parameters.manualAdd)
            writer.writeLittleEndian(UInt64(parameters.radio.frequency), count: 4)
            writer.writeLittleEndian(UInt64(parameters.radio.bandwidth), count: 4)
            writer.write(parameters.radio.spreadingFactor)
            writer.write(parameters.radio.codingRate)
            writer.write(contentsOf: parameters.name)
        }
    }

    /// - Parameter pin: 4 bytes.
    static func deviceInformation(_ engine: MeshCoreEngine, pin: [UInt8]) -> [UInt8] {
        make(CompanionCode.deviceInformation) { writer in
            writer.write(UInt8(13))
            writer.write(UInt8(clamping: engine.configuration.contactLimit / 2))
            writer.write(UInt8(clamping: engine.configuration.channelLimit))
            writer.write(contentsOf: pin)
            write(Array("Heddle".utf8), 12, to: &writer)
            write(Array("Heddle".utf8), 40, to: &writer)
            write(engine.facts.version, 20, to: &writer)
            writer.write(UInt8(engine.parameters.repeatsForOthers ? 1 : 0))
            writer.write(engine.parameters.pathHashMode)
        }
    }

    static func contact(_ contact: MeshCoreContact, code: UInt8 = CompanionCode.contact) -> [UInt8] {
        make(code) { writer in
            writer.write(contentsOf: contact.key.bytes)
            writer.write(contact.type.rawValue)
            writer.write(contact.flags)
            writer.write(contact.outPath?.lengthByte ?? 0xff)
            write(contact.outPath?.bytes ?? [], 64, to: &writer)
            write(contact.name, 32, to: &writer)
            writer.writeLittleEndian(UInt64(contact.lastAdvert), count: 4)
            writer.writeLittleEndian(UInt64(UInt32(bitPattern: contact.position.latitude)), count: 4)
            writer.writeLittleEndian(UInt64(UInt32(bitPattern: contact.position.longitude)), count: 4)
            writer.writeLittleEndian(UInt64(contact.lastModified), count: 4)
        }
    }

    static func channel(_ channel: MeshCoreChannel?, index: UInt8) -> [UInt8] {
        make(CompanionCode.channelInformation) { writer in
            writer.write(index)
            write(channel?.name ?? [], 32, to: &writer)
            write(channel?.secret.cipherKey ?? [], 16, to: &writer)
        }
    }

    static func sent(_ sent: MeshCoreSent) -> [UInt8] {
        make(CompanionCode.sent) { writer in
            writer.write(UInt8(sent.isFlood ? 1 : 0))
            writer.write(contentsOf: sent.tag)
            writer.writeLittleEndian(UInt64(UInt32(clamping: sent.timeout.microseconds / 1000)), count: 4)
        }
    }

    // MARK: Messages

    static func message(from contact: MeshCoreContact, _ text: MeshCoreText, _ arrival: MeshCoreArrival) -> [UInt8] {
        make(CompanionCode.contactMessage) { writer in
            writer.write(UInt8(bitPattern: arrival.snrQuarters))
            writer.write(repeating: 0, count: 2)
            writer.write(contentsOf: contact.key.prefix(6))
            writer.write(arrival.floodPath?.lengthByte ?? 0xff)
            writer.write(text.type.rawValue)
            writer.writeLittleEndian(UInt64(text.timestamp), count: 4)
            writer.write(contentsOf: text.authorPrefix)
            writer.write(contentsOf: text.text)
        }
    }

    static func message(channel: Int, _ text: MeshCoreGroupText, _ arrival: MeshCoreArrival) -> [UInt8] {
        make(CompanionCode.channelMessage) { writer in
            writer.write(UInt8(bitPattern: arrival.snrQuarters))
            writer.write(repeating: 0, count: 2)
            writer.write(UInt8(clamping: channel))
            writer.write(arrival.floodPath?.lengthByte ?? 0xff)
            writer.write(UInt8(0))
            writer.writeLittleEndian(UInt64(text.timestamp), count: 4)
            writer.write(contentsOf: text.text)
        }
    }

    static func data(channel: Int, _ data: MeshCoreGroupData, _ arrival: MeshCoreArrival) -> [UInt8] {
        make(CompanionCode.channelData) { writer in
            writer.write(UInt8(bitPattern: arrival.snrQuarters))
            writer.write(repeating: 0, count: 2)
            writer.write(UInt8(clamping: channel))
            writer.write(arrival.floodPath?.lengthByte ?? 0xff)
            writer.writeLittleEndian(UInt64(data.type), count: 2)
            writer.write(UInt8(clamping: data.data.count))
            writer.write(contentsOf: data.data)
        }
    }

    /// A message as an app of a protocol version before 3 wants it: without the signal-to-noise ratio.
    static func forOldApps(_ frame: [UInt8]) -> [UInt8] {
        switch frame.first {
        case CompanionCode.contactMessage: [CompanionCode.oldContactMessage] + frame.dropFirst(4)
        case CompanionCode.channelMessage: [CompanionCode.oldChannelMessage] + frame.dropFirst(4)
        default: frame
        }
    }

    // MARK: Pushes

    /// What an event says to apps that are connected; nil when nothing.
    static func push(of event: MeshCoreEvent) -> [UInt8]? {
        switch event {
        case .packetHeard(let heard):
            guard heard.bytes.count <= CompanionStream.maximumBodyLength - 3 else { return nil }
            return [CompanionCode.pushPacketHeard, UInt8(bitPattern: heard.snrQuarters)]
                + [UInt8(bitPattern: heard.rssiByte)] + heard.bytes
        case .advertHeard(let contact, _): return [CompanionCode.pushAdvert] + contact.key.bytes
        case .advertNotStored(let node): return contact(node, code: CompanionCode.pushNewAdvert)
        case .contactDeleted(let key): return [CompanionCode.pushContactDeleted] + key.bytes
        case .contactsFull: return [CompanionCode.pushContactsFull]
        case .pathUpdated(let key): return [CompanionCode.pushPathUpdated] + key.bytes
        case .acknowledged(let hash, _, let roundTrip):
            return make(CompanionCode.pushAcknowledged) { writer in
                writer.write(contentsOf: hash.bytes)
                writer.writeLittleEndian(UInt64(UInt32(clamping: roundTrip.microseconds / 1000)), count: 4)
            }
        default: return response(of: event)
        }
    }

    /// What another node's answer says.
    private static func response(of event: MeshCoreEvent) -> [UInt8]? {
        switch event {
        case .login(let key, let response, let serverTime): return login(key, response, serverTime)
        case .status(let key, let status): return make(0x87) { $0.write(contentsOf: [0] + key.prefix(6) + status) }
        case .telemetry(let key, let values): return make(0x8b) { $0.write(contentsOf: [0] + key.prefix(6) + values) }
        case .binaryResponse(_, let tag, let data):
            return make(0x8c) { writer in
                writer.write(UInt8(0))
                writer.writeLittleEndian(UInt64(tag), count: 4)
                writer.write(contentsOf: data)
            }
        case .pathDiscovered(let contact, let out, let back):
            return make(0x8d) { writer in
                writer.write(contentsOf: [0] + contact.prefix(6))
                out.serialize(into: &writer)
                back.serialize(into: &writer)
            }
        case .trace(let trace, let hops, let arrival):
            return make(0x89) { writer in
                writer.write(contentsOf: [0, UInt8(clamping: trace.route.count), trace.flags])
                writer.writeLittleEndian(UInt64(trace.tag), count: 4)
                writer.writeLittleEndian(UInt64(trace.authorization), count: 4)
                writer.write(contentsOf: trace.route + hops.map { UInt8(bitPattern: $0) })
                writer.write(UInt8(bitPattern: arrival.snrQuarters))
            }
        case .control(let payload, let path, let arrival):
            return make(0x8e) { writer in
                writer.write(UInt8(bitPattern: arrival.snrQuarters))
                writer.write(UInt8(bitPattern: arrival.rssi))
                writer.write(path.lengthByte)
                writer.write(contentsOf: payload)
            }
        case .rawData(let payload, let arrival):
            return make(0x84) { writer in
                writer.write(UInt8(bitPattern: arrival.snrQuarters))
                writer.write(UInt8(bitPattern: arrival.rssi))
                writer.write(UInt8(0xff))
                writer.write(contentsOf: payload)
            }
        default: return nil
        }
    }

    private static func login(
        _ key: MeshCorePublicKey, _ response: MeshCoreLoginResponse, _ serverTime: UInt32
    ) -> [UInt8] {
        switch response {
        case .accepted(let acceptance):
            make(0x85) { writer in
                writer.write(acceptance.role)
                writer.write(contentsOf: key.prefix(6))
                writer.writeLittleEndian(UInt64(serverTime), count: 4)
                writer.write(acceptance.permissions)
                writer.write(acceptance.level ?? 0)
            }
        case .legacy: [0x85, 0] + key.prefix(6)
        case .refused: [0x86, 0] + key.prefix(6)
        }
    }
}
