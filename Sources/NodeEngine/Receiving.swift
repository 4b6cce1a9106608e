import EngineCore
import IPEngine
import LoRaPHY
import LowPANEngine
import MACEngine
import ThreadEngine
import ThreadWire
import WireCore

// The way up: from a frame to a datagram, and from there to who it is for.
extension NodeEngine {
    func handle(_ output: consuming MACOutput, now: Instant) {
        switch consume output {
        case .transmit(let frame): transmit(frame, now: now)
        case .assessChannel: emit(.assessChannel)
        case .setReceiver(on: let isOn): setReceiver(isOn: isOn, now: now)
        case .received(let indication): handle(indication, now: now)
        case .setChannel(let channel):
            tunedChannel = channel
            emit(.setChannel(channel))
        case .beacon(let beacon): handle(beacon)
        case .scanFinished: endScan(now: now)
        case .confirm(let handle, let outcome): handleConfirm(handle, outcome, now: now)
        case .listenedInVain: thread.noteListenedInVain(now: now)
        case .storeAirtime(let airtime):
            var writer = ByteWriter()
            airtime.serialize(into: &writer)
            emit(.store(StoredRecord(name: .airtime, value: writer.bytes)))
        case .frameCounterReserveNeeded: break  // `settle` has asked for more already; the store has not answered.
        }
    }

    private func handle(_ indication: MACIndication, now: Instant) {
        if indication.command == .beaconRequest { return answerBeaconRequest(now: now) }
        let isSecured = indication.security != .none
        if isSecured, let sender = indication.sourceExtendedAddress {
            thread.noteHeard(sender, rssi: indication.rssi, snr: indication.snr, now: now)
            if case .link(let sequence, _) = indication.security, sequence > thread.keySequence {
                thread.noteLinkKeySequence(sequence, of: sender, now: now)
            }
        }
        guard indication.header.frameType == .data else { return }
        if !indication.header.destination.isBroadcast {
            thread.noteFrame(isFramePending: indication.header.isFramePending, now: now)
        }
        // A sign of life of a parent, or its answer to a poll for nothing.
        guard !indication.payload.isEmpty else { return }
        let result = lowPAN.receive(
            indication.bytes, payload: indication.payload, source: indication.header.source,
            destination: indication.header.destination, isSecured: isSecured, now: now)
        switch result {
        case .incomplete, .dropped: break
        case .forward(let mesh, let payload):
            noteChild(behind: mesh, indication, payload, isSecured: isSecured, now: now)
            // Behind the mesh header the frame goes on as it is, a fragment too.
            let rest = indication.bytes[(payload.lowerBound + mesh.byteCount)..<payload.upperBound]
            guard forward(mesh, rest, from: indication, isSecured: isSecured, now: now) else {
                return reportMissingChild(mesh, indication, payload, now: now)
            }
        case .datagram(let datagram, let source, _, let isSecured):
            receive(datagram, from: source, indication, isSecured: isSecured, now: now)
        }
    }

    /// A child that could route sends through this router: that is where it is now, whatever was known of it.
    /// - Source: OpenThread as observed
    private func noteChild(
        behind mesh: MeshHeader, _ indication: MACIndication, _ payload: Range<Int>, isSecured: Bool, now: Instant
    ) {
        guard isSecured, thread.role.isRouting, case .short(let place) = mesh.originator,
            place.routerID == thread.rloc16.routerID, indication.header.source == mesh.originator,
            let datagram = lowPAN.beginning(of: indication.bytes, payload: payload),
            let origin = Self.source(of: datagram)
        else { return }
        thread.snoop(origin, at: place, now: now)
    }

    /// A datagram arrived at this node: for it, or for it to pass on.
    private func receive(
        _ datagram: [UInt8], from source: LinkAddress, _ indication: MACIndication, isSecured: Bool, now: Instant
    ) {
        ipCounters.receiveSuccess &+= 1
        // A broadcast comes from whoever passed it on, not from where its sender is.
        if isSecured, !indication.header.destination.isBroadcast, case .short(let rloc16) = source,
            let origin = Self.source(of: datagram)
        {
            thread.noteSender(origin, at: rloc16, now: now)
            thread.snoop(origin, at: rloc16, now: now)
        }
        ip.receive(
            datagram,
            link: LinkMetadata(
                isSecured: isSecured, source: source, rssi: indication.rssi, snr: indication.snr,
                panID: indication.header.sourcePAN ?? indication.header.destinationPAN),
            now: now)
    }

    static func source(of datagram: [UInt8]) -> IPv6Address? {
        var reader = ByteReader(datagram)
        guard (try? reader.skip(IPv6Header.sourceOffset, "IPv6 header")) != nil else { return nil }
        return try? IPv6Address(parsing: &reader)
    }

    func handle(_ output: consuming IPOutput, now: Instant) {
        switch consume output {
        case .send(let datagram): route(datagram, now: now)
        case .keep(let datagram): keepForSleepyChildren(datagram, now: now)
        case .deliver(let datagram): emit(.deliver(datagram))
        case .readable(let socket): emit(.readable(socket))
        case .echoReply(let reply): emit(.echoReply(reply))
        case .unreachable(let target): thread.forgetAddress(target)
        case .udp(let datagram):
            // What this node sent to itself needs no protocol: only frames that came by radio have a strength.
            guard let rssi = datagram.link.rssi, let snr = datagram.link.snr else { return }
            if datagram.destination.port == ThreadPort.management { gatherDiagnosticFacts() }
            thread.handle(
                IncomingDatagram(
                    source: datagram.source.address, destination: datagram.destination.address,
                    port: datagram.destination.port, payload: datagram.payload, hopLimit: datagram.hopLimit,
                    isLinkSecured: datagram.isSecured, rssi: rssi, snr: snr,
                    sourcePAN: datagram.link.panID), now: now)
        }
    }

    /// Tells the sender of a frame for a child that is not, or no longer, one of this router's, so that it asks for the
    /// place again.
    /// - Source: OpenThread as observed
    private func reportMissingChild(
        _ mesh: MeshHeader, _ indication: MACIndication, _ payload: Range<Int>, now: Instant
    ) {
        guard case .short(let final) = mesh.finalDestination, final.routerID == thread.rloc16.routerID,
            case .short(let originator) = mesh.originator, let sender = thread.locatorAddress(originator),
            let datagram = lowPAN.beginning(of: indication.bytes, payload: payload)
        else { return }
        ip.refuse(datagram, because: .noRoute, to: sender, now: now)
    }

    /// Passes a frame with a mesh header on to its next hop.
    /// - Returns: false when there is no way.
    private func forward(
        _ mesh: MeshHeader, _ payload: ArraySlice<UInt8>, from indication: MACIndication, isSecured: Bool, now: Instant
    ) -> Bool {
        guard isSecured else {
            ownDrops.count(.unsecuredFrame)
            return true
        }
        guard case .short(let final) = mesh.finalDestination, thread.role.isRouting else {
            ownDrops.count(.noRoute)
            return true
        }
        guard mesh.hopsLeft > 1 else {
            ownDrops.count(.meshHopLimit)
            return true
        }
        if case .short(let neighbor) = indication.header.source {
            thread.breakLoop(to: final, through: neighbor, now: now)
        }
        guard let nextHop = asking(&thread, { $0.nextHop(to: final) }), .short(nextHop) != indication.header.source
        else {
            ownDrops.count(.noRoute)
            return false
        }
        var next = mesh
        next.hopsLeft -= 1
        var writer = ByteWriter(capacity: payload.count + next.byteCount)
        next.serialize(into: &writer)
        writer.write(contentsOf: payload)
        submit(
            Transfer(
                payloads: [writer.bytes], destination: .short(nextHop), source: .short, isLinkSecured: true,
                priority: .data, origin: nil), now: now)
        return true
    }
}
