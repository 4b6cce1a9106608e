import Testing
import WireCore

@testable import ThreadWire

@Suite("Operational datasets")
struct OperationalDatasetTests {
    /// `dataset active -x` of recording cliref.
    static let recorded =
        "0e080000000000010000000300000f35060004001fffe0020811111111222222220708fddead00beef00000510"
        + "00112233445566778899aabbccddeeff030a686564646c652d726566010212340410445f2b5ca6f2a93a55ce570a70efeecb"
        + "0c0402a0f778"

    @Test("A recorded dataset survives a round trip, cutting and changing")
    func roundTrip() throws {
        let dataset = try OperationalDataset(hex(Self.recorded))
        #expect(dataset.bytes == hex(Self.recorded))
        #expect(dataset.isComplete)
        checkCodec(
            hex(Self.recorded), seed: 3, rounds: 20_000,
            parse: { bytes throws(ParseError) in try OperationalDataset(bytes) }, serialize: \.bytes,
            byteCount: \.byteCount)
    }

    @Test("It prints as OpenThread prints it, with keys or without")
    func text() throws {
        let dataset = try OperationalDataset(hex(Self.recorded))
        let lines = [
            "Active Timestamp: 1", "Channel: 15", "Channel Mask: 0x07fff800", "Ext PAN ID: 1111111122222222",
            "Mesh Local Prefix: fdde:ad00:beef:0::/64", "Network Key: 00112233445566778899aabbccddeeff",
            "Network Name: heddle-ref", "PAN ID: 0x1234", "PSKc: 445f2b5ca6f2a93a55ce570a70efeecb",
            "Security Policy: 672 onrc 0",
        ]
        #expect(dataset.lines() == lines)
        #expect(
            dataset.lines(isRedacted: true).filter { $0.hasSuffix("[Redacted]") } == [
                "Network Key: [Redacted]", "PSKc: [Redacted]",
            ])
    }

    @Test("The recorded dataset is made of its values")
    func build() throws {
        var dataset = OperationalDataset()
        #expect(!dataset.isComplete)
        dataset.activeTimestamp = Timestamp(seconds: 1)
        dataset.channel = 15
        dataset.channelMask = 0x07ff_f800
        dataset.extendedPANID = ExtendedPANID(rawValue: 0x1111_1111_2222_2222)
        dataset.meshLocalPrefix = IPv6Prefix("fdde:ad00:beef:0::/64")
        dataset.networkKey = hex("00112233445566778899aabbccddeeff")
        dataset.networkName = NetworkName("heddle-ref")
        dataset.panID = PANID(rawValue: 0x1234)
        dataset.pskc = hex("445f2b5ca6f2a93a55ce570a70efeecb")
        dataset.securityPolicy = SecurityPolicy("672 onrc 0")
        #expect(dataset.bytes == hex(Self.recorded))
    }

    @Test("A value that is set again stands behind the others, and goes when it is set to nil")
    func setting() throws {
        var dataset = try OperationalDataset(hex(Self.recorded))
        let types = dataset.tlvs.map(\.type)
        dataset.channel = 20
        #expect(dataset.tlvs.map(\.type) == types.filter { $0 != .channel } + [.channel])
        #expect(dataset.channel == 20)
        dataset.channel = nil
        #expect(dataset.channel == nil && !dataset.contains(.channel))
        #expect(!dataset.isComplete)
        dataset.pendingTimestamp = Timestamp(seconds: 7)
        dataset.delayTimer = 30_000
        dataset.wakeUpChannel = 18
        #expect(dataset.tlvs.suffix(3).map(\.type) == [.pendingTimestamp, .delayTimer, .wakeUpChannel])
        #expect(dataset.lines().first == "Pending Timestamp: 7")
        #expect(dataset.lines().contains("Delay: 30000"))
        #expect(dataset.lines().contains("Wake-up Channel: 18"))
        #expect(try OperationalDataset(dataset.bytes) == dataset)
    }

    @Test("A type that occurs twice is refused")
    func twice() {
        #expect(
            parseError { () throws(ParseError) in try OperationalDataset(hex("0102123401021235")) }
                == ParseError(field: "operational dataset", offset: 4, reason: .invalid(value: 1)))
    }

    @Test("More than 254 bytes are refused")
    func tooLong() {
        let long: [UInt8] = [200, 253] + [UInt8](repeating: 0, count: 253)
        #expect(
            parseError { () throws(ParseError) in try OperationalDataset(long) }?.reason
                == .invalidLength(found: 255, expected: 254))
    }
}
