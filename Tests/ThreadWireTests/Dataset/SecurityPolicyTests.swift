import Testing
import WireCore

@testable import ThreadWire

@Suite("Security policies")
struct SecurityPolicyTests {
    @Test("The recorded policy reads as people wrote it")
    func recorded() {
        let policy = SecurityPolicy(rotationTime: 672, flags: 0xf7, moreFlags: 0x78)
        #expect(policy.description == "672 onrc 0")
        #expect(SecurityPolicy("672 onrc 0") == policy)
        #expect(SecurityPolicy.default.description == "672 onrc 0")
    }

    @Test(
        "Each letter stands for one bit",
        arguments: [
            ("o", 0x87, 0x78), ("n", 0x47, 0x78), ("r", 0x27, 0x78), ("c", 0x17, 0x78), ("C", 0x03, 0x78),
            ("e", 0x05, 0x78), ("p", 0x06, 0x78), ("R", 0x07, 0x38), ("oR", 0x87, 0x38),
        ])
    func letters(text: String, flags: Int, moreFlags: Int) {
        let policy = SecurityPolicy("1 \(text) 5")
        #expect(policy == SecurityPolicy(rotationTime: 1, flags: UInt8(flags), moreFlags: UInt8(moreFlags | 5)))
        #expect(policy?.description == "1 \(text) 5")
        #expect(policy?.versionThresholdForRouting == 5)
    }

    @Test("Letters and threshold may be missing, anything else is refused")
    func grammar() {
        #expect(SecurityPolicy("48")?.description == "48  0")
        #expect(SecurityPolicy("48 o")?.versionThresholdForRouting == 0)
        for text in ["", "x", "70000", "672 onrx", "672 onrc 8", "672 onrc 0 1", "-1 o 0"] {
            #expect(SecurityPolicy(text) == nil, "\(text)")
        }
    }

    @Test("One byte of flags stays one byte")
    func oneByte() throws {
        var reader = ByteReader(hex("02a0ff"))
        let policy = try SecurityPolicy(parsing: &reader)
        #expect(policy.moreFlags == nil && policy.byteCount == 3)
        #expect(written { policy.serialize(into: &$0) } == hex("02a0ff"))
        #expect(policy.versionThresholdForRouting == 0)
        #expect(policy.description == "672 onrc 0")
    }

    @Test("Who may be a router: all, or those of a version, and none without commercial commissioning where it is used")
    func routers() {
        func policy(_ flags: UInt8, _ more: UInt8?) -> SecurityPolicy {
            SecurityPolicy(rotationTime: 672, flags: flags, moreFlags: more)
        }
        #expect(SecurityPolicy.default.permitsRouters(ofVersion: 2))
        #expect(policy(0xf7, 0xf8).permitsRouters(ofVersion: 2))
        // Without the bit for routers the version decides.
        #expect(!policy(0xd7, 0xfa).permitsRouters(ofVersion: 4))
        #expect(policy(0xd7, 0xfa).permitsRouters(ofVersion: 5))
        // Commercial commissioning shuts out all others, unless their routers are permitted.
        #expect(!policy(0xf3, 0xf8).permitsRouters(ofVersion: 5))
        #expect(policy(0xf3, 0xb8).permitsRouters(ofVersion: 5))
        // One byte, as nodes of 2018 send it: its low bits mean nothing.
        #expect(policy(0xf8, nil).permitsRouters(ofVersion: 2))
        #expect(policy(0xff, nil).permitsRouters(ofVersion: 5))
        #expect(!policy(0xd8, nil).permitsRouters(ofVersion: 5))
    }

    @Test("The network key may be told unless its bit is clear")
    func networkKey() {
        #expect(SecurityPolicy.default.permitsNetworkKey)
        #expect(!SecurityPolicy(rotationTime: 672, flags: 0x77, moreFlags: 0xf8).permitsNetworkKey)
    }
}
