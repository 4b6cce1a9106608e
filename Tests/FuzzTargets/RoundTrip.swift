import WireCore

extension FuzzTarget {
    /// A target that reads a value from the bytes; what can be read must survive being written.
    /// - Parameters:
    ///   - read: the reader under test.
    ///   - write: writes what it has read.
    static func roundTrip<Value: Equatable & SendableMetatype>(
        _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
        read: @escaping @Sendable (inout ByteReader) throws(ParseError) -> Value,
        write: @escaping @Sendable (Value, inout ByteWriter) -> Void
    ) -> FuzzTarget {
        FuzzTarget(name: name, seeds: seeds) { bytes in
            var reader = ByteReader(bytes)
            guard let value = try? read(&reader) else { return }
            var writer = ByteWriter()
            write(value, &writer)
            var again = ByteReader(writer.bytes)
            guard let second = try? read(&again), second == value else {
                fatalError(
                    "\(name): \(hexadecimal(bytes)) was read as \(value), written as \(hexadecimal(writer.bytes))")
            }
        }
    }
}
