import EngineCore
import Foundation
import LoRaPHY
import TestSupport
import Testing

@testable import NodeConfiguration

@Suite("A KISS modem as radio")
struct KISSSettingsTests {
    private func configuration(_ radio: String) throws -> NodeConfiguration {
        try NodeConfiguration(
            text: "state: a\ncontrol: b\nradio: { type: kiss, \(radio) }\n", file: "/etc/heddle/a.yaml")
    }

    @Test("A modem is at a serial port or behind TCP, and has the preamble of its firmware")
    func places() throws {
        let serial = try configuration("device: /dev/ttyUSB0, lora: { region: EU868 }").radio
        #expect(serial.device == .kiss(.serial(device: "/dev/ttyUSB0", speed: 115_200)))
        #expect(serial.lora.preambleLength == 32 && serial.profile == .lora)
        let slow = try configuration(
            "device: /dev/ttyUSB0, speed: 57600, lora: { region: none, spreading-factor: 9 }"
        ).radio
        #expect(slow.device == .kiss(.serial(device: "/dev/ttyUSB0", speed: 57_600)))
        #expect(slow.lora.preambleLength == 16)
        let remote = try configuration("address: 127.0.0.1:7300, lora: { region: none }").radio
        #expect(remote.device == .kiss(.tcp(NetworkEndpoint("127.0.0.1:7300")!)))
    }

    @Test(
        "What a modem cannot be is told with its key",
        arguments: [
            ("lora: { region: none }", "radio.device"),
            ("device: a, address: 127.0.0.1:1, lora: { region: none }", "radio.device"),
            ("device: a, speed: 1200, lora: { region: none }", "radio.speed"), ("device: a", "radio.lora"),
            ("device: a, lora: { power: 14 }", "radio.lora.region"),
            ("device: a, profile: pymesh, lora: { region: none }", "radio.profile"),
            ("address: nowhere, lora: { region: none }", "radio.address"),
        ])
    func errors(radio: String, keyPath: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try configuration(radio) }
        #expect(error?.errors.map(\.keyPath) == [keyPath], "\(error?.description ?? "")")
    }

    @Test("The modem's configuration that is shipped loads, under the law of a region")
    func shipped() throws {
        let file = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/radios/meshcore-kiss-modem.yaml")
        let radio = try NodeConfiguration(file: file.path).radio
        #expect(radio.device == .kiss(.serial(device: "/dev/ttyACM0", speed: 115_200)))
        #expect(radio.lora.rules == Region.eu868.subBands[4] && radio.profile == .lora)
    }

    @Test("The longer preamble counts for what the law limits")
    func preamble() {
        // 400 ms at most: 255 bytes at SF7/125 take 399.6 ms with a preamble of 8 symbols, and 424 ms with 32.
        #expect(throws: ConfigurationErrors.self) {
            try configuration(
                "device: a, lora: { region: US915, frequency: 915000000, bandwidth: 125000, spreading-factor: 7 }")
        }
    }
}
