import Foundation
import Glibc
import Testing

@testable import LinuxDevices

@Suite("The service manager")
struct ServiceManagerTests {
    /// A socket on which a manager would listen.
    private final class Manager {
        let descriptor: Int32
        let path: String

        init(path: String) throws {
            self.path = path
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var name = Array(path.utf8)
            if name.first == UInt8(ascii: "@") { name[0] = 0 }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
            let length = socklen_t(2 + name.count)
            let bound = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
            }
            try #require(bound == 0, "errno \(errno)")
        }

        deinit {
            close(descriptor)
            if !path.hasPrefix("@") { unlink(path) }
        }

        /// What it was told since the last time.
        func told() -> String? {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test("It is told over a socket in a folder, and over one in the abstract namespace", arguments: ["", "@"])
    func notified(kind: String) throws {
        let name = "heddle-notify-\(UUID().uuidString)"
        let path = kind + (kind.isEmpty ? "\(NSTemporaryDirectory())/\(name)" : name)
        let manager = try Manager(path: path)
        try ServiceManager(path: path).notify(.ready)
        #expect(manager.told() == "READY=1")
        try ServiceManager(path: path).notify(.stopping)
        #expect(manager.told() == "STOPPING=1")
        #expect(manager.told() == nil)
    }

    @Test("A socket that is not there, or cannot be, is an error that names it")
    func refused() throws {
        #expect(throws: ServiceManager.NotifyError(path: "/nowhere/notify", code: ENOENT)) {
            try ServiceManager(path: "/nowhere/notify").notify(.ready)
        }
        let long = "/" + String(repeating: "x", count: 107)
        #expect(throws: ServiceManager.NotifyError(path: long, code: ENAMETOOLONG)) {
            try ServiceManager(path: long).notify(.ready)
        }
    }
}
