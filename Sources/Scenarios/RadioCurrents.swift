public import EngineCore

/// What an SX1262 draws, for an estimate of energy: the radio alone, without the computer beside it.
/// - Source: SX1261/2 data sheet, tables of current consumption, with its DC-DC converter at 3.3 V
public enum RadioCurrents {
    /// While it listens for LoRa at 125 kHz, gain not boosted.
    /// - Units: mA
    public static let receiving = 4.6
    /// Asleep, its settings kept.
    /// - Units: mA
    public static let sleeping = 0.0006
    /// - Units: V
    public static let voltage = 3.3

    /// Settings of the amplifier that the data sheet recommends for 868 to 915 MHz.
    /// - Units: dBm and mA
    private static let table: [(power: Double, current: Double)] = [(14, 45), (17, 58), (20, 84), (22, 118)]

    /// While it sends; between the rows of the table in proportion, below the first as much as there.
    /// - Units: mA
    public static func transmitting(at power: DecibelMilliwatts) -> Double {
        guard let above = table.firstIndex(where: { $0.power >= power.value }) else {
            return table[table.count - 1].current
        }
        guard above > 0 else { return table[0].current }
        let (low, high) = (table[above - 1], table[above])
        return low.current + (high.current - low.current) * (power.value - low.power) / (high.power - low.power)
    }
}
