/// What an engine wants done: it goes out in the order in which it came up.
///
/// Outputs are large, and most of the time only one waits; it is handed out without being copied.
public struct OutputQueue<Output> {
    @usableFromInline
    var arrived: [Output] = []
    /// Those that came before, the next one last.
    @usableFromInline
    var departing: [Output] = []

    public init() {}

    @inlinable
    public var isEmpty: Bool { arrived.isEmpty && departing.isEmpty }

    @inlinable
    public mutating func append(_ output: consuming Output) { arrived.append(output) }

    /// Takes the oldest; nil when none waits.
    @inlinable
    public mutating func popFirst() -> Output? {
        if departing.isEmpty {
            guard arrived.count > 1 else { return arrived.popLast() }
            swap(&arrived, &departing)
            departing.reverse()
        }
        return departing.popLast()
    }
}

extension OutputQueue: Sendable where Output: Sendable {}
