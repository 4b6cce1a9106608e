/// Bytes as OpenThread's command line dumps frames: sixteen in a row, in hexadecimal digits and as text.
enum HexDump {
    private static let width = 72
    private static let bytesPerLine = 16

    /// - Source: OpenThread as observed: `promiscuous enable`
    static func lines(_ bytes: [UInt8], title: String) -> [String] {
        let heading = "[\(title) len=\(zeroPadded(Int64(bytes.count), digits: 3))]"
        let free = max(0, width - heading.utf8.count)
        let left = String(repeating: "=", count: free / 2)
        var lines = [left + heading + String(repeating: "=", count: free - free / 2)]
        for start in stride(from: 0, to: max(1, bytes.count), by: bytesPerLine) {
            let row = bytes.dropFirst(start).prefix(bytesPerLine).map { $0 }
            lines.append(line(row))
        }
        lines.append(String(repeating: "-", count: width))
        return lines
    }

    private static func line(_ row: [UInt8]) -> String {
        var text = "|"
        var characters = ""
        for index in 0..<bytesPerLine {
            if index < row.count {
                text += " " + digits(row[index])
                let isPrintable = (0x20...0x7e).contains(row[index])
                characters += isPrintable ? String(UnicodeScalar(row[index])) : "."
            } else {
                text += "   "
                characters += " "
            }
            if index % 8 == 7 { text += " |" }
        }
        return text + " " + characters + " |"
    }

    private static func digits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + text : text
    }
}
