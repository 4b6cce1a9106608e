public import Foundation

extension NodeStore {
    /// Moves a damaged file out of the way, with what SQLite keeps beside it; nothing of it is lost.
    ///
    /// Only for who holds the right to use the file.
    /// - Returns: the new path.
    public static func setAside(_ path: String, now: Date = Date()) throws(OpenError) -> String {
        let time = now.formatted(
            Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().timeSeparator(.omitted)
                .time(includingFractionalSeconds: false))
        let name = "\(path).damaged-\(time)Z"
        var target = name
        var number = 2
        while FileManager.default.fileExists(atPath: target) {
            target = "\(name)-\(number)"
            number += 1
        }
        do {
            // A log that was left behind would be read into the new file.
            for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: target + suffix)
            }
        } catch {
            throw .unusable(path: path, cause: "it is damaged and cannot be moved away: \(error)")
        }
        return target
    }
}
