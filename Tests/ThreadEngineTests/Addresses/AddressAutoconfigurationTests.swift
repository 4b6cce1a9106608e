import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("Addresses from prefixes")
struct AddressAutoconfigurationTests {
    private static let preferred: BorderRouterEntry.Flags = [.preferred, .slaac, .onMesh]

    private func prefix(_ number: UInt64) -> IPv6Prefix {
        IPv6Prefix(IPv6Address(high: 0x2001_0db8_0000_0000 | number, low: 0), length: 64)
    }

    private func child(mode: DeviceMode = .fullThreadDevice) -> ScriptedNode {
        var node = ScriptedNode { $0.isRouterEligible = false }
        let isDone1 = node.with { engine, _ in engine.setMode(mode) }
        #expect(isDone1)
        node.attachAsChild()
        return node
    }

    /// The network data hold exactly these prefixes from now on.
    private func offer(_ node: inout ScriptedNode, _ offers: [(IPv6Prefix, BorderRouterEntry.Flags)]) {
        let server = RLOC16(rawValue: 0x0400)
        let tlvs = offers.enumerated().map { index, offer in
            NetworkDataTLV.prefix(
                PrefixTLV(
                    isStable: true, prefix: offer.0,
                    subTLVs: [
                        .borderRouter(
                            isStable: true,
                            [BorderRouterEntry(rloc16: server, preference: .medium, flags: offer.1)]),
                        .context(
                            ContextTLV(
                                isStable: true, contextID: UInt8(index + 1), isCompressible: true,
                                length: offer.0.length)),
                    ]))
        }
        let bytes = NetworkData(tlvs: tlvs).bytes
        let isDone2 = node.with { engine, now in engine.adoptNetworkData(bytes, now: now) }
        #expect(isDone2)
    }

    private func made(_ node: ScriptedNode) -> [NodeAddress] {
        node.engine.additionalAddresses.filter { $0.origin == .autoconfigured }
    }

    @Test("A prefix makes one address, always the same for the same secret, another for each prefix")
    func identifiers() throws {
        var node = child()
        offer(&node, [(prefix(1), Self.preferred)])
        let address = try #require(made(node).first)
        #expect(made(node).count == 1 && address.isPreferred && address.prefixLength == 64)
        #expect(prefix(1).contains(address.address))
        #expect(address.address.low != node.engine.meshLocalInterfaceIdentifier)
        #expect(node.outputs.contains(.identityChanged))
        let records = node.outputs.compactMap { output -> StoredRecord? in
            if case .store(let record) = output, record.name == .interfaceIdentifierSecret { record } else { nil }
        }
        #expect(records.count == 1)
        offer(&node, [(prefix(1), Self.preferred), (prefix(2), Self.preferred)])
        #expect(made(node).count == 2 && Set(made(node).map(\.address.low)).count == 2)

        var restarted = child()
        let isDone3 = restarted.with { engine, _ in engine.restoreInterfaceIdentifierSecret(records[0]) }
        #expect(isDone3)
        offer(&restarted, [(prefix(1), Self.preferred)])
        #expect(made(restarted).map(\.address) == [address.address])
        var other = child()
        let secret = StoredRecord(name: .interfaceIdentifierSecret, value: [UInt8](repeating: 7, count: 32))
        let isDone4 = other.with { engine, _ in engine.restoreInterfaceIdentifierSecret(secret) }
        #expect(isDone4)
        offer(&other, [(prefix(1), Self.preferred)])
        #expect(made(other).first?.address.low != address.address.low)
        let short = StoredRecord(name: .interfaceIdentifierSecret, value: [1])
        let isDone5 = other.with { engine, _ in engine.restoreInterfaceIdentifierSecret(short) }
        #expect(!isDone5)
    }

    @Test("The identifier is the hash of RFC 7217 over prefix, interface, counter and secret")
    func hash() throws {
        var node = child()
        let secret = StoredRecord(name: .interfaceIdentifierSecret, value: [UInt8](0..<32))
        let isDone6 = node.with { engine, _ in engine.restoreInterfaceIdentifierSecret(secret) }
        #expect(isDone6)
        offer(&node, [(IPv6Prefix("2001:cafe:cafe:cafe::/64")!, Self.preferred)])
        // SHA-256 of 2001cafecafecafe, "wpan", 00 and the secret, by another implementation.
        #expect(made(node).first?.address == IPv6Address("2001:cafe:cafe:cafe:bd03:0489:4717:fd5b")!)
    }

    @Test("Which prefixes make addresses")
    func flags() {
        let wide = IPv6Prefix("2001:db8::/48")!
        for (prefix, flags, isMade, isPreferred, length) in [
            (prefix(1), [.preferred, .slaac, .onMesh], true, true, 64),
            (prefix(1), [.slaac, .onMesh], true, false, 64), (prefix(1), [.preferred, .slaac], true, true, 128),
            (prefix(1), [.preferred, .onMesh], false, false, 0), (prefix(1), [.dhcp, .onMesh], false, false, 0),
            (prefix(1), [.preferred, .slaac, .onMesh, .domainPrefix], false, false, 0),
            (wide, [.preferred, .slaac, .onMesh], false, false, 0),
        ] as [(IPv6Prefix, BorderRouterEntry.Flags, Bool, Bool, UInt8)] {
            var node = child()
            offer(&node, [(prefix, flags)])
            let address = made(node).first
            #expect((address != nil) == isMade, "\(flags)")
            if let address { #expect(address.isPreferred == isPreferred && address.prefixLength == length) }
        }
    }

    /// How an address stands × whether its prefix is there: what becomes of it.
    @Test("An address whose prefix is gone is deprecated for 300 s, and preferred again when the prefix comes back")
    func deprecation() throws {
        var node = child()
        offer(&node, [(prefix(1), Self.preferred)])
        let address = try #require(made(node).first)
        offer(&node, [(prefix(1), Self.preferred), (prefix(2), [.onMesh])])
        #expect(made(node) == [address])
        offer(&node, [])
        let until = node.now + .seconds(300)
        #expect(made(node).map(\.state) == [.deprecated(until: until)])
        node.now = node.now + .seconds(100)
        offer(&node, [(prefix(2), [.onMesh])])
        #expect(made(node).map(\.state) == [.deprecated(until: until)])
        // Back without being preferred it stays as it is; preferred it is as before.
        offer(&node, [(prefix(1), [.slaac, .onMesh])])
        #expect(made(node).map(\.state) == [.deprecated(until: until)])
        offer(&node, [(prefix(1), Self.preferred)])
        #expect(made(node) == [address])
        offer(&node, [])
        #expect(node.engine.nextAddressExpiration == node.now + .seconds(300))
        node.now = node.now + .seconds(299)
        node.with { $0.handleAddressDeadline(now: $1) }
        #expect(made(node).count == 1)
        node.now = node.now + .seconds(1)
        node.forgetOutput()
        node.with { $0.handleAddressDeadline(now: $1) }
        #expect(made(node).isEmpty && node.engine.nextAddressExpiration == nil)
        #expect(node.outputs.contains(.identityChanged))
        // One that is not preferred goes at once.
        offer(&node, [(prefix(1), [.slaac, .onMesh])])
        #expect(made(node).map(\.state) == [.notPreferred])
        offer(&node, [])
        #expect(made(node).isEmpty)
    }

    @Test("There are at most as many as the configuration allows; one that is deprecated gives way")
    func limit() {
        var node = child()
        let all = (0..<6).map { (prefix(UInt64($0)), Self.preferred) }
        offer(&node, all)
        #expect(made(node).count == 4)
        offer(&node, Array(all[1...]))
        // The first made room for the fifth.
        #expect(made(node).count == 4)
        #expect(made(node).allSatisfy { $0.isPreferred })
        #expect(made(node).contains { prefix(4).contains($0.address) })
        #expect(!made(node).contains { prefix(0).contains($0.address) })
    }

    @Test("An address set by hand stands for its prefix; without it the prefix makes its own")
    func manual() {
        var node = child()
        let own = IPv6Address("2001:db8:0:1::77")!
        let isDone7 = node.with { engine, now in engine.addAddress(own, now: now) }
        #expect(isDone7)
        offer(&node, [(prefix(1), Self.preferred)])
        #expect(made(node).isEmpty)
        let isDone8 = node.with { engine, now in engine.removeAddress(own, now: now) }
        #expect(isDone8)
        #expect(made(node).count == 1)
        let isDone9 = node.with { engine, now in engine.removeAddress(own, now: now) }
        #expect(!isDone9)
        let automatic = made(node)[0].address
        let isDone10 = node.with { engine, now in engine.removeAddress(automatic, now: now) }
        #expect(!isDone10)
        for number in 0..<8 {
            let more = IPv6Address(high: 0xfd00_0000_0000_0000, low: UInt64(number))
            let isDone11 = node.with { engine, now in engine.addAddress(more, now: now) }
            #expect(isDone11)
        }
        let isDone12 = node.with { engine, now in engine.addAddress(IPv6Address("fd00::99")!, now: now) }
        #expect(!isDone12)
    }

    @Test("When another node has the address, the prefix makes another, three times in all")
    func duplicates() throws {
        var node = child()
        offer(&node, [(prefix(1), Self.preferred)])
        var seen: Set<IPv6Address> = []
        for _ in 0..<3 {
            let address = try #require(made(node).first?.address)
            #expect(seen.insert(address).inserted)
            let own = TMFMessage(
                tlvs: [.targetEID(address), .meshLocalEID(node.engine.meshLocalInterfaceIdentifier)])
            node.with { $0.handleAddressError(own, now: $1) }
            #expect(made(node).first?.address == address)
            let error = TMFMessage(tlvs: [.targetEID(address), .meshLocalEID(0x99)])
            node.with { $0.handleAddressError(error, now: $1) }
        }
        #expect(made(node).isEmpty)
        // The prefix comes back as if new.
        offer(&node, [])
        offer(&node, [(prefix(1), Self.preferred)])
        #expect(made(node).count == 1)
    }

    @Test("Identifiers with a meaning of their own are not taken")
    func reserved() {
        for identifier: UInt64 in [
            0, 0x0000_00ff_fe00_1234, 0xfdff_ffff_ffff_ff80, 0xfdff_ffff_ffff_ffff, 0x0200_5eff_fe00_5213,
        ] { #expect(ThreadEngine.isReserved(identifier)) }
        for identifier: UInt64 in [1, 0x0000_00ff_fe01_0000, 0xfdff_ffff_ffff_ff7f, 0x0200_5eff_ff00_0000] {
            #expect(!ThreadEngine.isReserved(identifier))
        }
    }

    @Test(
        "A child that leaves its addresses to its parent registers a new one soon, under its context where it has one")
    func registration() throws {
        let mode = DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true)
        var node = child(mode: mode)
        let idle = try #require(node.engine.keepAlive?.deadline)
        offer(&node, [(prefix(1), Self.preferred)])
        let deadline = try #require(node.engine.keepAlive?.deadline)
        #expect(deadline < idle && deadline.since(node.now) < .seconds(1))
        node.now = deadline
        node.forgetOutput()
        node.with { $0.handleKeepAliveDeadline(now: $1) }
        let update = try #require(node.sent.first { $0.message.command == .childUpdateRequest })
        #expect(
            update.message.addressRegistration == [
                .compressed(contextID: 0, interfaceIdentifier: node.engine.meshLocalInterfaceIdentifier),
                .compressed(contextID: 1, interfaceIdentifier: made(node)[0].address.low),
            ])
        let manual = IPv6Address("fd00::5")!
        node.with { engine, now in _ = engine.addAddress(manual, now: now) }
        #expect(node.engine.registeredAddresses.contains(.uncompressed(manual)))
    }
}
