import ThreadWire
import WireCore

// CoAP, and the messages about addresses, servers, commissioning and diagnostics that it carries.

extension DissectionPass {
    /// More than a real capture holds open.
    private static let pathLimit = 4096

    func dissectCoAP(_ payload: [UInt8], of header: IPv6Header, _ frame: inout DissectedFrame) -> [UInt8] {
        do {
            var reader = ByteReader(payload)
            var message = try CoAPMessage(parsing: &reader)
            var path = message.uriPath
            if message.code.isRequest {
                if paths.count < Self.pathLimit {
                    paths[RequestKey(client: header.source, token: message.token)] = path
                }
            } else {
                path = paths[RequestKey(client: header.destination, token: message.token)] ?? ""
            }
            frame.layers.append(layer(of: message, path: path))
            if !message.payload.isEmpty {
                message.payload = try dissectManagement(message.payload, path: path, &frame)
            }
            return message.bytes
        } catch {
            frame.problems.append("\(error)")
            return payload
        }
    }

    private func dissectManagement(
        _ payload: [UInt8], path: String, _ frame: inout DissectedFrame
    ) throws(ParseError) -> [UInt8] {
        var reader = ByteReader(payload)
        var writer = ByteWriter(capacity: payload.count)
        var elements: [DissectedLayer] = []
        switch path.utf8.first {
        case UInt8(ascii: "a"):
            var message = try TMFMessage(parsing: &reader)
            elements = message.tlvs.map { layer(of: $0) }
            learn(from: message)
            for (index, tlv) in message.tlvs.enumerated() {
                if case .threadNetworkData(let bytes) = tlv {
                    message.tlvs[index] = .threadNetworkData(try NetworkData(bytes).bytes)
                }
            }
            message.serialize(into: &writer)
        case UInt8(ascii: "c"):
            let tlvs = try [MeshCoPTLV](parsing: &reader)
            elements = tlvs.map { layer(of: $0) }
            for tlv in tlvs {
                if case .meshLocalPrefix(let prefix) = tlv { knowledge.learn(meshLocalPrefix: prefix) }
            }
            tlvs.serialize(into: &writer)
        case UInt8(ascii: "d"):
            let tlvs = try [DiagnosticTLV](parsing: &reader)
            elements = tlvs.map { layer(of: $0) }
            tlvs.serialize(into: &writer)
        default:
            frame.layers.append(DissectedLayer("Data", [DissectedField("", hexadecimal(payload))]))
            return payload
        }
        frame.layers.append(DissectedLayer("TMF", elements: elements))
        return writer.bytes
    }

    private func learn(from message: TMFMessage) {
        guard let extended = message.macExtendedAddress else { return }
        knowledge.learn(extended)
        if let short = message.rloc16 { knowledge.learn(short, of: extended) }
    }

    private func layer(of message: CoAPMessage, path: String) -> DissectedLayer {
        let type =
            switch message.type {
            case .confirmable: "CON"
            case .nonConfirmable: "NON"
            case .acknowledgement: "ACK"
            case .reset: "RST"
            }
        var fields = [
            DissectedField("", type), DissectedField("code", message.code.description),
            DissectedField("message id", message.messageID), DissectedField("token", hexadecimal(message.token)),
        ]
        if !path.isEmpty { fields.append(DissectedField("path", path)) }
        for option in message.options where option.number != .uriPath {
            fields.append(DissectedField("option \(option.number.rawValue)", hexadecimal(option.value)))
        }
        return DissectedLayer("CoAP", fields)
    }

    private func layer(of tlv: TMFTLV) -> DissectedLayer {
        func value(_ text: String) -> DissectedLayer {
            DissectedLayer(tlv.type.description, [DissectedField("", text)])
        }
        switch tlv {
        case .targetEID(let address): return value(address.compressedDescription)
        case .macExtendedAddress(let address): return value(address.description)
        case .rloc16(let rloc16): return value(rloc16.description)
        case .meshLocalEID(let identifier): return value(hexadecimal(identifier, digits: 16))
        case .status(let status): return value("\(status.rawValue)")
        case .timeSinceLastTransaction(let seconds), .timeout(let seconds): return value("\(seconds)")
        case .routerMask(let mask):
            return DissectedLayer(
                tlv.type.description,
                [
                    DissectedField("id sequence", mask.idSequence),
                    DissectedField("routers", mask.routerIDMask.map { "\($0.rawValue)" }.joined(separator: " ")),
                ])
        case .threadNetworkData(let bytes): return networkDataLayer(bytes, named: tlv.type.description)
        case .networkName(let name): return value(name.description)
        case .ipv6Addresses(let addresses):
            return value(addresses.map(\.compressedDescription).joined(separator: " "))
        case .commissionerSessionID(let number): return value("\(number)")
        case .unknown(_, let bytes): return value(hexadecimal(bytes))
        }
    }

    private func layer(of tlv: DiagnosticTLV) -> DissectedLayer {
        func value(_ text: String) -> DissectedLayer {
            DissectedLayer(tlv.type.description, [DissectedField("", text)])
        }
        switch tlv {
        case .extendedAddress(let address): return value(address.description)
        case .address16(let rloc16): return value(rloc16.description)
        case .mode(let mode): return value(mode.description)
        case .timeout(let number), .maximumChildTimeout(let number): return value("\(number)")
        case .connectivity(let connectivity): return layer(of: connectivity, named: tlv.type.description)
        case .route64(let route64): return layer(of: route64, named: tlv.type.description)
        case .leaderData(let leaderData): return layer(of: leaderData, named: tlv.type.description)
        case .networkData(let bytes): return networkDataLayer(bytes, named: tlv.type.description)
        case .ipv6Addresses(let addresses):
            return value(addresses.map(\.compressedDescription).joined(separator: " "))
        case .typeList(let types): return value(types.map(\.description).joined(separator: ", "))
        case .eui64(let number): return value(hexadecimal(number, digits: 16))
        case .version(let number), .queryID(let number), .supplyVoltage(let number): return value("\(number)")
        case .batteryLevel(let percent): return value("\(percent)")
        case .vendorName(let bytes), .vendorModel(let bytes), .vendorSoftwareVersion(let bytes),
            .stackVersion(let bytes), .vendorApplicationURL(let bytes):
            return value(String(decoding: bytes, as: UTF8.self))
        case .answer(let part): return value("\(part.index)\(part.isLast ? ", last" : "")")
        case .macCounters(let counters):
            return DissectedLayer(tlv.type.description, counters.rows.map { DissectedField($0.name, $0.count) })
        case .mleCounters(let counters):
            return DissectedLayer(
                tlv.type.description,
                counters.eventRows.map { DissectedField($0.name, $0.count) }
                    + counters.timeRows.map { DissectedField($0.name, $0.milliseconds) })
        case .channelPages(let bytes), .unknown(_, let bytes): return value(hexadecimal(bytes))
        case .childTable, .child, .childIPv6Addresses, .routerNeighbor, .enhancedRoute:
            return tableLayer(of: tlv)
        }
    }

    private func tableLayer(of tlv: DiagnosticTLV) -> DissectedLayer {
        let text =
            switch tlv {
            case .childTable(let entries):
                entries.map { "\($0.childID) \($0.mode) quality \($0.linkQuality)" }.joined(separator: ", ")
            case .child(let child?): "\(child.rloc16) \(child.extendedAddress)"
            case .childIPv6Addresses(let child?):
                "\(child.rloc16) " + child.addresses.map(\.compressedDescription).joined(separator: " ")
            case .routerNeighbor(let neighbor?): "\(neighbor.rloc16) \(neighbor.extendedAddress)"
            case .enhancedRoute(let route):
                route.routerIDMask.map { "\($0.rawValue)" }.joined(separator: " ")
            default: "end"
            }
        return DissectedLayer(tlv.type.description, [DissectedField("", text)])
    }
}
