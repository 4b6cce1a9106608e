import Testing

@testable import LinuxDevices

@Suite("Interfaces to chips, on a host that may have none")
struct HardwareTests {
    @Test("A serial interface that is not there, and a file that is none, are told apart")
    func serial() {
        let missing = #expect(throws: DeviceError.self) {
            try SPIDevice(path: "/dev/spidev99.9", hertz: 2_000_000, hasChipSelect: true)
        }
        #expect(missing?.description.contains("there is no /dev/spidev99.9; switch the interface on") == true)
        let other = #expect(throws: DeviceError.self) {
            try SPIDevice(path: "/dev/null", hertz: 2_000_000, hasChipSelect: true)
        }
        guard case .failed(let operation, _)? = other else {
            Issue.record("\(String(describing: other))")
            return
        }
        #expect(operation == "open /dev/null")
    }

    @Test("A chip of lines that is not there, and a file that is none, are told apart")
    func lines() throws {
        let missing = #expect(throws: DeviceError.self) { try GPIOChip(path: "/dev/gpiochip99").line(1, .input) }
        #expect(missing?.description.contains("there is no /dev/gpiochip99; `gpiodetect` lists") == true)
        #expect(throws: DeviceError.self) { try GPIOChip(path: "/dev/null").label() }
        #expect(try GPIOChip.labelled(["no such label"]) == nil)
    }
}
