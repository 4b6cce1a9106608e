import Testing
import WireCore

@testable import ThreadWire

@Suite("Route64 and router id masks")
struct Route64Tests {
    @Test("The first bit of the mask is router 0")
    func maskBits() {
        var mask = RouterIDMask()
        #expect(mask.isEmpty)
        mask.insert(RouterID(rawValue: 0))
        mask.insert(RouterID(rawValue: 62))
        mask.insert(RouterID(rawValue: 8))
        #expect(written { mask.serialize(into: &$0) } == hex("8080000000000002"))
        #expect(mask.count == 3)
        #expect(mask.contains(RouterID(rawValue: 8)) && !mask.contains(RouterID(rawValue: 9)))
        #expect(Array(mask) == [0, 8, 62].map { RouterID(rawValue: $0) })
        mask.remove(RouterID(rawValue: 8))
        #expect(Array(mask).map(\.rawValue) == [0, 62])
        #expect(RouterIDMask([RouterID(rawValue: 62), RouterID(rawValue: 0)]) == mask)
    }

    @Test("The entry of a router is found by its place in the mask")
    func entries() {
        let ids = [0, 5, 33, 62].map { RouterID(rawValue: $0) }
        let route64 = Route64(
            idSequence: 1, routerIDMask: RouterIDMask(ids),
            entries: (1...4).map { RouteEntry(linkQualityOut: 1, linkQualityIn: 3, routeCost: $0) })
        for (index, id) in ids.enumerated() {
            #expect(route64.entry(for: id)?.routeCost == UInt8(index + 1))
        }
        #expect(route64.entry(for: RouterID(rawValue: 6)) == nil)
        #expect(route64.entry(for: .none) == nil)
        #expect(route64.entries[0].rawValue == 0x71)
        #expect(route64.entries[0].linkQualityOut == 1 && route64.entries[0].linkQualityIn == 3)
    }

    @Test("A mask with other than one entry for each router is refused")
    func entryCount() {
        for text in ["05c000000000000000", "05c000000000000000e0", "05c000000000000000e00101"] {
            var reader = ByteReader(hex(text))
            #expect(
                parseError { () throws(ParseError) in try Route64(parsing: &reader) }?.reason
                    == .invalidLength(found: text.count / 2 - 9, expected: 2))
        }
    }

    @Test("The mode says what a node can do and wants", arguments: UInt8.min...UInt8.max)
    func mode(value: UInt8) {
        var mode = DeviceMode(rawValue: value)
        #expect(mode.isReceiverOnWhenIdle == (value & 8 != 0))
        #expect(mode.usesSecureDataRequests == (value & 4 != 0))
        #expect(mode.isFullThreadDevice == (value & 2 != 0))
        #expect(mode.requestsFullNetworkData == (value & 1 != 0))
        mode.isReceiverOnWhenIdle.toggle()
        mode.requestsFullNetworkData.toggle()
        #expect(mode.rawValue == value ^ 9)
    }

    @Test("A mode made of its parts sends data requests secured")
    func modeParts() {
        let sleepy = DeviceMode(isReceiverOnWhenIdle: false, isFullThreadDevice: false, requestsFullNetworkData: false)
        #expect(sleepy.rawValue == 4)
        #expect(sleepy.description == "-")
    }
}
