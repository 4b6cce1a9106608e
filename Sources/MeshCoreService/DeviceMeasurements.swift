import Foundation
import Glibc

/// What Linux tells of the computer around the node.
enum DeviceMeasurements {
    /// The voltage of the first battery that there is; nil where there is none.
    /// - Units: millivolts
    static func battery(in folder: String = "/sys/class/power_supply") -> UInt16? {
        // Without the folder there is no battery that the kernel knows.
        let supplies = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for supply in supplies.sorted() {
            func value(_ name: String) -> String? {
                (try? String(contentsOfFile: "\(folder)/\(supply)/\(name)", encoding: .utf8))?
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            guard value("type") == "Battery", let microvolts = value("voltage_now").flatMap({ Int($0) }) else {
                continue
            }
            return UInt16(clamping: microvolts / 1000)
        }
        return nil
    }

    /// How much of a file's disk is used and how much there is; nil where nobody can tell.
    /// - Units: kilobytes
    static func storage(of path: String) -> (used: UInt32, total: UInt32)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        let (total, free) = (UInt64(status.f_blocks) * block, UInt64(status.f_bavail) * block)
        return (UInt32(clamping: (total - min(free, total)) / 1000), UInt32(clamping: total / 1000))
    }
}
