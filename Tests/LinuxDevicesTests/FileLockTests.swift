import Foundation
import LinuxDevices
import Testing

@Suite struct FileLockTests {
    private func withPath(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).lock").path
        defer { unlink(path) }
        try body(path)
    }

    @Test("A second owner is refused with the process that holds the lock, until it is released")
    func exclusive() throws {
        try withPath { path in
            let first = try FileLock(path: path)
            #expect(throws: FileLockError.held(path: path, holder: RunningProcess(processID: getpid()))) {
                _ = try FileLock(path: path)
            }
            first.release()
            first.release()
            let second = try FileLock(path: path)
            #expect(second.path == path)
        }
    }

    @Test("A lock whose owner has gone is free, whatever stands in its file")
    func stale() throws {
        try withPath { path in
            try Data("999999999\nmore".utf8).write(to: URL(fileURLWithPath: path))
            let lock = try FileLock(path: path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(getpid())\n")
            lock.release()
        }
    }

    @Test("A lock of another process is seen, and named with its command line")
    func otherProcess() throws {
        try withPath { path in
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            child.arguments = ["flock", path, "sh", "-c", "echo $$ > '\(path)'; echo ready; read line"]
            let (input, output) = (Pipe(), Pipe())
            child.standardInput = input
            child.standardOutput = output
            try child.run()
            _ = output.fileHandleForReading.availableData
            var description = ""
            do throws(FileLockError) {
                _ = try FileLock(path: path)
            } catch {
                description = error.description
            }
            input.fileHandleForWriting.closeFile()
            child.waitUntilExit()
            #expect(description.contains("is locked by process "), "\(description)")
            #expect(description.contains("(sh -c echo"), "\(description)")
            _ = try FileLock(path: path)
        }
    }

    @Test("The lock file is private, and a folder that is not there is reported")
    func files() throws {
        try withPath { path in
            let lock = try FileLock(path: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            lock.release()
        }
        #expect(throws: FileLockError.failed(path: "/nowhere/x.lock", operation: "open", code: ENOENT)) {
            _ = try FileLock(path: "/nowhere/x.lock")
        }
    }
}

@Suite struct RunningProcessTests {
    @Test("This process has its command line; one that does not exist is nil")
    func processes() throws {
        let own = try #require(RunningProcess(processID: getpid()))
        #expect(own.description.hasPrefix("process \(getpid()) ("))
        #expect(!own.commandLine.hasSuffix(" "))
        #expect(RunningProcess(processID: 0) == nil)
        #expect(RunningProcess(processID: -1) == nil)
        #expect(RunningProcess(processID: .max) == nil)
        #expect(RunningProcess.holding(interface: "no such interface") == nil)
    }
}
