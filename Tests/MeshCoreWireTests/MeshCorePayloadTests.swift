import MeshCoreWire
import TestSupport
import Testing
import WireCore

@Suite("MeshCore payloads")
struct MeshCorePayloadTests {
    private let security = MeshCoreSecurity(TestKeys.cryptography)

    private var sharedSecret: MeshCoreSecret {
        get throws { try #require(security.secret(of: TestKeys.alice, with: TestKeys.bob.publicKey)) }
    }

    private func sealed(
        _ plaintext: [UInt8], from source: MeshCoreIdentity, to destination: MeshCorePublicKey
    ) throws -> [UInt8] {
        let secret = try #require(security.secret(of: source, with: destination))
        let payload = MeshCoreAddressedPayload(
            destination: destination.hash, source: source.publicKey.hash,
            sealed: security.seal(plaintext, with: secret))
        return serialized(payload.serialize)
    }

    private func opened(_ payload: [UInt8], with secret: MeshCoreSecret) throws -> [UInt8] {
        let addressed = try parsed(payload) { try MeshCoreAddressedPayload(parsing: &$0) }
        return try #require(security.open(addressed.sealed[...], with: secret))
    }

    // MARK: Adverts

    @Test("An advert of these values is the firmware's, and reads back")
    func adverts() throws {
        let cases = try MeshCoreVectors.cases(with: "seed", "timestamp", "adv_type")
        #expect(cases.count >= 20)
        for vector in cases {
            let identity = TestKeys.identity(seed: try vector.inputs.hex("seed"))
            let data = try advertData(vector.inputs)
            #expect(data.bytes == (try vector.expected.hex("app_data")), "\(vector)")
            let advert = security.advert(as: identity, timestamp: UInt32(try vector.inputs.int("timestamp")), data)
            let payload = serialized(advert.serialize)
            #expect(payload == (try vector.expected.hex("payload")), "\(vector)")
            let flood = MeshCorePacket(route: .flood, payloadType: .advert, payload: payload)
            #expect(flood.bytes == (try vector.expected.hex("raw_flood")), "\(vector)")
            let zeroHop = MeshCorePacket(route: .direct, payloadType: .advert, payload: payload)
            #expect(zeroHop.bytes == (try vector.expected.hex("raw_zero_hop")), "\(vector)")

            let read = try parsed(payload) { try MeshCoreAdvert(parsing: &$0) }
            #expect(read == advert, "\(vector)")
            #expect(security.verify(read), "\(vector)")
            #expect(try MeshCoreAdvertData(read.applicationData) == data, "\(vector)")
        }
    }

    @Test("A name is cut between characters, degrees towards zero")
    func advertDataAlone() throws {
        let cut = try MeshCoreVectors.cases(with: "adv_type", "name", without: ["seed"])
        #expect(!cut.isEmpty)
        for vector in cut {
            let data: MeshCoreAdvertData
            if vector.inputs.has("lat", "lon") {
                let position = MeshCorePosition(
                    latitudeDegrees: try vector.inputs.double("lat"), longitudeDegrees: try vector.inputs.double("lon"))
                data = MeshCoreAdvertData(
                    type: MeshCoreNodeType(rawValue: UInt8(try vector.inputs.int("adv_type"))), position: position,
                    name: try vector.inputs.utf8("name"))
            } else {
                data = try advertData(vector.inputs)
            }
            #expect(data.bytes == (try vector.expected.hex("app_data")), "\(vector)")
        }
        #expect(MeshCorePosition(latitudeDegrees: 90.1, longitudeDegrees: 0) == nil)
        #expect(MeshCorePosition(latitudeDegrees: 0, longitudeDegrees: .nan) == nil)
    }

    private func advertData(_ inputs: MeshCoreVectors.Fields) throws -> MeshCoreAdvertData {
        let position =
            try inputs.bool("has_latlon")
            ? MeshCorePosition(
                latitude: Int32(try inputs.int("lat_e6")), longitude: Int32(try inputs.int("lon_e6"))) : nil
        return MeshCoreAdvertData(
            type: MeshCoreNodeType(rawValue: UInt8(try inputs.int("adv_type"))), position: position,
            feature1: inputs.has("feat1") ? UInt16(try inputs.int("feat1")) : 0,
            feature2: inputs.has("feat2") ? UInt16(try inputs.int("feat2")) : 0,
            name: inputs.has("name") ? try inputs.utf8("name") : [])
    }

    @Test("An advert is verified over 32 bytes of application data, whatever follows")
    func longAdvert() throws {
        let cases = try MeshCoreVectors.cases(with: "raw").filter { vector in
            guard let raw = try? vector.inputs.hex("raw"), let packet = try? MeshCorePacket(raw) else { return false }
            return packet.payloadType == .advert && packet.payload.count > 132
                && (try? vector.expected.list("receiver_events"))?.isEmpty == false
        }
        #expect(!cases.isEmpty)
        for vector in cases {
            let packet = try MeshCorePacket(try vector.inputs.hex("raw"))
            let advert = try parsed(packet.payload) { try MeshCoreAdvert(parsing: &$0) }
            #expect(security.verify(advert), "\(vector)")
            let name = try MeshCoreAdvertData(advert.applicationData).name
            #expect(name == (try vector.expected.list("receiver_events")[0].utf8("name")), "\(vector)")
        }
    }

    // MARK: Text

    @Test("A text message is the firmware's packet, with the hash that acknowledges it")
    func texts() throws {
        let cases = try MeshCoreVectors.cases(with: "sender_seed", "receiver_seed", "attempt", "text", "out_path")
        #expect(cases.count >= 10)
        for vector in cases {
            let sender = TestKeys.identity(seed: try vector.inputs.hex("sender_seed"))
            let receiver = TestKeys.identity(seed: try vector.inputs.hex("receiver_seed")).publicKey
            let text = try #require(
                MeshCoreText(
                    timestamp: UInt32(try vector.inputs.int("timestamp")),
                    attempt: UInt8(try vector.inputs.int("attempt")), text: try vector.inputs.utf8("text")))
            let lengthByte = UInt8(try vector.inputs.int("out_path_len_byte"))
            let isFlood = lengthByte == 0xff
            let path =
                isFlood
                ? MeshCorePath(hashSize: try vector.inputs.int("flood_path_hash_size"))
                : try #require(
                    MeshCorePath(hashSize: Int(lengthByte >> 6) + 1, bytes: try vector.inputs.hex("out_path")))
            let packet = MeshCorePacket(
                route: isFlood ? .flood : .direct, payloadType: .text, path: path,
                payload: try sealed(serialized(text.serialize), from: sender, to: receiver))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
            let hash = security.acknowledgementHash(message: text.acknowledgedBytes, key: sender.publicKey)
            #expect(hash.bytes == (try vector.expected.hex("expected_ack")), "\(vector)")

            let secret = try #require(security.secret(of: sender, with: receiver))
            let read = try parsed(try opened(packet.payload, with: secret)) { try MeshCoreText(parsing: &$0) }
            #expect(read == text, "\(vector)")
        }
    }

    @Test("Texts up to the limit are sent, longer ones cannot be made")
    func textLengths() throws {
        let cases = try MeshCoreVectors.cases(with: "text_len", "fill", "attempt")
        #expect(!cases.isEmpty)
        for vector in cases {
            let fill = try #require(try vector.inputs.utf8("fill").first)
            let text = MeshCoreText(
                timestamp: UInt32(try vector.inputs.int("timestamp")),
                attempt: UInt8(try vector.inputs.int("attempt")),
                text: [UInt8](repeating: fill, count: try vector.inputs.int("text_len")))
            guard try vector.expected.int("result_flood1_direct2_failed0") != 0 else {
                #expect(text == nil, "\(vector)")
                continue
            }
            let packet = MeshCorePacket(
                route: .flood, payloadType: .text,
                payload: try sealed(
                    serialized(try #require(text).serialize), from: TestKeys.alice, to: TestKeys.bob.publicKey))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
    }

    @Test("Signed text is the firmware's, acknowledged with the receiver's key")
    func signedTexts() throws {
        let cases = try MeshCoreVectors.cases(with: "room_seed", "author_prefix", "text")
        #expect(!cases.isEmpty)
        for vector in cases {
            let room = TestKeys.identity(seed: try vector.inputs.hex("room_seed"))
            let receiver = TestKeys.identity(seed: try vector.inputs.hex("receiver_seed")).publicKey
            let text = try #require(
                MeshCoreText(
                    timestamp: UInt32(try vector.inputs.int("timestamp")),
                    attempt: UInt8(try vector.inputs.int("attempt")),
                    authorPrefix: try vector.inputs.hex("author_prefix"), text: try vector.inputs.utf8("text")))
            let raw = try vector.expected.hex("raw")
            let packet = try MeshCorePacket(raw)
            let expected = MeshCorePacket(
                route: packet.route, payloadType: .text,
                payload: try sealed(serialized(text.serialize), from: room, to: receiver))
            #expect(expected.bytes == raw, "\(vector)")
            let secret = try #require(security.secret(of: room, with: receiver))
            let read = try parsed(try opened(packet.payload, with: secret)) { try MeshCoreText(parsing: &$0) }
            #expect(read == text, "\(vector)")
            let hash = security.acknowledgementHash(message: read.acknowledgedBytes, key: receiver)
            #expect(hash.bytes == (try vector.expected.hex("expected_ack")), "\(vector)")
        }
    }

    @Test("A command is text of another type")
    func commands() throws {
        let cases = try MeshCoreVectors.cases(
            with: "rng_next_byte_receiver", "text", "timestamp", without: ["sender_seed"])
        #expect(!cases.isEmpty)
        for vector in cases {
            let text = try #require(
                MeshCoreText(
                    timestamp: UInt32(try vector.inputs.int("timestamp")), type: .commandLine,
                    text: try vector.inputs.utf8("text")))
            let packet = MeshCorePacket(
                route: .flood, payloadType: .text,
                payload: try sealed(serialized(text.serialize), from: TestKeys.alice, to: TestKeys.bob.publicKey))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
    }

    @Test("Acknowledgements of four bytes and more are read, shorter ones refused")
    func acknowledgements() throws {
        let cases = try MeshCoreVectors.cases(with: "ack")
        #expect(!cases.isEmpty)
        for vector in cases {
            let bytes = try vector.inputs.hex("ack")
            let acknowledgement = try parsed(bytes) { try MeshCoreAcknowledgement(parsing: &$0) }
            #expect(
                acknowledgement.hash.bytes == (try vector.expected.list("receiver_events")[0].hex("crc")), "\(vector)")
            let packet = MeshCorePacket(
                route: .flood, payloadType: .acknowledgement, payload: serialized(acknowledgement.serialize))
            #expect(packet.bytes == (try vector.expected.hex("raw")), "\(vector)")
            #expect(acknowledgement.byteCount == bytes.count)
        }
        #expect(throws: ParseError.self) { try parsed([1, 2, 3]) { try MeshCoreAcknowledgement(parsing: &$0) } }
        let multipart = MeshCoreMultipart(remaining: 1, innerType: .acknowledgement, inner: [1, 2, 3, 4, 5, 6])
        #expect(serialized(multipart.serialize) == [0x13, 1, 2, 3, 4, 5, 6])
        #expect(try parsed([0x13, 1, 2, 3, 4, 5, 6]) { try MeshCoreMultipart(parsing: &$0) } == multipart)
    }

    // MARK: Channels

    @Test("A channel's text is the firmware's packet and reads back")
    func groupTexts() throws {
        let cases = try MeshCoreVectors.cases(with: "channel", "secret", "sender_name", "text")
        #expect(!cases.isEmpty)
        for vector in cases {
            let secret = try #require(MeshCoreSecret(try vector.inputs.hex("secret")))
            #expect([security.channelHash(secret)] == (try vector.expected.hex("channel_hash")), "\(vector)")
            let text = MeshCoreGroupText(
                timestamp: UInt32(try vector.inputs.int("timestamp")), sender: try vector.inputs.utf8("sender_name"),
                text: try vector.inputs.utf8("text"))
            let packet = MeshCorePacket(
                route: .flood, payloadType: .groupText,
                path: MeshCorePath(hashSize: try vector.inputs.int("flood_path_hash_size")),
                payload: groupPayload(serialized(text.serialize), secret))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
            let read = try parsed(try openedGroup(packet.payload, secret)) { try MeshCoreGroupText(parsing: &$0) }
            #expect(read == text, "\(vector)")
            #expect(read.text == (try vector.expected.list("receiver_events")[0].utf8("text")), "\(vector)")
        }
    }

    @Test("A channel's data is the firmware's packet and reads back")
    func groupData() throws {
        let cases = try MeshCoreVectors.cases(with: "data_type", "data", "secret", "path_len_byte")
        #expect(!cases.isEmpty)
        for vector in cases {
            let secret = try #require(MeshCoreSecret(try vector.inputs.hex("secret")))
            let data = try #require(
                MeshCoreGroupData(
                    type: UInt16(try vector.inputs.int("data_type")), data: try vector.inputs.hex("data")))
            let lengthByte = UInt8(try vector.inputs.int("path_len_byte"))
            let path = MeshCorePath(
                hashSize: lengthByte == 0xff ? 1 : Int(lengthByte >> 6) + 1, bytes: try vector.inputs.hex("path"))
            let packet = MeshCorePacket(
                route: lengthByte == 0xff ? .flood : .direct, payloadType: .groupData, path: try #require(path),
                payload: groupPayload(serialized(data.serialize), secret))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
            let read = try parsed(try openedGroup(packet.payload, secret)) { try MeshCoreGroupData(parsing: &$0) }
            #expect(read == data, "\(vector)")
        }
        #expect(MeshCoreGroupData(type: 1, data: [UInt8](repeating: 0, count: 166)) == nil)
    }

    @Test("A channel's plaintext that is no plain text, or whose length lies, is refused")
    func badGroupPlaintexts() throws {
        let cases = try MeshCoreVectors.cases(with: "plaintext", "raw")
        #expect(!cases.isEmpty)
        for vector in cases {
            let packet = try MeshCorePacket(try vector.inputs.hex("raw"))
            let plaintext = try openedGroup(packet.payload, .publicChannel)
            #expect(plaintext.starts(with: try vector.inputs.hex("plaintext")), "\(vector)")
            #expect(throws: ParseError.self, "\(vector)") {
                if packet.payloadType == .groupText {
                    _ = try parsed(plaintext) { try MeshCoreGroupText(parsing: &$0) }
                } else {
                    _ = try parsed(plaintext) { try MeshCoreGroupData(parsing: &$0) }
                }
            }
        }
    }

    private func groupPayload(_ plaintext: [UInt8], _ secret: MeshCoreSecret) -> [UInt8] {
        serialized(
            MeshCoreGroupPayload(
                channel: security.channelHash(secret), sealed: security.seal(plaintext, with: secret)
            ).serialize)
    }

    private func openedGroup(_ payload: [UInt8], _ secret: MeshCoreSecret) throws -> [UInt8] {
        let group = try parsed(payload) { try MeshCoreGroupPayload(parsing: &$0) }
        #expect(group.channel == security.channelHash(secret))
        return try #require(security.open(group.sealed[...], with: secret))
    }

    // MARK: Requests

    @Test("A login is the firmware's anonymous request, with the password cut")
    func logins() throws {
        let cases = try MeshCoreVectors.cases(with: "password", "timestamp_used", "target_pub")
        #expect(!cases.isEmpty)
        for vector in cases {
            let sender = TestKeys.identity(seed: try vector.inputs.hex("sender_seed"))
            let target = try #require(MeshCorePublicKey(try vector.inputs.hex("target_pub")))
            let isRoom = try vector.inputs.int("target_type") == 3
            let login = MeshCoreLogin(
                timestamp: UInt32(try vector.inputs.int("timestamp_used")),
                syncSince: isRoom ? UInt32(try vector.inputs.int("sync_since")) : nil,
                password: try vector.inputs.utf8("password"))
            let packet = anonymous(serialized(login.serialize), from: sender, to: target)
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")

            let event = try vector.expected.list("receiver_events")[0]
            let request = try parsed(packet.payload) { try MeshCoreAnonymousRequest(parsing: &$0) }
            #expect(request.sender.bytes == (try event.hex("sender")), "\(vector)")
            let secret = try #require(MeshCoreSecret(try event.hex("shared_secret")))
            let plaintext = try #require(security.open(request.sealed[...], with: secret))
            #expect(plaintext == (try event.hex("data_padded")), "\(vector)")
            #expect(try parsed(plaintext) { try MeshCoreLogin(parsing: &$0, isForRoom: isRoom) } == login, "\(vector)")
        }
    }

    @Test("An anonymous query is the firmware's packet and reads back")
    func anonymousQueries() throws {
        let cases = try MeshCoreVectors.cases(with: "reply_path", "tag", "type")
        #expect(!cases.isEmpty)
        for vector in cases {
            let query = MeshCoreAnonymousQuery(
                tag: UInt32(try vector.inputs.int("tag")),
                subject: try #require(.init(rawValue: UInt8(try vector.inputs.int("type")))),
                replyPath: try #require(MeshCorePath(hashSize: 1, bytes: try vector.inputs.hex("reply_path"))))
            var packet = anonymous(serialized(query.serialize), from: TestKeys.alice, to: TestKeys.repeater.publicKey)
            packet.route = .direct
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
            let event = try vector.expected.list("receiver_events")[0]
            #expect(try parsed(try event.hex("data_padded")) { try MeshCoreAnonymousQuery(parsing: &$0) } == query)
        }
    }

    private func anonymous(
        _ plaintext: [UInt8], from sender: MeshCoreIdentity, to target: MeshCorePublicKey
    ) -> MeshCorePacket {
        let secret = security.secret(of: sender, with: target)!
        let request = MeshCoreAnonymousRequest(
            destination: target.hash, sender: sender.publicKey, sealed: security.seal(plaintext, with: secret))
        return MeshCorePacket(route: .flood, payloadType: .anonymousRequest, payload: serialized(request.serialize))
    }

    @Test("A request is the firmware's packet")
    func requests() throws {
        let typed = try MeshCoreVectors.cases(with: "rng_next_byte_sender", "tag", "type")
        #expect(!typed.isEmpty)
        for vector in typed {
            let random = UInt8(try vector.inputs.int("rng_next_byte_sender"))
            let request = MeshCoreRequest(
                tag: UInt32(try vector.inputs.int("tag")),
                type: MeshCoreRequestType(rawValue: UInt8(try vector.inputs.int("type"))),
                parameters: [0, 0, 0, 0] + (0..<4).map { random &+ $0 })
            let packet = MeshCorePacket(
                route: .flood, payloadType: .request,
                payload: try sealed(serialized(request.serialize), from: TestKeys.alice, to: TestKeys.bob.publicKey))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
        for vector in try MeshCoreVectors.cases(with: "req_data", "tag", "out_path") {
            let data = try vector.inputs.hex("req_data")
            let request = MeshCoreRequest(
                tag: UInt32(try vector.inputs.int("tag")), type: MeshCoreRequestType(rawValue: data[0]),
                parameters: Array(data.dropFirst()))
            let path = try #require(MeshCorePath(hashSize: 1, bytes: try vector.inputs.hex("out_path")))
            let packet = MeshCorePacket(
                route: .direct, payloadType: .request, path: path,
                payload: try sealed(serialized(request.serialize), from: TestKeys.alice, to: TestKeys.bob.publicKey))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
    }

    @Test("A response is the firmware's packet")
    func responses() throws {
        for vector in try MeshCoreVectors.cases(with: "data", without: ["path", "data_type"]) {
            let data = try vector.inputs.hex("data")
            let response = try parsed(data) { try MeshCoreResponse(parsing: &$0) }
            #expect(serialized(response.serialize) == data)
            let packet = MeshCorePacket(
                route: .direct, payloadType: .response,
                payload: try sealed(data, from: TestKeys.bob, to: TestKeys.alice.publicKey))
            let raw = try vector.expected.hex("raw")
            let reversed = MeshCorePacket(
                route: .direct, payloadType: .response,
                payload: try sealed(data, from: TestKeys.alice, to: TestKeys.bob.publicKey))
            #expect(raw == packet.bytes || raw == reversed.bytes, "\(vector)")
        }
    }

    @Test("A path return is the firmware's packet and reads back")
    func pathReturns() throws {
        let cases = try MeshCoreVectors.cases(with: "path_len_byte", "extra_type", "extra", "rng_next_byte")
        #expect(!cases.isEmpty)
        for vector in cases {
            let lengthByte = UInt8(try vector.inputs.int("path_len_byte"))
            let path = try #require(
                MeshCorePath(hashSize: Int(lengthByte >> 6) + 1, bytes: try vector.inputs.hex("path")))
            let extra = try vector.inputs.hex("extra")
            let random = UInt8(try vector.inputs.int("rng_next_byte"))
            let value =
                extra.isEmpty
                ? MeshCorePathReturn(path: path, salt: (0..<4).map { random &+ $0 })
                : try #require(
                    MeshCorePathReturn(
                        path: path,
                        extraType: MeshCorePayloadType(rawValue: UInt8(try vector.inputs.int("extra_type"))),
                        extra: extra))
            let packet = MeshCorePacket(
                route: .flood, payloadType: .path,
                payload: try sealed(serialized(value.serialize), from: TestKeys.bob, to: TestKeys.alice.publicKey))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")

            let read = try parsed(try opened(packet.payload, with: try sharedSecret)) {
                try MeshCorePathReturn(parsing: &$0)
            }
            #expect(read.path == path, "\(vector)")
            #expect(read.extraType == value.extraType, "\(vector)")
            #expect(read.extra.starts(with: value.extra), "\(vector)")
            #expect(read.extra.dropFirst(value.extra.count).allSatisfy { $0 == 0 }, "\(vector)")
        }
    }

    @Test("The longest path return fits, one byte more does not")
    func longestPathReturn() throws {
        for vector in try MeshCoreVectors.cases(with: "extra_len", "path_len_byte") {
            let count = try vector.inputs.int("extra_len")
            let value = MeshCorePathReturn(
                path: .zeroHop, extraType: .response, extra: [UInt8](repeating: 7, count: count))
            #expect((value != nil) == (try vector.expected.bool("created")), "\(vector)")
            guard let value else { continue }
            let payload = try sealed(serialized(value.serialize), from: TestKeys.bob, to: TestKeys.alice.publicKey)
            #expect(payload.count == (try vector.expected.int("payload_len")), "\(vector)")
        }
        #expect(
            MeshCorePathReturn(path: .zeroHop, extraType: .response, extra: [UInt8](repeating: 7, count: 162)) == nil)
    }

    // MARK: Trace, control, raw

    @Test("A trace is the firmware's packet and knows its hops")
    func traces() throws {
        let cases = try MeshCoreVectors.cases(with: "tag", "auth", "flags", "path_hashes")
        #expect(!cases.isEmpty)
        for vector in cases {
            let route = try vector.inputs.hex("path_hashes")
            let trace = MeshCoreTrace(
                tag: UInt32(try vector.inputs.int("tag")), authorization: UInt32(try vector.inputs.int("auth")),
                flags: UInt8(try vector.inputs.int("flags")), route: route)
            let packet = MeshCorePacket(route: .direct, payloadType: .trace, payload: serialized(trace.serialize))
            #expect(packet.bytes == (try vector.expected.hex("raw_sent")), "\(vector)")
            #expect(try parsed(packet.payload) { try MeshCoreTrace(parsing: &$0) } == trace, "\(vector)")
            let hops = route.count / trace.hashSize
            #expect(!trace.isFinished(after: hops - 1))
            #expect(trace.isFinished(after: hops))
            #expect(trace.hash(after: hops - 1) == route.suffix(trace.hashSize))
            #expect(trace.hash(after: hops) == nil)
        }
    }

    @Test("Control packets for discovery are the firmware's")
    func discovery() throws {
        let cases = try MeshCoreVectors.cases(with: "control_payload")
        #expect(!cases.isEmpty)
        for vector in cases {
            let payload = try vector.inputs.hex("control_payload")
            let packet = MeshCorePacket(route: .direct, payloadType: .control, payload: payload)
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
            if payload[0] & 0xf0 == 0x80 {
                let request = try parsed(payload) { try MeshCoreDiscoverRequest(parsing: &$0) }
                #expect(serialized(request.serialize) == payload, "\(vector)")
                #expect(request.asks(for: .repeater))
                #expect(!request.asks(for: .sensor))
                #expect(throws: ParseError.self) { try parsed(payload) { try MeshCoreDiscoverResponse(parsing: &$0) } }
            } else {
                let response = try parsed(payload) { try MeshCoreDiscoverResponse(parsing: &$0) }
                #expect(serialized(response.serialize) == payload, "\(vector)")
                #expect(response.type == .repeater)
                #expect(throws: ParseError.self) { try parsed(payload) { try MeshCoreDiscoverRequest(parsing: &$0) } }
            }
        }
    }

    @Test("Data of an application's own is sent along a path")
    func rawCustom() throws {
        for vector in try MeshCoreVectors.cases(with: "data", "path", without: ["data_type"]) {
            let path = try #require(MeshCorePath(hashSize: 1, bytes: try vector.inputs.hex("path")))
            let packet = MeshCorePacket(
                route: .direct, payloadType: .rawCustom, path: path, payload: try vector.inputs.hex("data"))
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
    }
}
