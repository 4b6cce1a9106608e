/// One reader of foreign bytes, for a fuzzer to throw things at.
///
/// `make fuzz` runs all of them under libFuzzer, which looks for bytes that reach new code; the tests run each over
/// its seeds and changed copies of them. Whatever the bytes are, a target must come to its end: it traps when a value
/// that was read does not come back the same once it is written and read again.
public struct FuzzTarget: Sendable {
    /// What it is called on the command line: `scripts/fuzz NAME`.
    public let name: String
    /// Real examples, from the recordings, to begin with.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Takes any bytes.
    public let run: @Sendable ([UInt8]) -> Void

    /// All of them, in the order of the layers.
    public static let all: [FuzzTarget] =
        linkTargets + networkTargets + applicationTargets + fileTargets + [formedNetwork]

    public static subscript(name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
