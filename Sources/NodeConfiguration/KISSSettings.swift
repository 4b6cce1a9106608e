/// Where a LoRa modem with MeshCore's KISS firmware is.
public enum KISSSettings: Equatable, Sendable {
    /// A serial port of this host.
    /// - Parameter speed: in bits a second; a port over USB takes any.
    case serial(device: String, speed: UInt32)
    /// A bridge from TCP to a serial port, such as ser2net.
    case tcp(NetworkEndpoint)

    static let keys = ["device", "speed", "address"]
    /// - Units: bits a second
    static let speeds: [UInt32] = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600]

    /// Nil only if an error was recorded.
    init?(_ mapping: YAMLMapping) {
        let speeds = "one of " + Self.speeds.map(String.init).joined(separator: ", ")
        let speed = mapping.optional("speed")?.parsed(expected: speeds) { text in
            UInt32(text).flatMap { Self.speeds.contains($0) ? $0 : nil }
        }
        if let address = mapping.optional("address") {
            let _: Never? = mapping.optional("device")?.refuse(
                found: "a device beside an address", expected: "one or the other")
            guard
                let endpoint = address.parsed(expected: NetworkEndpoint.expected, { NetworkEndpoint($0) })
            else { return nil }
            self = .tcp(endpoint)
        } else {
            let expected = "the modem's serial port, such as /dev/serial/by-id/NAME, or `address`"
            guard let device = mapping.required("device", expected: expected)?.path() else { return nil }
            self = .serial(device: device, speed: speed ?? 115_200)
        }
    }
}
