import CryptoProviders
import LinkSecurity
import Testing
import WireCore

@Suite("Key schedule")
struct KeyScheduleTests {
    static let networkKey = bytes(hexadecimal: "00112233445566778899aabbccddeeff")!

    /// - Source: the check values at the top of thread/ccm-vectors.txt
    @Test("Both keys of a sequence have the recorded values")
    func checkValues() {
        let cryptography = MbedTLSCryptography()
        let first = KeySchedule.keys(networkKey: Self.networkKey, keySequence: 0, cryptography: cryptography)
        #expect(hexadecimal(first.mleKey) == "5445f4158fd75912175809f8b57a66a4")
        #expect(hexadecimal(first.macKey) == "de89c53af382b421e0fde5a9bae3bef0")
        let second = KeySchedule.keys(networkKey: Self.networkKey, keySequence: 1, cryptography: cryptography)
        #expect(hexadecimal(second.mleKey) == "8f4cd1a27d95c07d12db8974bd615c13")
        #expect(hexadecimal(second.macKey) == "9be0d1af7bd87350deabcdd07febb9d5")
    }

    @Test("The key index counts from 1 to 128")
    func keyIndex() {
        #expect(KeySchedule.keyIndex(keySequence: 0) == 1)
        #expect(KeySchedule.keyIndex(keySequence: 127) == 128)
        #expect(KeySchedule.keyIndex(keySequence: 128) == 1)
        #expect(KeySchedule.keyIndex(keySequence: .max) == 128)
    }
}
