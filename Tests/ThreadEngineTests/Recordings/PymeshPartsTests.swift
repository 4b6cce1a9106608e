import EngineCore
import LinkProfiles
import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("In place of a node of a Pymesh network, or of a modern one beside it, Heddle says what that node said")
struct PymeshPartsTests {
    private static let networkKey = bytes(hexadecimal: "0134c0de1ab51234c0de1ab5ca1a110f")!

    /// Pymesh's timers, with a router selection jitter of a second where the recorded nodes were told so.
    private static let hasty: LinkProfile = {
        var profile = LinkProfile.pymesh
        profile.routerSelectionJitter = .seconds(1)
        return profile
    }()

    /// A part up to the first ping.
    private static func part(
        _ recording: String, _ node: String, hears: String? = nil, profile: LinkProfile = hasty, to lastFrame: Int
    ) -> Understudy.Part {
        let id: UInt64 =
            switch node {
            case "O": 1
            case "N": 11
            default: UInt64(node.utf8.first!) - 0x40
            }
        let prefix: UInt64 = profile.dialect == .pymesh ? 0x70b3_d549_9000_0000 : 0x166e_0a00_0000_0000
        return Understudy.Part(
            recording: "pymesh/\(recording)", node: node, extendedAddress: ExtendedAddress(rawValue: prefix | id),
            lastFrame: lastFrame, hears: hears.map { Set($0.map(String.init)) }, profile: profile,
            changeDataset: {
                $0.networkName = NetworkName("OpenThread")
                if profile.dialect == .pymesh { $0.pskc = [UInt8](repeating: 0, count: 16) }
            }, networkKey: networkKey)
    }

    private func expectSame(_ part: Understudy.Part) throws {
        var understudy = try Understudy(part)
        understudy.play()
        #expect(understudy.differences.isEmpty, "\(part): \(understudy.differences.joined(separator: "\n"))")
    }

    // MARK: Pymesh alone

    /// What Pymesh's firmware sets, without a dataset.
    private static func native(_ part: Understudy.Part) -> Understudy.Part {
        var part = part
        part.changeDataset = {
            $0.channel = 11
            $0.extendedPANID = ExtendedPANID(rawValue: 0xdead_00be_ef00_cafe)
            $0.networkName = NetworkName("OpenThread")
            $0.pskc = [UInt8](repeating: 0, count: 16)
        }
        return part
    }

    /// A leads, B becomes a router because it decides so; C has no links but to its parent while it is a child.
    private static let natives: [Understudy.Part] = {
        var parts = ["A", "B", "C"].map { native(part("native3", $0, profile: .pymesh, to: .max)) }
        parts[1].commands[77] = { engine, now in
            _ = engine.resolve(
                IPv6Address("fdde:ad00:beef:0:795d:a5c3:86d8:a43c")!, from: engine.meshLocalEID!, now: now)
        }
        parts[2].commands[84] = { engine, now in
            _ = engine.resolve(
                IPv6Address("fdde:ad00:beef:0:bab0:40da:73e7:3559")!, from: engine.meshLocalEID!, now: now)
        }
        parts[2].deviations = [
            Understudy.Deviation(id: "child-links", text: "frame 37, Link Request: was not sent")
        ]
        return parts
    }()

    @Test("Three with the values of Pymesh's firmware", arguments: natives)
    func threeNatives(part: Understudy.Part) throws { try expectSame(part) }

    private static let old3: [Understudy.Part] = {
        var parts = ["A", "B", "C"].map { part("old3_pymesh", $0, to: 69) }
        parts[0].deviations = formerChild(frame: 54)
        return parts
    }()

    /// The parent of a node that has become a router answers its Link Request, but does not ask back.
    private static func formerChild(frame: Int) -> [Understudy.Deviation] {
        [
            Understudy.Deviation(
                id: "former-child-links", text: "frame \(frame), Link Accept And Request: was not sent"),
            Understudy.Deviation(id: "former-child-links", text: "unasked: Link Accept"),
        ]
    }

    @Test("Three that were given a dataset", arguments: old3)
    func dataset(part: Understudy.Part) throws { try expectSame(part) }

    private static let oldLine: [Understudy.Part] = {
        var middle = part("old_line", "B", hears: "AC", to: 67)
        middle.deviations = [
            Understudy.Deviation(id: "former-child-links", text: "frame 49, Link Request: was not sent")
        ]
        return [part("old_line", "A", hears: "B", to: 67), middle, part("old_line", "C", hears: "B", to: 67)]
    }()

    @Test("A line of three", arguments: oldLine)
    func line(part: Understudy.Part) throws { try expectSame(part) }

    /// While they are children, the recorded ones ask other routers for links.
    private static let oldJitter: [Understudy.Part] = {
        let requests = ["A": [], "B": [], "C": [50, 74, 110], "D": [52], "E": [48, 72]]
        return ["A", "B", "C", "D", "E"].map { node in
            var one = part("old_jitter_pymesh", node, profile: .pymesh, to: .max)
            one.deviations = requests[node, default: []].map {
                Understudy.Deviation(id: "child-links", text: "frame \($0), Link Request: was not sent")
            }
            if node == "A" { one.deviations += formerChild(frame: 86) }
            return one
        }
    }()

    @Test("Five that take their time to become routers", arguments: oldJitter)
    func jitter(part: Understudy.Part) throws { try expectSame(part) }

    // MARK: Pymesh and a modern node

    private static let modern: LinkProfile = {
        var profile = LinkProfile.ieee802154
        profile.routerSelectionJitter = .seconds(1)
        return profile
    }()

    /// OpenThread of 2018 without Pymesh's timers.
    private static let plain: LinkProfile = {
        var profile = modern
        profile.dialect = .pymesh
        return profile
    }()

    private static let mixed: [Understudy.Part] = {
        var parent = part("mixed_plain_newfirst", "N", profile: modern, to: 34)
        parent.deviations = [
            Understudy.Deviation(id: "former-child-links", text: "unasked, after a delay: linkAccept")
        ]
        return [
            native(part("mixed_native", "O", to: 36)), native(part("mixed_native", "N", profile: modern, to: 36)),
            part("mixed_nodataset", "O", to: 36), part("mixed_nodataset", "N", profile: modern, to: 36), parent,
            part("mixed_plain_newfirst", "O", profile: plain, to: 34),
        ]
    }()

    @Test("A modern node beside one of Pymesh's", arguments: mixed)
    func mixture(part: Understudy.Part) throws { try expectSame(part) }

    /// The modern parent forgets a child that takes ten seconds before it sends its Child ID Request. The slow one then
    /// leads a partition of its own, and the modern one comes over; where that one must stay, the slow one asks again.
    /// Both play on until the recorded ones miss an answer that came late, which this engine does not.
    private static let slow: [Understudy.Part] = [
        part("mixed_both", "O", to: 20), part("mixed_both", "N", profile: modern, to: 20),
        part("mixed_newfirst", "O", to: 52), part("mixed_newfirst", "N", profile: modern, to: 57),
        part("merge_pymesh_into_new", "O", to: 50), part("merge_pymesh_into_new", "N", profile: modern, to: 50),
    ]

    @Test("A node of Pymesh's pace that a modern parent does not wait for", arguments: slow)
    func slowChild(part: Understudy.Part) throws { try expectSame(part) }
}
