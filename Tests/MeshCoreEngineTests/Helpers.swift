import CryptoProviders
import MeshCoreWire
import WireCore

enum MeshCoreSodium {
    static func shared() -> any MeshCoreCryptography { MeshCoreSodiumCryptography() }
}

func serialized(_ advert: MeshCoreAdvert) -> [UInt8] {
    var writer = ByteWriter()
    advert.serialize(into: &writer)
    return writer.finish()
}
