import CLinux

/// A serial port that another program opens, without a wire.
public struct PseudoTerminal: Sendable {
    /// This program's end, which does not block; whoever takes it closes it.
    public let descriptor: Int32
    /// What the other program opens, such as /dev/pts/3.
    public let path: String

    /// - Throws: when the host gives no more of them.
    public init() throws(DeviceError) {
        var name = [CChar](repeating: 0, count: 128)
        let opened = clinux_terminal_open(&name, name.count)
        guard opened >= 0 else { throw .failed(operation: "open a pseudo-terminal", code: -opened) }
        descriptor = opened
        path = name.withUnsafeBufferPointer {
            String(decoding: $0.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
