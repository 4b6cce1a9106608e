import Foundation
import EngineCore
import LoRaPHY
import TestSupport
import Testing

@testable import NodeConfiguration

@Suite("A SX126x on a board")
struct SX126xSettingsTests {
    private static let config = Fixtures.directory.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config")

    private func configuration(_ radio: String) throws -> NodeConfiguration {
        try NodeConfiguration(
            text: "state: a\ncontrol: b\nradio: { type: sx126x, \(radio) }\n",
            file: Self.config.appendingPathComponent("a.yaml").path)
    }

    @Test(
        "The boards that are shipped load, with lines that differ",
        arguments: [
            "waveshare-sx1262-hat.yaml", "meshadv-e22-900m30s.yaml", "meshadv-mini.yaml", "rak6421-slot1.yaml",
            "rak6421-slot2.yaml", "zebrahat-1w.yaml", "nebrahat-2w.yaml", "uconsole-aio-v2.yaml", "femtofox.yaml",
        ])
    func boards(name: String) throws {
        let board = try SX126xSettings(file: Self.config.appendingPathComponent("radios/\(name)").path)
        let lines =
            [board.reset, board.busy, board.interrupt]
            + [board.chipSelect, board.transmitEnable, board.receiveEnable].compactMap { $0 } + board.powerEnable
        #expect(Set(lines).count == lines.count)
        #expect(board.serialDevice.hasPrefix("/dev/spidev"))
        #expect(board.maximumPower <= 22)
    }

    @Test("A radio takes its board from a file beside the configuration, and keeps the law of its region")
    func radio() throws {
        let radio = try configuration("board: radios/nebrahat-2w.yaml, lora: { region: EU868, power: 27 }").radio
        guard case .sx126x(let board) = radio.device else {
            Issue.record("\(radio.device)")
            return
        }
        #expect(board.maximumPower == 8 && board.amplifierGain == 25 && board.receiveEnable == 25)
        #expect(radio.lora.rules == Region.eu868.subBands[4])
        #expect(radio.profile == .lora)
    }

    @Test(
        "Who names no board, no region, or more power than the board bears is told so",
        arguments: [
            ("lora: { region: EU868 }", "radio.board", "a board's file"),
            ("board: radios/femtofox.yaml", "radio.lora", "the region whose law is to be kept"),
            ("board: radios/femtofox.yaml, lora: { power: 10 }", "radio.lora.region", "the region whose law is kept"),
            (
                "board: radios/femtofox.yaml, lora: { region: US915, frequency: 915000000, power: 23 }",
                "radio.lora.power", "at most 22 dBm"
            ),
            ("board: radios/none.yaml, lora: { region: none }", "radio.board", "a board's file"),
            ("board: heddled.yaml, lora: { region: none }", "radio.board", "a board's file"),
        ])
    func refused(radio: String, key: String, expected: String) {
        let errors = #expect(throws: ConfigurationErrors.self) { try configuration(radio) }
        #expect(errors?.errors.map(\.keyPath) == [key])
        #expect(errors?.errors.first?.expected.contains(expected) == true, "\(String(describing: errors))")
    }
}
