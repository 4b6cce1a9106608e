public import ThreadWire

/// Who made this device, as its neighbors learn by diagnostics.
public struct DeviceSettings: Equatable, Sendable {
    /// The address that the device was made with; nil when it is to be made at random once and kept in the state.
    public var eui64: ExtendedAddress?
    /// - Range: 1 to 32 bytes of UTF-8
    /// - Default: Heddle
    public var vendor: String
    /// - Range: 1 to 32 bytes of UTF-8
    /// - Default: heddled
    public var model: String

    init(_ mapping: YAMLMapping?) {
        eui64 = mapping?.optional("eui64")?
            .parsed(expected: "16 hexadecimal digits, not all zeros or all f") { NetworkSettings.address($0) }
        vendor = mapping?.optional("vendor")?.string(bytes: 1...32) ?? "Heddle"
        model = mapping?.optional("model")?.string(bytes: 1...32) ?? "heddled"
    }
}
