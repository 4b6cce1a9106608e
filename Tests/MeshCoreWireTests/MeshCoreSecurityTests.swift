import MeshCoreWire
import TestSupport
import Testing

@Suite("MeshCore's cryptography")
struct MeshCoreSecurityTests {
    private let security = MeshCoreSecurity(TestKeys.cryptography)

    @Test("A seed gives the firmware's key pair")
    func identities() throws {
        let cases = try MeshCoreVectors.cases(with: "seed").filter { $0.expected.has("prv_key", "pub_key") }
        #expect(!cases.isEmpty)
        for vector in cases {
            let identity = try #require(security.identity(seed: try vector.inputs.hex("seed")))
            #expect(identity.privateKey.bytes == (try vector.expected.hex("prv_key")), "\(vector)")
            #expect(identity.publicKey.bytes == (try vector.expected.hex("pub_key")), "\(vector)")
            #expect([identity.publicKey.hash] == (try vector.expected.hex("hash1")), "\(vector)")
        }
    }

    @Test("Two keys give the firmware's shared secret")
    func sharedSecrets() throws {
        let cases = try MeshCoreVectors.cases(with: "prv_key", "other_pub_key")
        #expect(!cases.isEmpty)
        for vector in cases {
            let privateKey = try #require(MeshCorePrivateKey(try vector.inputs.hex("prv_key")))
            let identity = try #require(security.identity(importing: privateKey))
            let peer = try #require(MeshCorePublicKey(try vector.inputs.hex("other_pub_key")))
            let secret = try #require(security.secret(of: identity, with: peer))
            #expect(secret.bytes == (try vector.expected.hex("shared_secret")), "\(vector)")
            #expect(secret.cipherKey == (try vector.expected.hex("aes_key")), "\(vector)")
        }
    }

    @Test("A peer's key that is no usable point of the curve gives no secret")
    func unusablePeer() throws {
        // The neutral element, a point of order two, and bytes that are no point.
        let neutral: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
        let orderTwo: [UInt8] = [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        let none: [UInt8] = [2] + [UInt8](repeating: 0, count: 31)
        for bytes in [neutral, orderTwo, none] {
            #expect(security.secret(of: TestKeys.alice, with: try #require(MeshCorePublicKey(bytes))) == nil)
        }
    }

    @Test("Sealing is the firmware's, and opening gives the padded plaintext back")
    func sealing() throws {
        let cases = try MeshCoreVectors.cases(with: "plaintext", "shared_secret")
        #expect(!cases.isEmpty)
        for vector in cases {
            let secret = try #require(MeshCoreSecret(try vector.inputs.hex("shared_secret")))
            let sealed = security.seal(try vector.inputs.hex("plaintext"), with: secret)
            #expect(sealed == (try vector.expected.hex("mac_and_ciphertext")), "\(vector)")
            #expect(
                security.open(sealed[...], with: secret) == (try vector.expected.hex("decrypted_padded")), "\(vector)")
        }
    }

    @Test("What was changed under way is not opened")
    func tampering() throws {
        let cases = try MeshCoreVectors.cases(with: "mac_and_ciphertext", "shared_secret")
        #expect(!cases.isEmpty)
        for vector in cases {
            let secret = try #require(MeshCoreSecret(try vector.inputs.hex("shared_secret")))
            let opened = security.open((try vector.inputs.hex("mac_and_ciphertext"))[...], with: secret)
            #expect((opened?.count ?? 0) == (try vector.expected.int("decrypted_len")), "\(vector)")
        }
    }

    @Test("Sealed bytes cut anywhere, or with any bit flipped, are not opened")
    func everyBit() throws {
        let secret = try #require(security.secret(of: TestKeys.alice, with: TestKeys.bob.publicKey))
        let sealed = security.seal([UInt8](1...20), with: secret)
        for count in 0..<sealed.count { #expect(security.open(sealed[..<count], with: secret) == nil) }
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(security.open(changed[...], with: secret) == nil, "bit \(bit)")
        }
    }

    @Test("Signatures with the expanded key are the firmware's, and verify")
    func signatures() throws {
        let cases = try MeshCoreVectors.cases(with: "message", "prv_key", "pub_key")
        #expect(!cases.isEmpty)
        for vector in cases {
            let privateKey = try #require(MeshCorePrivateKey(try vector.inputs.hex("prv_key")))
            let identity = try #require(security.identity(importing: privateKey))
            #expect(identity.publicKey.bytes == (try vector.inputs.hex("pub_key")), "\(vector)")
            let message = try vector.inputs.hex("message")
            var signature = security.sign(message, as: identity)
            #expect(signature == (try vector.expected.hex("signature")), "\(vector)")
            #expect(security.verify(signature: signature, message: message, by: identity.publicKey), "\(vector)")
            signature[40] ^= 1
            #expect(!security.verify(signature: signature, message: message, by: identity.publicKey), "\(vector)")
            #expect(!security.verify(signature: [], message: message, by: identity.publicKey), "\(vector)")
        }
    }

    @Test("A private key is imported only if the firmware takes it")
    func imports() throws {
        let cases = try MeshCoreVectors.cases(with: "prv_key", without: ["other_pub_key", "message"])
        #expect(!cases.isEmpty)
        for vector in cases {
            let bytes = try vector.inputs.hex("prv_key")
            let privateKey = try #require(MeshCorePrivateKey(bytes))
            let identity = security.identity(importing: privateKey)
            #expect((identity != nil) == (try vector.expected.bool("valid")), "\(vector)")
            // With its highest bit set, which no clamped scalar has, a scalar is outside of what the multiplication is
            // defined for.
            guard bytes[31] < 0x80 else { continue }
            #expect(
                security.primitives.publicKey(privateKey: bytes) == (try vector.expected.hex("derived_pub")),
                "\(vector)")
        }
    }

    @Test("A hash over two pieces is one over both")
    func fragments() throws {
        for vector in try MeshCoreVectors.cases(with: "frag1", "frag2") {
            let digest = security.primitives.sha256(
                try vector.inputs.utf8("frag1") + (try vector.inputs.utf8("frag2")))
            let expected = try vector.expected.hex("hash")
            #expect(Array(digest.prefix(expected.count)) == expected, "\(vector)")
        }
    }

    @Test("Names and keys of channels give the firmware's hashes")
    func channels() throws {
        let names = try MeshCoreVectors.cases(with: "name").filter { $0.expected.has("key16") }
        #expect(!names.isEmpty)
        for vector in names {
            let key = security.hashtagKey(try vector.inputs.utf8("name"))
            #expect(key == (try vector.expected.hex("key16")), "\(vector)")
            let secret = try #require(MeshCoreSecret(channelKey: key))
            #expect([security.channelHash(secret)] == (try vector.expected.hex("channel_hash")), "\(vector)")
        }
        for vector in try MeshCoreVectors.cases(with: "key16") {
            let secret = try #require(MeshCoreSecret(channelKey: try vector.inputs.hex("key16")))
            #expect([security.channelHash(secret)] == (try vector.expected.hex("channel_hash")), "\(vector)")
        }
        #expect(security.channelHash(.publicChannel) == 0x11)
    }

    @Test("Codes of regions avoid the reserved values")
    func transportCodes() throws {
        let cases = try MeshCoreVectors.cases(with: "key", "payload_type", "payload")
        #expect(!cases.isEmpty)
        for vector in cases {
            let key = try #require(MeshCoreRegionKey(try vector.inputs.hex("key")))
            let type = MeshCorePayloadType(rawValue: UInt8(try vector.inputs.int("payload_type")))
            let code = security.transportCode(key, payloadType: type, payload: try vector.inputs.hex("payload"))
            #expect(Int(code) == (try vector.expected.int("code")), "\(vector)")
        }
    }

    @Test("A packet with a region's code is the firmware's")
    func scopedPackets() throws {
        let cases = try MeshCoreVectors.cases(with: "region", "timestamp", "text", "sender")
        #expect(!cases.isEmpty)
        for vector in cases {
            let key = try #require(MeshCoreRegionKey(security.hashtagKey(try vector.inputs.utf8("region"))))
            #expect(key.bytes == (try vector.expected.hex("region_key")), "\(vector)")
            let text = MeshCoreGroupText(
                timestamp: UInt32(try vector.inputs.int("timestamp")), sender: try vector.inputs.utf8("sender"),
                text: try vector.inputs.utf8("text"))
            let payload = MeshCoreGroupPayload(
                channel: security.channelHash(.publicChannel),
                sealed: security.seal(serialized(text.serialize), with: .publicChannel))
            let bytes = serialized(payload.serialize)
            let code = security.transportCode(key, payloadType: .groupText, payload: bytes)
            let packet = MeshCorePacket(
                route: .transportFlood(MeshCoreTransportCodes(region: code)), payloadType: .groupText, payload: bytes)
            #expect(packet.bytes == (try vector.expected.list("sender_sends")[0].hex("raw")), "\(vector)")
        }
    }

    @Test("Keys of the wrong length are none")
    func lengths() {
        for count in 0..<70 {
            let bytes = [UInt8](repeating: 3, count: count)
            #expect((MeshCorePublicKey(bytes) != nil) == (count == 32))
            #expect((MeshCorePrivateKey(bytes) != nil) == (count == 64))
            #expect((MeshCoreSecret(bytes) != nil) == (count == 32))
            #expect((MeshCoreSecret(channelKey: bytes) != nil) == (count == 16 || count == 32))
            #expect((MeshCoreRegionKey(bytes) != nil) == (count == 16))
            #expect(security.identity(seed: bytes) == nil || count == 32)
        }
    }
}
