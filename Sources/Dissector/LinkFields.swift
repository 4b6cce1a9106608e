import ThreadWire
import WireCore

// How the parts of a link frame are shown.

extension DissectionPass {
    func text(_ address: LinkAddress) -> String {
        switch address {
        case .none: "-"
        case .short(let short): short.description
        case .extended(let extended): extended.description
        }
    }

    func name(of command: MACCommandIdentifier) -> String {
        switch command {
        case .associationRequest: "Association Request"
        case .associationResponse: "Association Response"
        case .disassociationNotification: "Disassociation Notification"
        case .dataRequest: "Data Request"
        case .panIDConflictNotification: "PAN ID Conflict Notification"
        case .orphanNotification: "Orphan Notification"
        case .beaconRequest: "Beacon Request"
        case .coordinatorRealignment: "Coordinator Realignment"
        case .guaranteedTimeSlotRequest: "GTS Request"
        default: "MAC Command \(command.rawValue)"
        }
    }

    func fields(of header: MACHeader) -> [DissectedField] {
        let type =
            switch header.frameType {
            case .beacon: "beacon"
            case .data: "data"
            case .acknowledgement: "acknowledgement"
            case .macCommand: "command"
            }
        var fields = [DissectedField("", type)]
        if !header.isSequenceNumberSuppressed { fields.append(DissectedField("sequence", header.sequenceNumber)) }
        if let pan = header.destinationPAN ?? header.sourcePAN {
            fields.append(DissectedField("PAN", hexadecimal(UInt64(pan.rawValue), digits: 4)))
        }
        if header.source != .none { fields.append(DissectedField("source", text(header.source))) }
        if header.destination != .none { fields.append(DissectedField("destination", text(header.destination))) }
        fields.append(DissectedField("acknowledgement requested", header.requestsAcknowledgement))
        fields.append(DissectedField("frame pending", header.isFramePending))
        if let security = header.security { fields += self.fields(of: security) }
        return fields
    }

    func fields(of security: AuxiliarySecurityHeader) -> [DissectedField] {
        let key =
            switch security.keyIdentifier {
            case .implicit: "implicit"
            case .index(let index): "index \(index)"
            case .source4(let source, let index): "source \(hexadecimal(UInt64(source), digits: 8)) index \(index)"
            case .source8(let source, let index): "source \(hexadecimal(source, digits: 16)) index \(index)"
            }
        return [
            DissectedField("security level", security.securityLevel.rawValue),
            DissectedField("frame counter", security.frameCounter), DissectedField("key", key),
        ]
    }
}
