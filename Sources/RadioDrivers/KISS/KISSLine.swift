/// The line to a KISS modem: bytes both ways, in pieces of any size.
///
/// Everything is called on the radio's event loop, and every event comes there, never from within the call that caused
/// it.
public protocol KISSLine: AnyObject, Sendable {
    /// Opens the line, anew after it was closed. `.opened` or `.closed` follows, and after `.opened` one `.closed` when
    /// the line is lost.
    func open(onEvent: @escaping @Sendable (KISSLineEvent) -> Void)

    /// Sends bytes; while the line is not open they are lost.
    func write(_ bytes: [UInt8])

    /// Closes the line; no event follows.
    func close()
}

/// What befalls a line.
public enum KISSLineEvent: Equatable, Sendable {
    case opened
    case received([UInt8])
    /// It could not be opened, or is lost: the modem was unplugged, the other host has gone.
    case closed(reason: String)
}
