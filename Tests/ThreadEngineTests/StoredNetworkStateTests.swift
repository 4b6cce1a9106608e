import Testing
import ThreadWire
import WireCore

@testable import ThreadEngine

@Suite("What a store keeps of a node's place")
struct StoredNetworkStateTests {
    @Test("A node that forgets its network keeps who it is and every counter that it used")
    func forgetting() throws {
        var usage = KeyUsage()
        usage.reserve(3, below: 5000)
        let state = StoredNetworkState(
            role: .router, rloc16: RLOC16(rawValue: 0x2c00), keySequence: 3, mleFrameCounterLimit: 1000,
            linkFrameCounterLimit: 5000, meshLocalInterfaceIdentifier: 1,
            extendedAddress: ExtendedAddress(rawValue: 2), previousPartitionID: PartitionID(rawValue: 3),
            parent: ExtendedAddress(rawValue: 4), keyUsage: usage)
        let forgotten = state.forgettingNetwork(interfaceIdentifier: 9)
        #expect(forgotten.extendedAddress == state.extendedAddress)
        #expect(forgotten.keySequence == 3)
        #expect(forgotten.mleFrameCounterLimit == 1000 && forgotten.linkFrameCounterLimit == 5000)
        #expect(forgotten.keyUsage == usage)
        #expect(forgotten.meshLocalInterfaceIdentifier == 9)
        #expect(forgotten.role == .disabled && forgotten.rloc16 == .unassigned)
        #expect(forgotten.previousPartitionID.rawValue == 0 && forgotten.parent.rawValue == 0)
        var reader = ByteReader(forgotten.record.value)
        #expect(try StoredNetworkState(parsing: &reader) == forgotten)
    }
}
