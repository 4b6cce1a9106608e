/// One frame of a KISS line: a type byte, whose low half is the command and high half the port, and data.
/// - Source: MeshCore firmware 1.17.1, kiss_modem
public struct KISSFrame: Equatable, Sendable {
    /// The command in the low half, the port in the high half.
    public var type: UInt8
    public var data: [UInt8]

    /// The longest frame with its type byte, before escaping.
    /// - Units: bytes
    public static let maximumLength = 512
    static let end: UInt8 = 0xc0
    static let escape: UInt8 = 0xdb
    static let escapedEnd: UInt8 = 0xdc
    static let escapedEscape: UInt8 = 0xdd

    public init(type: UInt8, data: [UInt8] = []) {
        self.type = type
        self.data = data
    }

    /// The frame as it goes over the line, between two end bytes of its own.
    public var line: [UInt8] {
        var line = [Self.end]
        line.reserveCapacity(data.count + data.count / 8 + 3)
        Self.append(type, to: &line)
        for byte in data { Self.append(byte, to: &line) }
        line.append(Self.end)
        return line
    }

    private static func append(_ byte: UInt8, to line: inout [UInt8]) {
        switch byte {
        case end: line += [escape, escapedEnd]
        case escape: line += [escape, escapedEscape]
        default: line.append(byte)
        }
    }
}

/// Finds the frames in what a KISS line brings, in pieces of any size.
///
/// What comes before the first end byte is ignored; after it every end byte ends a frame and begins the next. A frame
/// that is too long is thrown away up to the next end byte. Memory is bounded by one frame.
public struct KISSReader: Sendable {
    private enum State {
        /// Nothing counts before an end byte.
        case searching
        case inFrame
        /// The byte after an escape.
        case escaped
    }

    private var state = State.searching
    private var frame: [UInt8] = []
    /// How many frames were too long.
    public private(set) var oversizedFrames = 0
    /// How many escapes were followed by a byte that cannot be escaped; both bytes are left out of their frame.
    public private(set) var badEscapes = 0

    public init() {}

    /// Takes one more byte.
    /// - Returns: the frame that the byte ended; empty frames are none.
    public mutating func take(_ byte: UInt8) -> KISSFrame? {
        if byte == KISSFrame.end {
            if state == .escaped { badEscapes += 1 }
            state = .inFrame
            guard let type = frame.first else { return nil }
            defer { frame.removeAll(keepingCapacity: true) }
            return KISSFrame(type: type, data: Array(frame.dropFirst()))
        }
        switch state {
        case .searching: return nil
        case .inFrame:
            if byte == KISSFrame.escape {
                state = .escaped
            } else {
                append(byte)
            }
        case .escaped:
            state = .inFrame
            switch byte {
            case KISSFrame.escapedEnd: append(KISSFrame.end)
            case KISSFrame.escapedEscape: append(KISSFrame.escape)
            default: badEscapes += 1
            }
        }
        return nil
    }

    private mutating func append(_ byte: UInt8) {
        guard frame.count < KISSFrame.maximumLength else {
            oversizedFrames += 1
            frame.removeAll(keepingCapacity: true)
            state = .searching
            return
        }
        frame.append(byte)
    }

    /// Takes what the line brought.
    /// - Returns: the frames that ended in it.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [KISSFrame] {
        var frames: [KISSFrame] = []
        for byte in bytes {
            if let frame = take(byte) { frames.append(frame) }
        }
        return frames
    }
}
