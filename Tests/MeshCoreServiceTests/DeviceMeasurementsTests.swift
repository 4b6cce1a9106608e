import Foundation
import Testing

@testable import MeshCoreService

@Suite struct DeviceMeasurementsTests {
    @Test("The voltage is that of the first battery, in millivolts; a charger has none")
    func battery() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heddle-power-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(DeviceMeasurements.battery(in: folder.path) == nil)
        for (supply, type, voltage) in [("AC", "Mains", "5000000"), ("BAT0", "Battery", "3987654\n")] {
            let place = folder.appendingPathComponent(supply)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data("\(type)\n".utf8).write(to: place.appendingPathComponent("type"))
            try Data(voltage.utf8).write(to: place.appendingPathComponent("voltage_now"))
        }
        #expect(DeviceMeasurements.battery(in: folder.path) == 3987)
    }

    @Test("A disk has room, and a path that is not there none")
    func storage() throws {
        let storage = try #require(DeviceMeasurements.storage(of: NSTemporaryDirectory()))
        #expect(storage.total > 0 && storage.used <= storage.total)
        #expect(DeviceMeasurements.storage(of: "/nowhere/at/all") == nil)
    }
}
