import CAllocationCount
import Glibc

/// The processor time that this process has used. Unlike the clock on the wall it leaves out what other programs did
/// meanwhile.
/// - Units: seconds
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The most memory that this process has had at once.
/// - Units: bytes
func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
}

/// What is on the heap now.
/// - Units: bytes
func heapInUse() -> Int { Int(callocation_bytes_in_use()) }

/// What one run of a loop took, a round.
struct Cost: Codable {
    /// - Units: nanoseconds
    var nanoseconds: Double
    var allocations: Double
    /// - Units: bytes
    var allocatedBytes: Double

    var perSecond: Double { 1e9 / nanoseconds }

    /// Measures a loop of `rounds` rounds, all of them together.
    static func measuring(rounds: Int, _ loop: () throws -> Void) rethrows -> Cost {
        let allocations = callocation_count()
        let bytes = callocation_bytes()
        let start = processorTime()
        try loop()
        let seconds = processorTime() - start
        return Cost(
            nanoseconds: seconds * 1e9 / Double(rounds),
            allocations: Double(callocation_count() - allocations) / Double(rounds),
            allocatedBytes: Double(callocation_bytes() - bytes) / Double(rounds))
    }

    /// The median of each figure of several runs.
    static func median(of runs: [Cost]) -> Cost {
        Cost(
            nanoseconds: runs.map(\.nanoseconds).median, allocations: runs.map(\.allocations).median,
            allocatedBytes: runs.map(\.allocatedBytes).median)
    }
}

extension [Double] {
    /// The middle one; the array is not empty.
    var median: Double { sorted()[count / 2] }
}

extension [Int] {
    /// The middle one; the array is not empty.
    var median: Int { sorted()[count / 2] }
}
