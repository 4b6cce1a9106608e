public import EngineCore
public import MeshCoreWire

/// What the owner sets.
extension MeshCoreEngine {
    /// Sets what the owner may set. A radio that has to follow is told so by an event.
    public mutating func updateParameters(_ new: MeshCoreParameters, now: Instant) {
        let old = parameters
        guard new != old else { return }
        parameters = new
        if new.airtimeFactor != old.airtimeFactor {
            for index in links.indices { links[index].budget.change(factor: new.airtimeFactor, now: now) }
        }
        if new.radio != old.radio || new.transmitPower != old.transmitPower {
            emit(.radioChanged(new.radio, transmitPower: new.transmitPower))
        }
        if new.advertInterval != old.advertInterval || new.floodAdvertInterval != old.floodAdvertInterval {
            scheduleAdverts(now: now)
        }
    }

    /// Takes on another identity, as of an imported key.
    /// - Throws: `.illegalArgument` when it is no usable private key.
    public mutating func replaceIdentity(_ privateKey: MeshCorePrivateKey) throws(MeshCoreError) {
        guard let new = security.identity(importing: privateKey) else { throw .illegalArgument }
        identity = new
        contactTable.forgetSecrets()
        server.clients.removeAll()
        outputs.append(.store(MeshCoreRecord(name: .identity, value: privateKey.bytes)))
        emit(.identityChanged(new.publicKey))
    }

    /// Signs with this node's key.
    /// - Returns: 64 bytes.
    public func sign(_ message: [UInt8]) -> [UInt8] { security.sign(message, as: identity) }
}
