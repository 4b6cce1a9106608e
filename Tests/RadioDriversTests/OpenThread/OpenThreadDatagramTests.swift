import RadioDrivers
import TestSupport
import Testing
import WireCore

@Suite("Datagrams of OpenThread's simulation")
struct OpenThreadDatagramTests {
    private func parsed(_ bytes: [UInt8]) throws(ParseError) -> OpenThreadDatagram {
        var reader = ByteReader(bytes)
        return try OpenThreadDatagram(parsing: &reader)
    }

    /// An acknowledgement on channel 15.
    private let acknowledgement: [UInt8] = [0x0f, 0x02, 0x10, 0x2a, 0xee, 0xf1]

    @Test("A datagram is the channel and the frame, both ways")
    func roundTrip() throws {
        let datagram = try parsed(acknowledgement)
        #expect(datagram == OpenThreadDatagram(channel: 15, psdu: [0x02, 0x10, 0x2a, 0xee, 0xf1]))
        var writer = ByteWriter()
        datagram.serialize(into: &writer)
        #expect(writer.bytes == acknowledgement && datagram.byteCount == 6)
    }

    @Test("The longest frame passes, a longer one and none at all do not")
    func lengths() throws {
        #expect(try parsed([26] + [UInt8](repeating: 0, count: 127)).psdu.count == 127)
        #expect(throws: ParseError(field: "PSDU", offset: 1, reason: .invalidLength(found: 128, expected: 127))) {
            try parsed([26] + [UInt8](repeating: 0, count: 128))
        }
        #expect(throws: ParseError(field: "PSDU", offset: 1, reason: .truncated(needed: 1, available: 0))) {
            try parsed([11])
        }
        #expect(throws: ParseError(field: "channel", offset: 0, reason: .truncated(needed: 1, available: 0))) {
            try parsed([])
        }
    }

    @Test("Only the channels of 2.4 GHz exist", arguments: UInt8.min...UInt8.max)
    func channels(number: UInt8) throws {
        if (11...26).contains(number) {
            #expect(try parsed([number, 1]).channel == number)
        } else {
            let error = ParseError(field: "channel", offset: 0, reason: .invalid(value: UInt64(number)))
            #expect(throws: error) { try parsed([number, 1]) }
        }
    }
}
