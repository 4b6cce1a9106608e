import CryptoProviders
import EngineCore
import LinkProfiles
@testable import MACEngine
import Testing
import ThreadWire
import WireCore

/// Every state of the transmitter meets every event.
@Suite("Transmitter: states and events")
struct TransmitterTableTests {
    enum State: String, CaseIterable, Sendable {
        case idle, backingOff, waitingForRadio, assessing, transmitting, awaitingAcknowledgement
    }

    enum Event: String, CaseIterable, Sendable {
        /// Another frame of the same urgency.
        case submit
        /// An acknowledgement with the sequence number of the first frame.
        case acknowledgement
        /// A frame for this node that asks for an acknowledgement.
        case data
        case sent, failed, clear, busy
        /// The engine's own next deadline, or now if it has none.
        case deadline
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let state: State
        let event: Event
        let next: State
        let outputs: [String]

        var testDescription: String { "\(state.rawValue), \(event.rawValue)" }
    }

    static let rows: [Row] = [
        Row(state: .idle, event: .submit, next: .backingOff, outputs: []),
        Row(state: .idle, event: .acknowledgement, next: .idle, outputs: []),
        Row(state: .idle, event: .data, next: .idle, outputs: ["received"]),
        Row(state: .idle, event: .sent, next: .idle, outputs: []),
        Row(state: .idle, event: .failed, next: .idle, outputs: []),
        Row(state: .idle, event: .clear, next: .idle, outputs: []),
        Row(state: .idle, event: .busy, next: .idle, outputs: []),
        Row(state: .idle, event: .deadline, next: .idle, outputs: []),

        Row(state: .backingOff, event: .submit, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .acknowledgement, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .data, next: .backingOff, outputs: ["received"]),
        Row(state: .backingOff, event: .sent, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .failed, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .clear, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .busy, next: .backingOff, outputs: []),
        Row(state: .backingOff, event: .deadline, next: .assessing, outputs: ["assess"]),

        Row(state: .waitingForRadio, event: .submit, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .acknowledgement, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .data, next: .waitingForRadio, outputs: ["received"]),
        Row(state: .waitingForRadio, event: .sent, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .failed, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .clear, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .busy, next: .waitingForRadio, outputs: []),
        Row(state: .waitingForRadio, event: .deadline, next: .waitingForRadio, outputs: ["transmit acknowledgement"]),

        Row(state: .assessing, event: .submit, next: .assessing, outputs: []),
        Row(state: .assessing, event: .acknowledgement, next: .assessing, outputs: []),
        Row(state: .assessing, event: .data, next: .assessing, outputs: ["received"]),
        Row(state: .assessing, event: .sent, next: .assessing, outputs: []),
        Row(state: .assessing, event: .failed, next: .assessing, outputs: []),
        Row(state: .assessing, event: .clear, next: .transmitting, outputs: ["transmit data"]),
        Row(state: .assessing, event: .busy, next: .backingOff, outputs: []),
        Row(state: .assessing, event: .deadline, next: .assessing, outputs: []),

        Row(state: .transmitting, event: .submit, next: .transmitting, outputs: []),
        Row(state: .transmitting, event: .acknowledgement, next: .transmitting, outputs: []),
        Row(state: .transmitting, event: .data, next: .transmitting, outputs: ["received"]),
        Row(state: .transmitting, event: .sent, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .transmitting, event: .failed, next: .backingOff, outputs: []),
        Row(state: .transmitting, event: .clear, next: .transmitting, outputs: []),
        Row(state: .transmitting, event: .busy, next: .transmitting, outputs: []),
        Row(state: .transmitting, event: .deadline, next: .transmitting, outputs: []),

        Row(state: .awaitingAcknowledgement, event: .submit, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .awaitingAcknowledgement, event: .acknowledgement, next: .idle, outputs: ["confirm 1"]),
        Row(state: .awaitingAcknowledgement, event: .data, next: .awaitingAcknowledgement, outputs: ["received"]),
        Row(state: .awaitingAcknowledgement, event: .sent, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .awaitingAcknowledgement, event: .failed, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .awaitingAcknowledgement, event: .clear, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .awaitingAcknowledgement, event: .busy, next: .awaitingAcknowledgement, outputs: []),
        Row(state: .awaitingAcknowledgement, event: .deadline, next: .backingOff, outputs: []),
    ]

    /// An engine whose backoffs are never zero, so that each state is met.
    private struct Subject {
        var engine: MACEngine
        var now = Instant(microseconds: 1_000_000)
        let sequenceNumber: UInt8
        /// Of the next frame for this node.
        private var peerSequenceNumber: UInt8 = 99

        init() {
            // Seed 3: the first draws are not zero; the test of the table below would tell otherwise.
            engine = MACEngine(
                profile: .ieee802154, extendedAddress: TestAir.extendedAddress(0),
                cryptography: MbedTLSCryptography(), openSeed: 3)
            engine.panID = TestAir.panID
            engine.shortAddress = TestAir.shortAddress(0)
            sequenceNumber = engine.sequenceNumber
            while engine.pollOutput() != nil {}
        }

        var state: State {
            switch engine.transmitter {
            case .idle: .idle
            case .backingOff: .backingOff
            case .waitingForRadio: .waitingForRadio
            case .assessing: .assessing
            case .transmitting: .transmitting
            case .awaitingAcknowledgement: .awaitingAcknowledgement
            }
        }

        mutating func apply(_ event: Event) {
            switch event {
            case .submit:
                engine.submit(TestAir.data(2, to: 1, security: .none), now: now)
            case .acknowledgement:
                receive([0x02, 0x00, sequenceNumber])
            case .data:
                peerSequenceNumber += 1
                var writer = ByteWriter()
                MACHeader(
                    frameType: .data, sequenceNumber: peerSequenceNumber, destinationPAN: TestAir.panID,
                    destination: .short(TestAir.shortAddress(0)), source: .extended(TestAir.extendedAddress(1)),
                    requestsAcknowledgement: true
                ).serialize(into: &writer)
                receive(writer.bytes + [42])
            case .sent: engine.handle(transmitDone: .sent, now: now)
            case .failed: engine.handle(transmitDone: .failed, now: now)
            case .clear: engine.handle(channelActivity: false, now: now)
            case .busy: engine.handle(channelActivity: true, now: now)
            case .deadline:
                now = engine.nextDeadline ?? now
                engine.handleDeadline(now: now)
            }
        }

        private mutating func receive(_ bytes: [UInt8]) {
            var bytes = bytes + [0, 0]
            FrameCheckSequence.write(into: &bytes)
            engine.handle(
                received: ReceivedFrame(bytes: bytes, rssi: DecibelMilliwatts(-50), snr: Decibels(10)), now: now)
        }

        mutating func bring(to state: State) {
            switch state {
            case .idle:
                break
            case .backingOff:
                engine.submit(TestAir.data(1, to: 1, security: .none), now: now)
            case .waitingForRadio:
                bring(to: .backingOff)
                // The acknowledgement is due after the backoff has ended.
                guard let end = engine.nextDeadline else { return }
                now = Instant(microseconds: end.microseconds - 10)
                apply(.data)
                now = end
                engine.handleDeadline(now: now)
            case .assessing:
                bring(to: .backingOff)
                apply(.deadline)
            case .transmitting:
                bring(to: .assessing)
                apply(.clear)
            case .awaitingAcknowledgement:
                bring(to: .transmitting)
                apply(.sent)
            }
            while engine.pollOutput() != nil {}
        }

        mutating func outputs() -> [String] {
            var names: [String] = []
            while let output = engine.pollOutput() {
                switch output {
                case .transmit(let bytes):
                    names.append(bytes[0] & 7 == 2 ? "transmit acknowledgement" : "transmit data")
                case .assessChannel: names.append("assess")
                case .setReceiver(let isOn): names.append("receiver \(isOn)")
                case .received: names.append("received")
                case .confirm(let handle, _): names.append("confirm \(handle)")
                case .listenedInVain: names.append("vain")
                case .setChannel, .beacon, .scanFinished: names.append("scan")
                case .frameCounterReserveNeeded, .storeAirtime: names.append("reserve")
                }
            }
            return names
        }
    }

    @Test("The table is complete")
    func complete() {
        #expect(Self.rows.count == State.allCases.count * Event.allCases.count)
        #expect(Set(Self.rows.map(\.testDescription)).count == Self.rows.count)
    }

    @Test("Next state and outputs are as the table says", arguments: rows)
    func row(row: Row) {
        var subject = Subject()
        subject.bring(to: row.state)
        #expect(subject.state == row.state)
        subject.apply(row.event)
        #expect(subject.state == row.next)
        #expect(subject.outputs() == row.outputs)
    }
}
