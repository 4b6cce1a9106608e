import LinuxDevices
import Testing

@Suite struct KernelEntropyTests {
    @Test("As many bytes come as were asked for, and no two drawings are equal", arguments: [16, 32, 1000])
    func bytes(count: Int) {
        let entropy = KernelEntropy()
        let first = entropy.bytes(count)
        #expect(first.count == count)
        #expect(first != entropy.bytes(count))
        #expect(entropy.bytes(0).isEmpty)
        #expect(entropy.seed() != entropy.seed())
    }
}
