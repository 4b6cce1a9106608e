import NIOCore

/// How many requests a client may still make: so many a second, and a number of them at once after a pause.
struct RequestAllowance {
    private let interval: Int64
    private let burst: Int64
    /// When the allowance is whole again.
    private var wholeAt = NIODeadline.uptimeNanoseconds(0)

    /// - Parameters:
    ///   - perSecond: 1 to 1,000,000.
    ///   - burst: 1 or more.
    init(perSecond: Int, burst: Int) {
        interval = 1_000_000_000 / Int64(max(1, perSecond))
        self.burst = Int64(max(1, burst))
    }

    /// Takes one request off the allowance.
    /// - Returns: false when nothing is left; `nextDeadline` tells when there will be.
    mutating func takeOne(now: NIODeadline) -> Bool {
        let start = max(wholeAt, now)
        guard (start - now).nanoseconds <= interval * (burst - 1) else { return false }
        wholeAt = start + .nanoseconds(interval)
        return true
    }

    /// When one request may be made again.
    var nextDeadline: NIODeadline { wholeAt - .nanoseconds(interval * (burst - 1)) }
}
