import Foundation

/// The target that this process runs.
private let chosen: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["HEDDLE_FUZZ"] ?? ""
    guard let target = FuzzTarget[name] else {
        fatalError("HEDDLE_FUZZ must be one of \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    }
    return target
}()

/// What libFuzzer calls, by way of FuzzEntry.
@_cdecl("heddle_fuzz_one_input")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    chosen.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
}

/// Writes the seeds of every target into folders of their names below a folder.
/// - Returns: 0; 1 when they cannot be written, after a line that says why.
@_cdecl("heddle_fuzz_write_seeds")
public func writeSeeds(_ folder: UnsafePointer<CChar>) -> Int32 {
    do {
        for target in FuzzTarget.all {
            let place = URL(fileURLWithPath: String(cString: folder)).appendingPathComponent(target.name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (index, seed) in try target.seeds().enumerated() {
                try Data(seed).write(to: place.appendingPathComponent("seed-\(index)"))
            }
            print(target.name)
        }
        return 0
    } catch {
        print("fuzz: \(error)")
        return 1
    }
}
