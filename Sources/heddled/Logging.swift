import Foundation
import Logging
import NodeConfiguration

/// Where log lines go, and which of them.
enum Logging {
    static func logger(_ settings: LogSettings) -> Logger {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            let level = settings.modules[label] ?? settings.level
            handler.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
            return handler
        }
        return Logger(label: "heddled")
    }
}

/// Plain text to a standard stream.
struct FileDescriptorOutput {
    static let standardError = FileDescriptorOutput(handle: .standardError)
    let handle: FileHandle

    func write(_ text: String) {
        handle.write(Data(text.utf8))
    }
}
