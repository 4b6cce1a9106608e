/// What MeshCore makes of its primitives: identities, sealed payloads, hashes and codes.
public struct MeshCoreSecurity {
    public let primitives: any MeshCoreCryptography

    public init(_ primitives: any MeshCoreCryptography) {
        self.primitives = primitives
    }

    // MARK: Identities

    /// The identity of a seed; nil when its public key begins with a reserved byte, so that another seed is needed.
    /// - Parameter seed: 32 bytes.
    public func identity(seed: [UInt8]) -> MeshCoreIdentity? {
        guard seed.count == 32, let privateKey = MeshCorePrivateKey(primitives.expandedPrivateKey(seed: seed)) else {
            return nil
        }
        return identity(importing: privateKey)
    }

    /// The identity of an imported private key; nil when its scalar is not clamped, so that a key exchange would
    /// disagree with its public key, or when the public key begins with a reserved byte.
    public func identity(importing privateKey: MeshCorePrivateKey) -> MeshCoreIdentity? {
        guard privateKey.isClamped,
            let publicKey = MeshCorePublicKey(primitives.publicKey(privateKey: privateKey.bytes)),
            !publicKey.isReserved
        else { return nil }
        return MeshCoreIdentity(publicKey: publicKey, privateKey: privateKey)
    }

    /// - Returns: 64 bytes.
    public func sign(_ message: [UInt8], as identity: MeshCoreIdentity) -> [UInt8] {
        primitives.sign(message, privateKey: identity.privateKey.bytes, publicKey: identity.publicKey.bytes)
    }

    public func verify(signature: [UInt8], message: [UInt8], by key: MeshCorePublicKey) -> Bool {
        primitives.verify(signature: signature, message: message, publicKey: key.bytes)
    }

    /// What this node shares with another; nil when the other's key is no usable point of the curve.
    public func secret(of identity: MeshCoreIdentity, with peer: MeshCorePublicKey) -> MeshCoreSecret? {
        primitives.sharedSecret(privateKey: identity.privateKey.bytes, peer: peer.bytes).flatMap(
            MeshCoreSecret.init(_:))
    }

    // MARK: Sealing

    /// Encrypts, with zeros up to the next whole block, and puts the code before the ciphertext.
    /// - Returns: 2 bytes more than a multiple of 16.
    public func seal(_ plaintext: [UInt8], with secret: MeshCoreSecret) -> [UInt8] {
        let block = MeshCoreLimits.cipherBlock
        let padding = (block - plaintext.count % block) % block
        let ciphertext = primitives.encryptBlocks(
            plaintext + [UInt8](repeating: 0, count: padding), key: secret.cipherKey)
        return code(of: ciphertext, secret) + ciphertext
    }

    /// Checks the code, then decrypts.
    /// - Returns: whole blocks, with the padding; nil when the code does not match, or there is no ciphertext of whole
    ///   blocks, such as no sender makes.
    /// - Deviation: docs/deviations.md#meshcore-partial-blocks
    public func open(_ sealed: ArraySlice<UInt8>, with secret: MeshCoreSecret) -> [UInt8]? {
        guard sealed.count > MeshCoreLimits.code,
            (sealed.count - MeshCoreLimits.code) % MeshCoreLimits.cipherBlock == 0
        else { return nil }
        let ciphertext = Array(sealed.dropFirst(MeshCoreLimits.code))
        guard primitives.areEqualInConstantTime(Array(sealed.prefix(MeshCoreLimits.code)), code(of: ciphertext, secret))
        else { return nil }
        return primitives.decryptBlocks(ciphertext, key: secret.cipherKey)
    }

    private func code(of ciphertext: [UInt8], _ secret: MeshCoreSecret) -> [UInt8] {
        Array(primitives.hmacSHA256(key: secret.bytes, message: ciphertext).prefix(MeshCoreLimits.code))
    }

    // MARK: Hashes

    /// The byte that names a channel in its packets.
    public func channelHash(_ secret: MeshCoreSecret) -> UInt8 { primitives.sha256(secret.channelKey)[0] }

    /// The key of a channel or region that follows from its name.
    /// - Parameter name: UTF-8 with its `#`, as the app spells it.
    /// - Returns: 16 bytes.
    public func hashtagKey(_ name: [UInt8]) -> [UInt8] { Array(primitives.sha256(name).prefix(16)) }

    /// What proves that a message arrived: the first bytes of a hash over the message and a key.
    /// - Parameters:
    ///   - message: timestamp, flags and text without what follows it, `MeshCoreText.acknowledgedBytes`.
    ///   - key: the sender's; the receiver's for signed text.
    public func acknowledgementHash(message: [UInt8], key: MeshCorePublicKey) -> MeshCoreAcknowledgementHash {
        let digest = primitives.sha256(message + key.bytes)
        return MeshCoreAcknowledgementHash(digest[0], digest[1], digest[2], digest[3])
    }

    /// What makes two packets the same, however they came: type and payload, for traces the count of hops too.
    public func packetHash(_ packet: MeshCorePacket) -> MeshCorePacketHash {
        var message = [packet.payloadType.rawValue]
        if packet.payloadType == .trace { message += [packet.path.lengthByte, 0] }
        let digest = primitives.sha256(message + packet.payload)
        var value: UInt64 = 0
        for byte in digest.prefix(8) { value = value << 8 | UInt64(byte) }
        return MeshCorePacketHash(rawValue: value)
    }

    /// The code that ties a packet to a region; 0 and 0xFFFF are reserved and give way to their neighbours.
    public func transportCode(
        _ key: MeshCoreRegionKey, payloadType: MeshCorePayloadType, payload: [UInt8]
    ) -> UInt16 {
        let digest = primitives.hmacSHA256(key: key.bytes, message: [payloadType.rawValue] + payload)
        switch UInt16(digest[0]) | UInt16(digest[1]) << 8 {
        case 0x0000: return 0x0001
        case 0xffff: return 0xfffe
        case let code: return code
        }
    }
}

/// The first eight bytes of a packet's hash, the first byte the most significant.
public struct MeshCorePacketHash: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
}
