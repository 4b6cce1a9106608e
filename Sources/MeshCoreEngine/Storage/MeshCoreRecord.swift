public import MeshCoreWire
import WireCore

/// One thing that must outlive a crash, as bytes under a name. The store keeps the newest value of each name.
public struct MeshCoreRecord: Equatable, Sendable {
    /// What a record is of.
    public enum Name: Hashable, Sendable {
        case identity
        case contact(MeshCorePublicKey)
        /// The newest advert of a contact, as a packet.
        case advert(MeshCorePublicKey)
        case channel(Int)
    }

    public var name: Name
    /// nil removes what was stored under the name.
    public var value: [UInt8]?

    public init(name: Name, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

extension MeshCoreRecord.Name {
    /// The name as text, for a store whose keys are texts: a word, and a slash and more where there are several.
    public var text: String {
        switch self {
        case .identity: "identity"
        case .contact(let key): "contact/\(hexadecimal(key.bytes))"
        case .advert(let key): "advert/\(hexadecimal(key.bytes))"
        case .channel(let index): "channel/\(index)"
        }
    }

    /// The name that `text` gives; nil when it is none.
    public init?(text: String) {
        var word: [UInt8] = []
        var rest: [UInt8]?
        for byte in text.utf8 {
            if rest != nil { rest?.append(byte) } else if byte == 0x2f { rest = [] } else { word.append(byte) }
        }
        let argument = String(decoding: rest ?? [], as: Unicode.UTF8.self)
        let key = bytes(hexadecimal: argument).flatMap(MeshCorePublicKey.init(_:))
        switch (String(decoding: word, as: Unicode.UTF8.self), rest == nil) {
        case ("identity", true): self = .identity
        case ("channel", false):
            guard let index = Int(argument), index >= 0 else { return nil }
            self = .channel(index)
        case ("contact", false):
            guard let key else { return nil }
            self = .contact(key)
        case ("advert", false):
            guard let key else { return nil }
            self = .advert(key)
        default: return nil
        }
    }
}
