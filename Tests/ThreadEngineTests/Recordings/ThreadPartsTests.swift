import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("In place of a node of an OpenThread network, Heddle says what that node said")
struct ThreadPartsTests {
    /// OpenThread's timers, with a router selection jitter of a second where the recorded nodes were told so.
    private static let hasty: LinkProfile = {
        var profile = LinkProfile.ieee802154
        profile.routerSelectionJitter = .seconds(1)
        return profile
    }()

    private static func part(
        _ recording: String, _ node: String, hears: String? = nil, profile: LinkProfile = hasty,
        to lastFrame: Int = .max
    ) -> Understudy.Part {
        Understudy.Part(
            recording: "thread/\(recording)", node: node,
            // Node A is id 1, B is 2 and so on; in recording sleepy S is 6.
            extendedAddress: ExtendedAddress(
                rawValue: 0x166e_0a00_0000_0000 | (node == "S" ? 6 : UInt64(node.utf8.first!) - 0x40)),
            lastFrame: lastFrame, hears: hears.map { Set($0.map(String.init)) }, profile: profile)
    }

    private static func minimal(_ part: Understudy.Part, mode: DeviceMode) -> Understudy.Part {
        var part = part
        part.mode = mode
        return part
    }

    private static let listening = DeviceMode(
        isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true)

    /// A leader, a router that attaches, a minimal device.
    private static let attach = [
        part("attach", "A", profile: .ieee802154, to: 47), part("attach", "B", to: 47),
        minimal(part("attach", "E", profile: .ieee802154, to: 36), mode: listening),
    ]

    /// Five that take their time to become routers. They know of the links that they made as children at once.
    private static let jitter: [Understudy.Part] = {
        let early = ["A": [], "B": [71, 73], "C": [108, 109], "D": [145, 146], "E": []]
        return ["A", "B", "C", "D", "E"].map { node in
            var one = part("attach_default_jitter", node, profile: .ieee802154)
            one.deviations = early[node, default: []].map {
                Understudy.Deviation(id: "promoted-links", text: "frame \($0), Advertisement: says route64")
            }
            return one
        }
    }()

    @Test("Five that take their time to become routers", arguments: jitter)
    func jitters(part: Understudy.Part) throws { try expectSame(part) }

    /// Five in a line, one started after the other.
    private static let line = [
        part("line_seq", "A", hears: "B"), part("line_seq", "B", hears: "AC"), part("line_seq", "C", hears: "BD"),
        part("line_seq", "D", hears: "CE"), part("line_seq", "E", hears: "D"),
    ]

    /// The same, with the positions of a radio model.
    private static let simulatedLine = [
        part("line_sim", "A", hears: "B"), part("line_sim", "B", hears: "AC"), part("line_sim", "C", hears: "BD"),
        part("line_sim", "D", hears: "CE"), part("line_sim", "E", hears: "D"),
    ]

    /// A line, all switched on at once; then A looks for each of the others.
    private static let trafficLine: [Understudy.Part] = {
        var first = part("line_traffic", "A", hears: "B")
        for (frame, identifier) in [
            (130, "8f44:c119:d6c:7a18"), (166, "205c:4aa7:c109:3fa7"), (246, "656d:b2b7:9398:a47"),
            (605, "4f1:341d:5469:1da3"), (1057, "1:2:3:4"),
        ] {
            first.commands[frame] = { engine, now in
                _ = engine.resolve(
                    IPv6Address("fdde:ad00:beef:0:\(identifier)")!, from: engine.meshLocalEID!, now: now)
            }
        }
        return [
            first, part("line_traffic", "B", hears: "AC"), part("line_traffic", "C", hears: "BD"),
            part("line_traffic", "D", hears: "CE"), part("line_traffic", "E", hears: "D"),
        ]
    }()

    @Test("A line of five with traffic", arguments: trafficLine)
    func traffic(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: Every command once

    /// A offers a prefix, B a route, C a service; A looks for C and B for A; a sleepy child looks for a better parent.
    private static let commands: [Understudy.Part] = {
        var parts = [
            part("cliref", "A", hears: "BSN"), part("cliref", "B", hears: "ACN"), part("cliref", "C", hears: "B"),
        ]
        // In the middle of its pings.
        parts[0].missedFrames = [174]
        // From here on nothing is filtered.
        parts[0].hearsLater = (741, ["B", "C", "S", "N"])
        parts[0].commands[122] = { engine, now in
            try? engine.addOnMeshPrefix(
                OnMeshPrefix(
                    IPv6Prefix("2001:cafe:cafe:cafe::/64")!, flags: [.preferred, .slaac, .defaultRoute, .onMesh],
                    isStable: true))
            engine.registerServerData(now: now)
            try? engine.addService(
                MeshService(enterpriseNumber: 44970, serviceData: [0x5d], serverData: [0xc0, 0xde], isStable: true))
            engine.registerServerData(now: now)
        }
        for frame in [152, 283] {
            parts[0].commands[frame] = { engine, now in
                _ = engine.resolve(
                    IPv6Address(
                        frame == 152 ? "fdde:ad00:beef:0:f441:8838:cbf:f839" : "fdde:ad00:beef:0::1")!,
                    from: engine.meshLocalEID!, now: now)
            }
        }
        parts[1].meshLocalIdentifier = 0x354d_2a40_27ad_9e2a
        parts[1].prefixAddress = IPv6Address("2001:cafe:cafe:cafe:32ab:b7e4:cd29:70bc")!
        parts[1].commands[123] = { engine, now in
            try? engine.addExternalRoute(ExternalRoute(IPv6Prefix("2001:db8:1::/48")!, isStable: true))
            engine.registerServerData(now: now)
        }
        parts[1].commands[329] = { engine, now in
            _ = engine.resolve(
                IPv6Address("fdde:ad00:beef:0:1d57:a72:3aaf:39a2")!, from: engine.meshLocalEID!, now: now)
        }
        parts[2].prefixAddress = IPv6Address("2001:cafe:cafe:cafe:8e3a:8077:f01c:2f1a")!
        var sleeper = minimal(
            part("cliref", "S", hears: "A", profile: .ieee802154),
            mode: DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false))
        sleeper.configure = { $0.pollPeriod = .seconds(1) }
        sleeper.prefixAddress = IPv6Address("2001:cafe:cafe:cafe:8b02:ea4b:cb07:762c")!
        sleeper.commands[174] = { engine, now in _ = engine.searchForBetterParent(now: now) }
        return parts + [sleeper]
    }()

    @Test("Every command once", arguments: commands)
    func everyCommand(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: A commissioner

    /// This engine is no commissioner: A plays until it becomes one, and J from when it has its dataset.
    private static let joining: [Understudy.Part] = {
        var joiner = part("joiner", "J", profile: .ieee802154)
        joiner.extendedAddress = ExtendedAddress(rawValue: 0xaea2_d86a_b6ff_1f68)
        joiner.firstFrame = 89
        return [part("joiner", "A", profile: .ieee802154, to: 7), joiner]
    }()

    @Test("Before and after commissioning", arguments: joining)
    func commissioning(part: Understudy.Part) throws { try expectSame(part) }

    /// All in range of each other, six minutes long.
    private static let steady: [Understudy.Part] = {
        var parts = ["A", "B", "C", "D", "E"].map { part("steady", $0) }
        // C asks for links that it wanted as a child, E does not need to.
        for (frame, router) in [(100, 4), (116, 5)] {
            parts[2].commands[frame] = { engine, now in
                let address = ExtendedAddress(rawValue: 0x166e_0a00_0000_0000 | UInt64(router))
                guard let id = engine.routers[address]?.id else { return }
                engine.sendLinkRequest(to: id, isRenewal: false, now: now)
            }
        }
        parts[4].deviations = [
            Understudy.Deviation(id: "cancelled-link-requests", text: "frame 104, Link Request: was not sent")
        ]
        return parts
    }()

    private func expectSame(_ part: Understudy.Part) throws {
        var understudy = try Understudy(part)
        understudy.play()
        #expect(understudy.differences.isEmpty, "\(part): \(understudy.differences.joined(separator: "\n"))")
    }

    @Test("Forming, and attaching of all kinds", arguments: attach)
    func attachments(part: Understudy.Part) throws { try expectSame(part) }

    @Test("A line of five", arguments: line + simulatedLine)
    func lines(part: Understudy.Part) throws { try expectSame(part) }

    @Test("A quiet network", arguments: steady)
    func quiet(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: Two partitions become one

    /// The frame before which the middle nodes begin to hear each other.
    private static let meeting = 60

    private static let merge: [Understudy.Part] = {
        var middle = (part("merge", "B", hears: "A"), part("merge", "C", hears: "D"))
        middle.0.hearsLater = (meeting - 1, ["A", "C"])
        middle.1.hearsLater = (meeting - 1, ["B", "D"])
        return [part("merge", "A", hears: "B", to: 102), middle.0, middle.1, part("merge", "D", hears: "C")]
    }()

    @Test("Two partitions merge", arguments: merge)
    func merging(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: Keys and datasets change

    /// The leader's operator changes the key sequence and both datasets, and pings C.
    private static let keySwitch: [Understudy.Part] = {
        var parts = [
            part("keyswitch", "A", hears: "B"), part("keyswitch", "B", hears: "AC"), part("keyswitch", "C", hears: "B"),
        ]
        for index in parts.indices { parts[index].commands[51] = { engine, _ in engine.keySwitchGuardTime = 0 } }
        parts[0].commands[51] = { engine, now in
            engine.keySwitchGuardTime = 0
            engine.setKeySequence(1, now: now)
            _ = engine.resolve(
                IPv6Address("fdde:ad00:beef:0:39f1:12a2:4b47:fe75")!, from: engine.meshLocalEID!, now: now)
        }
        parts[0].commands[77] = { engine, now in
            var change = OperationalDataset()
            change.activeTimestamp = Timestamp(seconds: 2)
            change.networkName = NetworkName("heddle-two")
            try? engine.requestDatasetChange(.active, payload: change.bytes, now: now)
        }
        parts[0].commands[95] = { engine, now in
            var change = OperationalDataset()
            change.pendingTimestamp = Timestamp(seconds: 1)
            change.activeTimestamp = Timestamp(seconds: 3)
            change.delayTimer = 35_000
            change.channel = 20
            try? engine.requestDatasetChange(.pending, payload: change.bytes, now: now)
        }
        return parts
    }()

    @Test("Keys and datasets change", arguments: keySwitch)
    func keySwitches(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: A sleepy child

    private static let sleepy: [Understudy.Part] = {
        let asleep = DeviceMode(
            isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
        var child = minimal(part("sleepy", "S", profile: .ieee802154), mode: asleep)
        child.childTimeout = 30
        child.configure = { $0.pollPeriod = .seconds(2) }
        child.commands[138] = { engine, now in
            _ = engine.setMode(
                DeviceMode(isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: true),
                now: now)
        }
        child.commands[142] = { engine, now in _ = engine.setMode(asleep, now: now) }
        child.commands[152] = { engine, now in engine.setChildTimeout(60, now: now) }
        return [part("sleepy", "A", profile: .ieee802154), child]
    }()

    @Test("A sleepy child, its mode and its timeout change", arguments: sleepy)
    func sleeping(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: A prefix

    /// A offers a prefix and pings two addresses in it, B offers a route, C a service; then A takes its prefix back.
    private static let prefix: [Understudy.Part] = {
        let offered = IPv6Prefix("2001:cafe:cafe:cafe::/64")!
        let addresses = [
            "A": "661b:f8bc:5a9b:6a26", "B": "939:4801:d21:9158", "C": "bc5:3300:8526:bafd",
            "D": "5973:bcbb:6658:23e9", "E": "871c:c4:4c38:258c", "F": "5133:9694:1bcc:f292",
        ].mapValues { IPv6Address("2001:cafe:cafe:cafe:\($0)")! }
        var parts = [
            part("prefix", "A", hears: "B"), part("prefix", "B", hears: "AC"), part("prefix", "C", hears: "BD"),
            part("prefix", "D", hears: "CEF"),
            minimal(
                part("prefix", "E", hears: "D"),
                mode: DeviceMode(
                    isReceiverOnWhenIdle: true, isFullThreadDevice: false, requestsFullNetworkData: false)),
            minimal(part("prefix", "F", hears: "D"), mode: listening),
        ]
        for index in parts.indices { parts[index].prefixAddress = addresses[parts[index].node] }
        parts[0].commands[94] = { engine, now in
            try? engine.addOnMeshPrefix(
                OnMeshPrefix(offered, flags: [.preferred, .slaac, .defaultRoute, .onMesh], isStable: true))
            engine.registerServerData(now: now)
        }
        for (frame, target) in [(107, "D"), (140, "E")] {
            parts[0].commands[frame] = { engine, now in
                _ = engine.resolve(addresses[target]!, from: addresses["A"]!, now: now)
            }
        }
        parts[0].commands[224] = { engine, now in
            try? engine.removePrefix(offered)
            engine.registerServerData(now: now)
        }
        parts[1].commands[177] = { engine, now in
            try? engine.addExternalRoute(ExternalRoute(IPv6Prefix("2001:db8:1::/48")!, isStable: true))
            engine.registerServerData(now: now)
        }
        parts[2].commands[198] = { engine, now in
            try? engine.addService(
                MeshService(enterpriseNumber: 44970, serviceData: [0x5d], serverData: [0xc0, 0xde], isStable: true))
            engine.registerServerData(now: now)
        }
        return parts
    }()

    @Test("A prefix, routes and services come and go", arguments: prefix)
    func prefixes(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: Somebody looks for networks

    @Test("Discovery", arguments: ["A", "B"])
    func discovery(node: String) throws { try expectSame(Self.part("scan", node, profile: .ieee802154)) }
}
