import CryptoProviders
import MeshCoreWire

/// The identities of the firmware's vectors.
enum TestKeys {
    static var cryptography: any MeshCoreCryptography { MeshCoreSodiumCryptography() }

    static let alice = identity(0x01)
    static let bob = identity(0x40)
    static let repeater = identity(0x90)

    static func identity(seed: [UInt8]) -> MeshCoreIdentity {
        MeshCoreSecurity(cryptography).identity(seed: seed)!
    }

    private static func identity(_ first: UInt8) -> MeshCoreIdentity {
        identity(seed: (0..<32).map { first + $0 })
    }
}
