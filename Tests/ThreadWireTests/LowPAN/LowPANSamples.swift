import TestSupport
import WireCore

@testable import ThreadWire

/// The frames of the recordings, ready for the codecs.
struct LowPANSample {
    let name: String
    let source: LinkAddress
    let destination: LinkAddress
    let payload: [UInt8]
    let datagram: [UInt8]?

    static let contexts = LowPANContextTable([
        LowPANContext(id: 0, prefix: IPv6Prefix("fdde:ad00:beef::/64")!),
        LowPANContext(id: 1, prefix: IPv6Prefix("2001:cafe:cafe:cafe::/64")!),
    ])

    static func all() throws -> [LowPANSample] {
        try Fixtures.lowPANFrames().map { frame in
            LowPANSample(
                name: frame.name, source: address(frame.source), destination: address(frame.destination),
                payload: frame.payload, datagram: frame.datagram)
        }
    }

    private static func address(_ text: String?) -> LinkAddress {
        guard let text, let value = UInt64(text, radix: 16) else { return .none }
        return text.count == 4
            ? .short(ShortAddress(rawValue: UInt16(value))) : .extended(ExtendedAddress(rawValue: value))
    }
}

func hex(_ text: String) -> [UInt8] {
    bytes(hexadecimal: text.filter { $0 != " " })!
}

/// What a value writes.
func written(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    write(&writer)
    return writer.bytes
}
