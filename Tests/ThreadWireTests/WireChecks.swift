import TestSupport
import Testing
import ThreadWire
import WireCore

/// What every reader of a peer's bytes must do: read a whole value, refuse each of its beginnings.
/// - Parameter optionalFrom: from how many bytes on a shorter value is a value too.
func expectTruncationFails<Value>(
    _ bytes: [UInt8], optionalFrom: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: (inout ByteReader) throws(ParseError) -> Value
) {
    for count in 0..<(optionalFrom ?? bytes.count) {
        var reader = ByteReader(Array(bytes[..<count]))
        #expect(throws: ParseError.self, "the first \(count) bytes", sourceLocation: sourceLocation) {
            _ = try read(&reader)
        }
    }
    var reader = ByteReader(bytes)
    #expect(throws: Never.self, sourceLocation: sourceLocation) { _ = try read(&reader) }
}

/// Reads real bytes, a little wrong, many times: nothing may trap, and what can be read must come back the same when
/// it is written and read again.
func expectMutationsSurvive<Value: Equatable>(
    _ bytes: [UInt8], seed: UInt64 = 1, rounds: Int = 3000, sourceLocation: SourceLocation = #_sourceLocation,
    read: (inout ByteReader) throws(ParseError) -> Value, write: (Value, inout ByteWriter) -> Void
) {
    var generator = SeededGenerator(seed: seed)
    for round in 0..<rounds {
        let mutated = generator.mutated(bytes)
        var reader = ByteReader(mutated)
        guard let value = try? read(&reader) else { continue }
        var writer = ByteWriter()
        write(value, &writer)
        var again = ByteReader(writer.bytes)
        let second = try? read(&again)
        #expect(
            second == value, "seed \(seed), round \(round): \(hexadecimal(mutated))", sourceLocation: sourceLocation)
    }
}
