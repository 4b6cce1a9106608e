import ThreadWire
import WireCore

// How the elements of MLE messages are shown.

extension DissectionPass {
    func layer(of tlv: MLETLV) -> DissectedLayer {
        switch tlv {
        case .sourceAddress(let rloc16), .address16(let rloc16): value(tlv, rloc16.description)
        case .mode(let mode): value(tlv, mode.description)
        case .timeout(let number), .linkLayerFrameCounter(let number), .mleFrameCounter(let number),
            .cslTimeout(let number):
            value(tlv, number)
        case .challenge(let bytes), .response(let bytes), .unknown(_, let bytes): value(tlv, hexadecimal(bytes))
        case .route64(let route64): layer(of: route64, named: tlv.type.description)
        case .leaderData(let leaderData): layer(of: leaderData, named: tlv.type.description)
        case .networkData(let bytes): networkDataLayer(bytes, named: tlv.type.description)
        case .tlvRequest(let types): value(tlv, types.map(\.description).joined(separator: ", "))
        case .scanMask(let mask):
            DissectedLayer(
                tlv.type.description,
                [
                    DissectedField("routers", mask.includesRouters),
                    DissectedField("end devices", mask.includesEndDevices),
                ])
        case .connectivity(let connectivity): layer(of: connectivity, named: tlv.type.description)
        case .linkMargin(let number), .status(let number): value(tlv, number)
        case .version(let number), .supervisionInterval(let number): value(tlv, number)
        case .addressRegistration(let registrations):
            DissectedLayer(tlv.type.description, elements: registrations.map { layer(of: $0) })
        case .channel(let channel), .cslChannel(let channel): layer(of: channel, named: tlv.type.description)
        case .panID(let id): value(tlv, hexadecimal(UInt64(id.rawValue), digits: 4))
        case .activeTimestamp(let timestamp), .pendingTimestamp(let timestamp):
            layer(of: timestamp, named: tlv.type.description)
        case .activeOperationalDataset(let bytes), .pendingOperationalDataset(let bytes):
            datasetLayer(bytes, named: tlv.type.description)
        case .threadDiscovery(let tlvs):
            DissectedLayer(tlv.type.description, elements: tlvs.map { layer(of: $0) })
        case .cslAccuracy(let accuracy):
            DissectedLayer(
                tlv.type.description,
                [
                    DissectedField("ppm", accuracy.clockAccuracy),
                    DissectedField("uncertainty", accuracy.uncertainty),
                ])
        }
    }

    private func value(_ tlv: MLETLV, _ text: String) -> DissectedLayer {
        DissectedLayer(tlv.type.description, [DissectedField("", text)])
    }

    private func value(_ tlv: MLETLV, _ number: some UnsignedInteger) -> DissectedLayer {
        DissectedLayer(tlv.type.description, [DissectedField("", number)])
    }

    func layer(of route64: Route64, named name: String) -> DissectedLayer {
        DissectedLayer(
            name, [DissectedField("id sequence", route64.idSequence)],
            elements: zip(route64.routerIDMask, route64.entries).map { id, entry in
                DissectedLayer(
                    "Router",
                    [
                        DissectedField("", id.rawValue), DissectedField("out", entry.linkQualityOut),
                        DissectedField("in", entry.linkQualityIn), DissectedField("cost", entry.routeCost),
                    ])
            })
    }

    func layer(of leaderData: LeaderData, named name: String) -> DissectedLayer {
        DissectedLayer(
            name,
            [
                DissectedField("partition", hexadecimal(UInt64(leaderData.partitionID.rawValue), digits: 8)),
                DissectedField("weighting", leaderData.weighting),
                DissectedField("data version", leaderData.dataVersion),
                DissectedField("stable data version", leaderData.stableDataVersion),
                DissectedField("leader", leaderData.leaderRouterID.rawValue),
            ])
    }

    func layer(of connectivity: Connectivity, named name: String) -> DissectedLayer {
        var fields = [
            DissectedField("parent priority", "\(connectivity.parentPriority)"),
            DissectedField("quality 3", connectivity.linkQuality3),
            DissectedField("quality 2", connectivity.linkQuality2),
            DissectedField("quality 1", connectivity.linkQuality1),
            DissectedField("leader cost", connectivity.leaderCost),
            DissectedField("id sequence", connectivity.idSequence),
            DissectedField("active routers", connectivity.activeRouters),
        ]
        if let buffering = connectivity.sleepyBuffering {
            fields.append(DissectedField("sleepy buffer bytes", buffering.bufferSize))
            fields.append(DissectedField("sleepy datagrams", buffering.datagramCount))
        }
        return DissectedLayer(name, fields)
    }

    private func layer(of registration: AddressRegistration) -> DissectedLayer {
        switch registration {
        case .compressed(let contextID, let identifier):
            DissectedLayer(
                "Address",
                [
                    DissectedField("context", contextID),
                    DissectedField("identifier", hexadecimal(identifier, digits: 16)),
                ])
        case .uncompressed(let address):
            DissectedLayer("Address", [DissectedField("", address.compressedDescription)])
        }
    }
}
