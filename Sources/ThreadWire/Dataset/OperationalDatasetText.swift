import WireCore

extension OperationalDataset {
    /// The lines that OpenThread's commands `dataset active` and `dataset pending` print.
    /// - Parameter isRedacted: whether keys are left out, as `-ns` asks for.
    public func lines(isRedacted: Bool = false) -> [String] {
        func secret(_ key: [UInt8]) -> String { isRedacted ? "[Redacted]" : hexadecimal(key) }
        var lines: [String] = []
        if let pendingTimestamp { lines.append("Pending Timestamp: \(pendingTimestamp.seconds)") }
        if let activeTimestamp { lines.append("Active Timestamp: \(activeTimestamp.seconds)") }
        if let channel { lines.append("Channel: \(channel)") }
        if let wakeUpChannel { lines.append("Wake-up Channel: \(wakeUpChannel)") }
        if let channelMask { lines.append("Channel Mask: 0x" + hexadecimal(UInt64(channelMask), digits: 8)) }
        if let delayTimer { lines.append("Delay: \(delayTimer)") }
        if let extendedPANID { lines.append("Ext PAN ID: \(extendedPANID)") }
        if let meshLocalPrefix { lines.append("Mesh Local Prefix: \(meshLocalPrefix)") }
        if let networkKey { lines.append("Network Key: " + secret(networkKey)) }
        if let networkName { lines.append("Network Name: \(networkName)") }
        if let panID { lines.append("PAN ID: 0x" + hexadecimal(UInt64(panID.rawValue), digits: 4)) }
        if let pskc { lines.append("PSKc: " + secret(pskc)) }
        if let securityPolicy { lines.append("Security Policy: \(securityPolicy)") }
        return lines
    }
}
