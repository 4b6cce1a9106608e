/// How frames of the companion protocol stand in a stream of bytes: a marker, the length as two bytes, the body.
/// - Source: MeshCore firmware 1.17.1, ArduinoSerialInterface and SerialWifiInterface
public enum CompanionStream {
    /// The longest body of a frame, both ways.
    /// - Units: bytes
    public static let maximumBodyLength = 176

    /// Who sends; each has a marker of its own.
    public enum Direction: UInt8, Sendable, CaseIterable {
        case toNode = 0x3c
        case toApp = 0x3e
    }

    /// A frame with its header, to be written at once; nil when there is no body or it is too long.
    public static func frame(_ body: [UInt8], _ direction: Direction) -> [UInt8]? {
        guard (1...maximumBodyLength).contains(body.count) else { return nil }
        return [direction.rawValue, UInt8(body.count), 0] + body
    }
}

/// Finds the frames in what a stream brings, in pieces of any size.
///
/// Bytes before a marker are skipped. A frame of length zero is none: the search for a marker goes on. The body of a
/// frame that is too long is skipped without an answer, so that the frame behind it is found. Memory is bounded by one
/// frame.
public struct CompanionStreamReader: Sendable {
    private enum State {
        case searching
        case length
        case lengthHigh(low: UInt8)
        case body(length: Int)
        case skipping(count: Int)
    }

    private let direction: CompanionStream.Direction
    private var state = State.searching
    private var body: [UInt8] = []
    /// How many bytes were skipped before markers.
    public private(set) var skippedBytes = 0
    /// How many frames were too long.
    public private(set) var oversizedFrames = 0

    /// - Parameter direction: of the frames to be read.
    public init(_ direction: CompanionStream.Direction) { self.direction = direction }

    /// Takes one more byte.
    /// - Returns: the body of the frame that the byte ended.
    public mutating func take(_ byte: UInt8) -> [UInt8]? {
        switch state {
        case .searching:
            if byte == direction.rawValue { state = .length } else { skippedBytes += 1 }
        case .length: state = .lengthHigh(low: byte)
        case .lengthHigh(let low):
            let length = Int(low) | Int(byte) << 8
            if length == 0 {
                state = .searching
            } else if length > CompanionStream.maximumBodyLength {
                oversizedFrames += 1
                state = .skipping(count: length)
            } else {
                body.reserveCapacity(length)
                state = .body(length: length)
            }
        case .body(let length):
            body.append(byte)
            guard body.count == length else { return nil }
            state = .searching
            defer { body = [] }
            return body
        case .skipping(let count): state = count > 1 ? .skipping(count: count - 1) : .searching
        }
        return nil
    }

    /// Takes what the stream brought.
    /// - Returns: the bodies of the frames that ended in it.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        for byte in bytes {
            if let body = take(byte) { bodies.append(body) }
        }
        return bodies
    }
}
