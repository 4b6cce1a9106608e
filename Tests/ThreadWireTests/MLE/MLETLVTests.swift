import TestSupport
import Testing
import WireCore

@testable import ThreadWire

@Suite("Elements of MLE messages")
struct MLETLVTests {
    /// One of each kind, with the bytes that stand for it.
    static let examples: [(tlv: MLETLV, bytes: String)] = [
        (.sourceAddress(RLOC16(rawValue: 0xa001)), "0002a001"),
        (.mode(DeviceMode(rawValue: 0x0f)), "01010f"),
        (.timeout(240), "0204000000f0"),
        (.challenge([1, 2, 3, 4]), "030401020304"),
        (.response([1, 2, 3, 4, 5, 6, 7, 8]), "04080102030405060708"),
        (.linkLayerFrameCounter(0x0102_0304), "050401020304"),
        (.mleFrameCounter(9), "080400000009"),
        (
            .route64(
                Route64(
                    idSequence: 5, routerIDMask: RouterIDMask(bits: 0xc000_0000_0000_0000),
                    entries: [
                        RouteEntry(linkQualityOut: 3, linkQualityIn: 2, routeCost: 0), RouteEntry(rawValue: 0x01),
                    ])), "090b05c000000000000000e001"
        ),
        (.address16(RLOC16(rawValue: 0xa002)), "0a02a002"),
        (.leaderData(MLEMessageTests.leaderData), "0b081e70053d4062e428"),
        (.networkData([8, 4, 11, 2, 0xd5, 0x3c]), "0c0608040b02d53c"),
        (.tlvRequest([.address16, .networkData]), "0d020a0c"),
        (.scanMask(.routersAndEndDevices), "0e01c0"),
        (
            .connectivity(
                Connectivity(
                    parentPriority: -1, linkQuality3: 1, linkQuality2: 2, linkQuality1: 3, leaderCost: 4,
                    idSequence: 5, activeRouters: 6)), "0f07c0010203040506"
        ),
        (
            .connectivity(
                Connectivity(
                    parentPriority: 1, linkQuality3: 1, linkQuality2: 2, linkQuality1: 3, leaderCost: 4,
                    idSequence: 5, activeRouters: 6,
                    sleepyBuffering: Connectivity.SleepyBuffering(bufferSize: 1280, datagramCount: 1))),
            "0f0a40010203040506050001"
        ),
        (.linkMargin(80), "100150"),
        (.status(1), "110101"),
        (.version(5), "12020005"),
        (
            .addressRegistration([
                .compressed(contextID: 1, interfaceIdentifier: 0x0102_0304_0506_0708),
                .uncompressed(.realmLocalAllNodes),
            ]), "131a810102030405060708 00ff030000000000000000000000000001"
        ),
        (.addressRegistration([]), "1300"),
        (.channel(ChannelTLV(channel: 15)), "140300000f"),
        (.panID(PANID(rawValue: 0x1234)), "15021234"),
        (.activeTimestamp(Timestamp(seconds: 1)), "16080000000000010000"),
        (.pendingTimestamp(Timestamp(seconds: 2, ticks: 3, isAuthoritative: true)), "17080000000000020007"),
        (.activeOperationalDataset([1, 2]), "18020102"),
        (.pendingOperationalDataset([]), "1900"),
        (.threadDiscovery([.discoveryRequest(DiscoveryRequest(version: 5, isJoiner: false))]), "1a0480025000"),
        (.supervisionInterval(129), "1b020081"),
        (.cslChannel(ChannelTLV(channel: 20)), "5003000014"),
        (.cslTimeout(100), "550400000064"),
        (.cslAccuracy(CSLAccuracy(clockAccuracy: 255, uncertainty: 10)), "5602ff0a"),
        (.unknown(type: .linkMetricsQuery, value: [1, 2, 3]), "5703010203"),
        (.unknown(type: MLETLVType(rawValue: 200), value: []), "c800"),
    ]

    @Test("Every kind is written and read as it should be")
    func roundTrip() throws {
        for (tlv, text) in Self.examples {
            let bytes = hex(text)
            #expect(written { tlv.serialize(into: &$0) } == bytes, "\(tlv.type)")
            #expect(tlv.byteCount == bytes.count, "\(tlv.type)")
            var reader = ByteReader(bytes)
            #expect(try MLETLV(parsing: &reader) == tlv)
            #expect(reader.isAtEnd)
        }
    }

    @Test("Every kind survives cutting and changing")
    func robustness() {
        for (index, example) in Self.examples.enumerated() {
            let message = MLEMessage(command: .update, tlvs: [example.tlv])
            checkCodec(
                message.bytes, seed: UInt64(index), rounds: 500,
                parse: { bytes throws(ParseError) in try MLEMessage(bytes) }, serialize: \.bytes,
                byteCount: \.byteCount)
        }
    }

    @Test("A known type with another length is refused, both shorter and longer")
    func wrongLengths() {
        let openLengths: Set<MLETLVType> = [
            .challenge, .response, .networkData, .tlvRequest, .activeOperationalDataset, .pendingOperationalDataset,
        ]
        for (tlv, text) in Self.examples {
            if case .unknown = tlv { continue }
            guard !openLengths.contains(tlv.type), tlv.byteCount > 2 else { continue }
            var longer = hex(text)
            longer[1] += 1
            longer.append(0)
            var reader = ByteReader(longer)
            #expect(parseError { () throws(ParseError) in try MLETLV(parsing: &reader) } != nil, "longer \(tlv.type)")
            var shorter = hex(text)
            shorter[1] -= 1
            shorter.removeLast()
            reader = ByteReader(shorter)
            #expect(parseError { () throws(ParseError) in try MLETLV(parsing: &reader) } != nil, "shorter \(tlv.type)")
        }
    }

    @Test("A challenge of fewer than four bytes is refused")
    func shortChallenge() {
        var reader = ByteReader(hex("0303010203"))
        #expect(
            parseError { () throws(ParseError) in try MLETLV(parsing: &reader) }
                == ParseError(field: "challenge", offset: 2, reason: .truncated(needed: 4, available: 3)))
    }

    @Test("A value of 255 bytes and more has a length of two bytes")
    func extendedLength() throws {
        let tlv = MLETLV.networkData([UInt8](repeating: 7, count: 300))
        let bytes = written { tlv.serialize(into: &$0) }
        #expect(Array(bytes[..<4]) == [12, 255, 1, 44])
        #expect(bytes.count == tlv.byteCount)
        var reader = ByteReader(bytes)
        #expect(try MLETLV(parsing: &reader) == tlv)
        let edge = MLETLV.networkData([UInt8](repeating: 7, count: 254))
        #expect(edge.byteCount == 256)
        reader = ByteReader(written { edge.serialize(into: &$0) })
        #expect(try MLETLV(parsing: &reader) == edge)
    }

    @Test("A length of two bytes that one could carry is refused")
    func needlesslyLong() {
        var reader = ByteReader(hex("0cff0001aa"))
        #expect(
            parseError { () throws(ParseError) in try MLETLV(parsing: &reader) }?.reason
                == .invalidLength(found: 1, expected: 255))
    }

    @Test("Every named type has a name of its own")
    func names() {
        let types = Self.examples.map(\.tlv.type)
        let names = Set(types.map(\.description))
        #expect(names.count == Set(types).count)
        #expect(MLETLVType.route64.description == "Route64")
        #expect(MLETLVType(rawValue: 200).description == "TLV 200")
    }
}
