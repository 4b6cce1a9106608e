import ThreadWire
import WireCore

// How network data are shown.

extension DissectionPass {
    func networkDataLayer(_ bytes: [UInt8], named name: String) -> DissectedLayer {
        guard let data = try? NetworkData(bytes) else {
            return DissectedLayer(name, [DissectedField("malformed", hexadecimal(bytes))])
        }
        return DissectedLayer(name, elements: data.tlvs.map { layer(of: $0) })
    }

    private func layer(of tlv: NetworkDataTLV) -> DissectedLayer {
        let stable = DissectedField("stable", tlv.isStable)
        return switch tlv {
        case .prefix(let prefix):
            DissectedLayer(
                "Prefix", [DissectedField("", prefix.prefix.description), stable],
                elements: prefix.subTLVs.flatMap { layers(of: $0) })
        case .commissioningData(let data):
            DissectedLayer("Commissioning Data", [stable], elements: data.tlvs.map { layer(of: $0) })
        case .service(let service):
            DissectedLayer(
                "Service",
                [
                    DissectedField("", service.serviceID), DissectedField("enterprise", service.enterpriseNumber),
                    DissectedField("data", hexadecimal(service.serviceData)), stable,
                ], elements: service.subTLVs.map { layer(of: $0) })
        case .unknown(let tlv): layer(of: tlv)
        }
    }

    private func layer(of tlv: UnknownNetworkDataTLV) -> DissectedLayer {
        DissectedLayer(
            tlv.type.description,
            [DissectedField("", hexadecimal(tlv.value)), DissectedField("stable", tlv.isStable)])
    }

    private func layers(of tlv: PrefixSubTLV) -> [DissectedLayer] {
        let stable = DissectedField("stable", tlv.isStable)
        return switch tlv {
        case .hasRoute(_, let entries):
            entries.map { entry in
                DissectedLayer(
                    "Has Route",
                    [
                        DissectedField("", entry.rloc16.description),
                        DissectedField("preference", text(entry.preference)),
                        DissectedField("NAT64", entry.isNAT64), stable,
                    ])
            }
        case .borderRouter(_, let entries):
            entries.map { entry in
                DissectedLayer(
                    "Border Router",
                    [
                        DissectedField("", entry.rloc16.description),
                        DissectedField("preference", text(entry.preference)),
                        DissectedField("flags", hexadecimal(UInt64(entry.flags.rawValue), digits: 4)), stable,
                    ])
            }
        case .context(let context):
            [
                DissectedLayer(
                    "6LoWPAN ID",
                    [
                        DissectedField("", context.contextID), DissectedField("bits", context.length),
                        DissectedField("compress", context.isCompressible), stable,
                    ])
            ]
        case .unknown(let tlv): [layer(of: tlv)]
        }
    }

    private func layer(of tlv: ServiceSubTLV) -> DissectedLayer {
        switch tlv {
        case .server(let server):
            DissectedLayer(
                "Server",
                [
                    DissectedField("", server.rloc16.description),
                    DissectedField("data", hexadecimal(server.serverData)),
                    DissectedField("stable", server.isStable),
                ])
        case .unknown(let tlv): layer(of: tlv)
        }
    }

    private func text(_ preference: RoutePreference) -> String {
        switch preference {
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        }
    }
}
