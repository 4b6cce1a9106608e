import LinkSecurity
import ThreadWire
import WireCore

// MLE: security, command, and what its elements tell of the network.

extension DissectionPass {
    func dissectMLE(
        _ payload: [UInt8], of header: IPv6Header, from link: LinkAddress, _ frame: inout DissectedFrame
    ) -> [UInt8] {
        do {
            var reader = ByteReader(payload)
            let suite = try MLESecuritySuite(parsing: &reader)
            var writer = ByteWriter()
            suite.serialize(into: &writer)
            switch suite {
            case .none:
                let message = try MLEMessage(parsing: &reader)
                writer.write(contentsOf: dissect(message, isSecured: false, from: link, of: header, &frame))
            case .ieee802154:
                let start = reader.offset
                let security = try AuxiliarySecurityHeader(parsing: &reader)
                writer.write(
                    contentsOf: dissectSealed(
                        payload, message: start..<payload.count, security, from: link, of: header, &frame))
            }
            return writer.bytes
        } catch {
            frame.problems.append("\(error)")
            return payload
        }
    }

    /// - Returns: what stands behind the security suite.
    private func dissectSealed(
        _ payload: [UInt8], message: Range<Int>, _ security: AuxiliarySecurityHeader, from link: LinkAddress,
        of header: IPv6Header, _ frame: inout DissectedFrame
    ) -> [UInt8] {
        var plaintext: [UInt8] = []
        var senders = knowledge.senders(from: link)
        if header.source.isLinkLocalUnicast, header.source.locator == nil {
            senders.insert(ExtendedAddress(interfaceIdentifier: header.source.low), at: 0)
        }
        let opened = open(security, senders: senders, isMLE: true) { context, sender in
            var attempt = payload
            guard
                let range = MLESecurity.open(
                    &attempt, message: message, header: security, source: header.source,
                    destination: header.destination, extendedAddress: sender, context: context)
            else { return false }
            plaintext = Array(attempt[range])
            return true
        }
        frame.noteSealed(isOpen: opened != nil)
        guard let opened else {
            frame.layers.append(
                DissectedLayer(
                    "MLE", fields(of: security) + [DissectedField("sealed", hexadecimal(payload[message]))]))
            frame.problems.append("MLE security: no key, or none of the senders known, opens it")
            return Array(payload[message])
        }
        var rewritten = plaintext
        do {
            let mle = try MLEMessage(plaintext)
            frame.layers.append(
                DissectedLayer(
                    "MLE Security", fields(of: security) + [DissectedField("opened by", opened.keyName)]))
            rewritten = dissect(mle, isSecured: true, from: .extended(opened.sender), of: header, &frame)
        } catch {
            frame.problems.append("\(error)")
        }
        return MLESecurity.seal(
            rewritten, header: security, source: header.source, destination: header.destination,
            extendedAddress: opened.sender, context: opened.context)
    }

    private func dissect(
        _ message: MLEMessage, isSecured: Bool, from sender: LinkAddress, of header: IPv6Header,
        _ frame: inout DissectedFrame
    ) -> [UInt8] {
        frame.layers.append(
            DissectedLayer(
                "MLE \(message.command)", isSecured ? [] : [DissectedField("not secured", true)],
                elements: message.tlvs.map { layer(of: $0) }))
        learn(from: message, sender, header, frame.number)
        return rewrite(message, &frame).bytes
    }

    private func learn(from message: MLEMessage, _ sender: LinkAddress, _ header: IPv6Header, _ number: Int) {
        guard case .extended(let address) = sender else { return }
        knowledge.learn(address)
        if let short = message.sourceAddress, short != .unassigned { knowledge.learn(short, of: address) }
        if let short = message.address16, message.command == .childIDResponse, header.destination.isLinkLocalUnicast {
            knowledge.learn(short, of: ExtendedAddress(interfaceIdentifier: header.destination.low))
        }
        if let data = message.networkData.flatMap({ try? NetworkData($0) }) { knowledge.learn(data, frame: number) }
        let dataset = message.activeOperationalDataset.flatMap { try? OperationalDataset($0) }
        if let prefix = dataset?.meshLocalPrefix { knowledge.learn(meshLocalPrefix: prefix) }
    }

    /// The message with what stands in bytes in it read and written again.
    private func rewrite(_ message: MLEMessage, _ frame: inout DissectedFrame) -> MLEMessage {
        var message = message
        for (index, tlv) in message.tlvs.enumerated() {
            do {
                switch tlv {
                case .networkData(let bytes): message.tlvs[index] = .networkData(try NetworkData(bytes).bytes)
                case .activeOperationalDataset(let bytes):
                    message.tlvs[index] = .activeOperationalDataset(try OperationalDataset(bytes).bytes)
                case .pendingOperationalDataset(let bytes):
                    message.tlvs[index] = .pendingOperationalDataset(try OperationalDataset(bytes).bytes)
                default: continue
                }
            } catch {
                frame.problems.append("\(tlv.type): \(error)")
            }
        }
        return message
    }
}
