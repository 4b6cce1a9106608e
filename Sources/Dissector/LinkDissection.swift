import LinkSecurity
import ThreadWire
import WireCore

// IEEE 802.15.4: header, security, and what the frame carries.

extension DissectionPass {
    func dissect(_ link: MACFrame, hasFrameCheckSequence: Bool, _ frame: inout DissectedFrame) -> [UInt8]? {
        let header = link.header
        knowledge.learn(header.source)
        knowledge.learn(header.destination)
        frame.source = text(header.source)
        frame.destination = text(header.destination)
        var layer = DissectedLayer("IEEE 802.15.4", fields(of: header))
        if hasFrameCheckSequence, !FrameCheckSequence.isValid(frame.bytes) {
            frame.problems.append("frame check sequence is wrong")
        }

        var bytes = frame.bytes
        var opened: Opened?
        if let security = header.security {
            let senders = knowledge.senders(from: header.source)
            opened = open(security, senders: senders, isMLE: false) { context, sender in
                var attempt = frame.bytes
                guard FrameSecurity.unsecure(&attempt, frame: link, extendedAddress: sender, context: context) else {
                    return false
                }
                bytes = attempt
                return true
            }
            frame.noteSealed(isOpen: opened != nil)
            guard let opened else {
                layer.fields.append(DissectedField("sealed", hexadecimal(frame.bytes[link.payload])))
                frame.layers.append(layer)
                frame.problems.append("link security: no key, or none of the senders known, opens it")
                return nil
            }
            layer.fields.append(DissectedField("opened by", opened.keyName))
            if case .short(let short) = header.source, opened.sender != WellKnownKey.extendedAddress {
                knowledge.learn(short, of: opened.sender)
                layer.fields.append(DissectedField("sender", opened.sender.description))
            }
        }
        frame.layers.append(layer)

        let payload = dissectPayload(Array(bytes[link.payload]), of: link, opened?.sender, &frame)
        return write(header, payload, opened, hasFrameCheckSequence: hasFrameCheckSequence)
    }

    private func dissectPayload(
        _ payload: [UInt8], of link: MACFrame, _ sender: ExtendedAddress?, _ frame: inout DissectedFrame
    ) -> [UInt8] {
        switch link.header.frameType {
        case .beacon: return dissectBeacon(payload, &frame)
        case .acknowledgement: return payload
        case .macCommand:
            let command = payload.first.map { MACCommandIdentifier(rawValue: $0) }
            frame.layers.append(
                DissectedLayer(
                    command.map(name(of:)) ?? "MAC Command",
                    payload.count > 1 ? [DissectedField("content", hexadecimal(payload.dropFirst()))] : []))
            return payload
        case .data:
            guard !payload.isEmpty else { return [] }
            return dissectLowPAN(payload, of: link.header, &frame)
        }
    }

    private func dissectBeacon(_ payload: [UInt8], _ frame: inout DissectedFrame) -> [UInt8] {
        // Beacons of OpenThread end behind the header.
        guard !payload.isEmpty else {
            frame.layers.append(DissectedLayer("Beacon"))
            return []
        }
        do {
            var reader = ByteReader(payload)
            var beacon = try Beacon(parsing: &reader)
            frame.layers.append(
                DissectedLayer(
                    "Beacon", [DissectedField("superframe", hexadecimal(UInt64(beacon.superframe.rawValue), digits: 4))]
                ))
            if beacon.payload.first == ThreadBeaconPayload.protocolIdentifier {
                reader = ByteReader(beacon.payload)
                let thread = try ThreadBeaconPayload(parsing: &reader)
                frame.layers.append(
                    DissectedLayer(
                        "Thread Beacon",
                        [
                            DissectedField("network name", String(decoding: thread.networkName, as: UTF8.self)),
                            DissectedField("extended PAN id", hexadecimal(thread.extendedPANID, digits: 16)),
                            DissectedField("version", thread.version),
                            DissectedField("joining permitted", thread.isJoiningPermitted),
                        ]))
                var writer = ByteWriter()
                thread.serialize(into: &writer)
                beacon.payload = writer.bytes + reader.readRemaining()
            }
            var writer = ByteWriter()
            beacon.serialize(into: &writer)
            return writer.bytes
        } catch {
            frame.problems.append("\(error)")
            return payload
        }
    }

    /// The frame from its values, sealed again under the same key and counter.
    private func write(
        _ header: MACHeader, _ payload: [UInt8], _ opened: Opened?, hasFrameCheckSequence: Bool
    ) -> [UInt8]? {
        let checkLength = hasFrameCheckSequence ? FrameCheckSequence.byteCount : 0
        var writer = ByteWriter()
        header.serialize(into: &writer)
        writer.write(contentsOf: payload)
        writer.write(repeating: 0, count: (header.security?.securityLevel.codeLength ?? 0) + checkLength)
        var bytes = writer.bytes
        if let opened {
            guard let link = try? MACFrame(parsing: bytes, frameCheckSequenceLength: checkLength) else { return nil }
            FrameSecurity.secure(&bytes, frame: link, extendedAddress: opened.sender, context: opened.context)
        }
        if hasFrameCheckSequence { FrameCheckSequence.write(into: &bytes) }
        return bytes
    }
}
