import ThreadWire
import WireCore

extension FuzzTarget {
    /// Messages by which nodes keep the network together.
    static let networkTargets: [FuzzTarget] = [
        .roundTrip("mle", seeds: Corpus.mle) { reader throws(ParseError) in
            try MLEMessage(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("route64", seeds: { try Corpus.mleValues(.route64) }) { reader throws(ParseError) in
            try Route64(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("network-data", seeds: { try Corpus.mleValues(.networkData) }) { reader throws(ParseError) in
            try NetworkData(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("dataset", seeds: { try Corpus.mleValues(.activeOperationalDataset) }) { reader throws(ParseError) in
            try OperationalDataset(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("discovery-request", seeds: Corpus.management) { reader throws(ParseError) in
            try DiscoveryRequest(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("discovery-response", seeds: Corpus.management) { reader throws(ParseError) in
            try DiscoveryResponse(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
    ]

    /// CoAP and what Thread's management carries in it.
    static let applicationTargets: [FuzzTarget] = [
        .roundTrip("coap", seeds: Corpus.management) { reader throws(ParseError) in
            try CoAPMessage(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("management-tlvs", seeds: managementPayloads) { reader throws(ParseError) in
            try TMFMessage(parsing: &reader)
        } write: {
            $0.serialize(into: &$1)
        },
        .roundTrip("diagnostic-tlvs", seeds: managementPayloads) { reader throws(ParseError) in
            var tlvs: [DiagnosticTLV] = []
            while !reader.isAtEnd { tlvs.append(try DiagnosticTLV(parsing: &reader)) }
            return tlvs
        } write: { tlvs, writer in
            for tlv in tlvs { tlv.serialize(into: &writer) }
        },
    ]

    @Sendable private static func managementPayloads() throws -> [[UInt8]] {
        try Corpus.management().compactMap { bytes in
            var reader = ByteReader(bytes)
            return try CoAPMessage(parsing: &reader).payload
        }
    }
}
