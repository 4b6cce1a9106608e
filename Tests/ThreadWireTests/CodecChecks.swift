import TestSupport
import Testing
import WireCore

/// What every codec of a whole buffer must hold to, given one valid example.
///
/// A list of elements may be cut between two of them, so a cut example is either refused or read as exactly what is
/// left of it. A changed example is refused or gives a value that survives a round trip.
func checkCodec<Value: Equatable>(
    _ example: [UInt8], seed: UInt64, rounds: Int = 3000, parse: ([UInt8]) throws(ParseError) -> Value,
    serialize: (Value) -> [UInt8], byteCount: (Value) -> Int, sourceLocation: SourceLocation = #_sourceLocation
) {
    for length in 0..<example.count {
        let cut = Array(example[..<length])
        if let value = try? parse(cut) {
            #expect(serialize(value) == cut, "cut to \(length) bytes", sourceLocation: sourceLocation)
            #expect(byteCount(value) == length, sourceLocation: sourceLocation)
        }
    }
    expectMutationsSurvive(
        example, seed: seed, rounds: rounds, sourceLocation: sourceLocation,
        read: { reader throws(ParseError) in try parse(reader.readRemaining()) },
        write: { value, writer in writer.write(contentsOf: serialize(value)) })
}

/// The error that a closure throws; nil when it throws none.
func parseError<Value>(_ body: () throws(ParseError) -> Value) -> ParseError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
