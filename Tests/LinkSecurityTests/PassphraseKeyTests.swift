import CryptoProviders
import TestSupport
import Testing
import WireCore

@testable import LinkSecurity

@Suite("Keys made of passphrases")
struct PassphraseKeyTests {
    private let cryptography = MbedTLSCryptography()

    private func hex(_ text: String) -> [UInt8] { bytes(hexadecimal: text) ?? [] }

    @Test(
        "AES-CMAC: RFC 4493 §4",
        arguments: [
            ("", "bb1d6929e95937287fa37d129b756746"),
            ("6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"),
            (
                "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
                "dfa66747de9ae63030ca32611497c827"
            ),
        ])
    func messageAuthenticationCode(message: String, code: String) {
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c")
        #expect(cryptography.aesCMAC(key: key, message: hex(message)) == hex(code))
    }

    @Test(
        "Keys of other lengths than 16 bytes: RFC 4615 §4",
        arguments: [
            ("000102030405060708090a0b0c0d0e0fedcb", "84a348a4a45d235babfffc0d2b4da09a"),
            ("000102030405060708090a0b0c0d0e0f", "980ae87b5f4c9c5214f5b6a8455e4c2d"),
            ("00010203040506070809", "290d9e112edb09ee141fcf64c0b72f3d"),
        ])
    func otherLengths(key: String, code: String) {
        // One round of PBKDF2 is the function itself, over salt and block number.
        let message = hex("000102030405060708090a0b0c0d0e0f10111213")
        #expect(message.suffix(4) == [0x10, 0x11, 0x12, 0x13])
        let password = hex(key)
        let prepared =
            password.count == 16
            ? password : cryptography.aesCMAC(key: [UInt8](repeating: 0, count: 16), message: password)
        #expect(cryptography.aesCMAC(key: prepared, message: message) == hex(code))
        let salt: [UInt8] = [1, 2, 3]
        #expect(
            PassphraseKey.derive(password: password, salt: salt, rounds: 1, cryptography: cryptography)
                == cryptography.aesCMAC(key: prepared, message: salt + [0, 0, 0, 1]))
    }

    @Test("Rounds are combined")
    func rounds() {
        let key = [UInt8](repeating: 7, count: 16)
        let first = cryptography.aesCMAC(key: key, message: [0, 0, 0, 1])
        let second = cryptography.aesCMAC(key: key, message: first)
        #expect(
            PassphraseKey.derive(password: key, salt: [], rounds: 2, cryptography: cryptography)
                == zip(first, second).map { $0 ^ $1 })
    }

    @Test("OpenThread's `pskc -p` gives the same key for the same network")
    func network() {
        func key(_ passphrase: String) -> [UInt8]? {
            PassphraseKey.make(
                passphrase: passphrase, networkName: Array("Test Network".utf8), extendedPANID: 0x0001_0203_0405_0607,
                cryptography: cryptography)
        }
        #expect(key("12SECRETPASSWORD34") == hex("c3f59368445a1b6106be420a706d4cc9"))
        #expect(key("12345") == nil)
        #expect(key(String(repeating: "x", count: 256)) == nil)
        #expect(key("123456") != nil)
    }
}
