import ThreadWire
import WireCore

// How datasets and the elements of commissioning are shown.

extension DissectionPass {
    func datasetLayer(_ bytes: [UInt8], named name: String) -> DissectedLayer {
        var reader = ByteReader(bytes)
        guard let tlvs = try? [MeshCoPTLV](parsing: &reader) else {
            return DissectedLayer(name, [DissectedField("malformed", hexadecimal(bytes))])
        }
        return DissectedLayer(name, elements: tlvs.map { layer(of: $0) })
    }

    func layer(of tlv: MeshCoPTLV) -> DissectedLayer {
        switch tlv {
        case .channel(let channel), .wakeUpChannel(let channel): layer(of: channel, named: tlv.type.description)
        case .panID(let id): value(tlv, hexadecimal(UInt64(id.rawValue), digits: 4))
        case .extendedPANID(let id): value(tlv, id.description)
        case .networkName(let name): value(tlv, name.description)
        case .pskc(let bytes), .networkKey(let bytes), .unknown(_, let bytes): value(tlv, hexadecimal(bytes))
        case .networkKeySequence(let number), .delayTimer(let number): value(tlv, "\(number)")
        case .meshLocalPrefix(let prefix): value(tlv, prefix.description)
        case .borderAgentLocator(let rloc16): value(tlv, rloc16.description)
        case .commissionerSessionID(let number), .joinerUDPPort(let number): value(tlv, "\(number)")
        case .securityPolicy(let policy): value(tlv, policy.description)
        case .get(let types): value(tlv, types.map(\.description).joined(separator: ", "))
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp):
            layer(of: timestamp, named: tlv.type.description)
        case .state(let state): value(tlv, "\(state)")
        case .channelMask(let mask):
            DissectedLayer(
                tlv.type.description,
                elements: mask.entries.map { entry in
                    DissectedLayer(
                        "Page", [DissectedField("", entry.page), DissectedField("bits", hexadecimal(entry.bits))])
                })
        case .discoveryRequest(let request):
            DissectedLayer(
                tlv.type.description,
                [DissectedField("version", request.version), DissectedField("joiner", request.isJoiner)])
        case .discoveryResponse(let response):
            DissectedLayer(
                tlv.type.description,
                [
                    DissectedField("version", response.version),
                    DissectedField("native commissioner", response.permitsNativeCommissioner),
                    DissectedField("commercial commissioning", response.usesCommercialCommissioning),
                ])
        }
    }

    private func value(_ tlv: MeshCoPTLV, _ text: String) -> DissectedLayer {
        DissectedLayer(tlv.type.description, [DissectedField("", text)])
    }

    func layer(of channel: ChannelTLV, named name: String) -> DissectedLayer {
        DissectedLayer(name, [DissectedField("", channel.channel), DissectedField("page", channel.page)])
    }

    func layer(of timestamp: Timestamp, named name: String) -> DissectedLayer {
        DissectedLayer(
            name,
            [
                DissectedField("", timestamp.seconds), DissectedField("ticks", timestamp.ticks),
                DissectedField("authoritative", timestamp.isAuthoritative),
            ])
    }
}
