public import WireCore

/// An MLE message in the clear: a command and its elements, in their order.
///
/// The properties named after elements give the first one of that type, or nil.
/// - Source: OpenThread as observed: recordings attach, sleepy, prefix, scan and steady
public struct MLEMessage: Equatable, Sendable {
    public var command: MLECommand
    public var tlvs: [MLETLV]

    public init(command: MLECommand, tlvs: [MLETLV] = []) {
        self.command = command
        self.tlvs = tlvs
    }

    /// Reads all that is left.
    /// - Throws: when an element is cut off, or has a known type and a wrong length.
    public init(parsing reader: inout ByteReader) throws(ParseError) {
        command = MLECommand(rawValue: try reader.readUInt8("command"))
        tlvs = []
        // As many as most messages have: growing step by step would take memory at each step.
        tlvs.reserveCapacity(8)
        while !reader.isAtEnd { tlvs.append(try MLETLV(parsing: &reader)) }
    }

    /// Reads a whole buffer.
    public init(_ bytes: [UInt8]) throws(ParseError) {
        var reader = ByteReader(bytes)
        try self.init(parsing: &reader)
    }

    public var byteCount: Int { tlvs.reduce(1) { $0 + $1.byteCount } }

    public func serialize(into writer: inout ByteWriter) {
        writer.write(command.rawValue)
        for tlv in tlvs { tlv.serialize(into: &writer) }
    }

    /// The message as one buffer, to be sealed.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        serialize(into: &writer)
        return writer.bytes
    }

    public func contains(_ type: MLETLVType) -> Bool {
        tlvs.contains { $0.type == type }
    }
}

extension MLEMessage {
    public var sourceAddress: RLOC16? { first { if case .sourceAddress(let value) = $0 { value } else { nil } } }
    public var mode: DeviceMode? { first { if case .mode(let value) = $0 { value } else { nil } } }
    /// - Units: seconds
    public var timeout: UInt32? { first { if case .timeout(let value) = $0 { value } else { nil } } }
    public var challenge: [UInt8]? { first { if case .challenge(let value) = $0 { value } else { nil } } }
    public var response: [UInt8]? { first { if case .response(let value) = $0 { value } else { nil } } }
    public var linkFrameCounter: UInt32? {
        first { if case .linkLayerFrameCounter(let value) = $0 { value } else { nil } }
    }
    public var mleFrameCounter: UInt32? { first { if case .mleFrameCounter(let value) = $0 { value } else { nil } } }
    public var route64: Route64? { first { if case .route64(let value) = $0 { value } else { nil } } }
    public var address16: RLOC16? { first { if case .address16(let value) = $0 { value } else { nil } } }
    public var leaderData: LeaderData? { first { if case .leaderData(let value) = $0 { value } else { nil } } }
    public var networkData: [UInt8]? { first { if case .networkData(let value) = $0 { value } else { nil } } }
    public var tlvRequest: [MLETLVType]? { first { if case .tlvRequest(let value) = $0 { value } else { nil } } }
    public var scanMask: ScanMask? { first { if case .scanMask(let value) = $0 { value } else { nil } } }
    public var connectivity: Connectivity? { first { if case .connectivity(let value) = $0 { value } else { nil } } }
    /// - Units: dB
    public var linkMargin: UInt8? { first { if case .linkMargin(let value) = $0 { value } else { nil } } }
    public var status: UInt8? { first { if case .status(let value) = $0 { value } else { nil } } }
    public var version: UInt16? { first { if case .version(let value) = $0 { value } else { nil } } }
    public var addressRegistration: [AddressRegistration]? {
        first { if case .addressRegistration(let value) = $0 { value } else { nil } }
    }
    public var channel: ChannelTLV? { first { if case .channel(let value) = $0 { value } else { nil } } }
    public var panID: PANID? { first { if case .panID(let value) = $0 { value } else { nil } } }
    public var activeTimestamp: Timestamp? {
        first { if case .activeTimestamp(let value) = $0 { value } else { nil } }
    }
    public var pendingTimestamp: Timestamp? {
        first { if case .pendingTimestamp(let value) = $0 { value } else { nil } }
    }
    public var activeOperationalDataset: [UInt8]? {
        first { if case .activeOperationalDataset(let value) = $0 { value } else { nil } }
    }
    public var pendingOperationalDataset: [UInt8]? {
        first { if case .pendingOperationalDataset(let value) = $0 { value } else { nil } }
    }
    public var threadDiscovery: [MeshCoPTLV]? {
        first { if case .threadDiscovery(let value) = $0 { value } else { nil } }
    }
    /// - Units: seconds
    public var supervisionInterval: UInt16? {
        first { if case .supervisionInterval(let value) = $0 { value } else { nil } }
    }

    private func first<Value>(_ value: (MLETLV) -> Value?) -> Value? {
        for tlv in tlvs {
            if let found = value(tlv) { return found }
        }
        return nil
    }
}
