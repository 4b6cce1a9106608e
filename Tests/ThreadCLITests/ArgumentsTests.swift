import Testing
import ThreadWire

@testable import ThreadCLI

@Suite("Words of a command line")
struct ArgumentsTests {
    @Test(
        "A line falls apart at spaces, tabs and line ends",
        arguments: [
            ("", []), ("   \t ", []), ("state", ["state"]), ("  state  ", ["state"]), ("state\r\n", ["state"]),
            ("ping\tfe80::1  8", ["ping", "fe80::1", "8"]), ("udp send a\\ b", ["udp", "send", "a b"]),
            ("a\\\\b", ["a\\b"]), ("a\\nb", ["a\\nb"]), ("a\\", ["a\\"]), ("\\ ", [" "]), ("a\\\tb c", ["a\tb", "c"]),
        ] as [(String, [String])])
    func splitting(line: String, words: [String]) throws {
        #expect(try ArgumentSplitting.words(of: line) == words)
    }

    @Test("A line of 4096 bytes is read, a longer one is not")
    func lineLength() throws {
        #expect(try ArgumentSplitting.words(of: String(repeating: "x", count: 4096)).count == 1)
        #expect(throws: CommandError.parse) {
            try ArgumentSplitting.words(of: String(repeating: "x", count: 4097))
        }
    }

    @Test("A line of 31 words is read, one of more is not")
    func wordCount() throws {
        #expect(try ArgumentSplitting.words(of: String(repeating: "x ", count: 31)).count == 31)
        #expect(throws: CommandError.invalidArguments) {
            try ArgumentSplitting.words(of: String(repeating: "x ", count: 32))
        }
    }

    @Test(
        "Numbers are decimal, or hexadecimal behind 0x",
        arguments: [
            ("0", 0), ("255", 255), ("0xff", 255), ("0XFF", 255), ("256", nil), ("-1", nil), ("+1", nil), ("0x", nil),
            ("0x+1", nil), ("1a", nil), ("", nil), ("0x100", nil), ("99999999999999999999", nil), ("١", nil),
        ] as [(String, UInt8?)])
    func unsignedNumbers(text: String, value: UInt8?) {
        var arguments = Arguments([text])
        #expect((try? arguments.unsigned(UInt8.self)) == value)
    }

    @Test(
        "Signed numbers may have a sign",
        arguments: [
            ("-85", -85), ("+3", 3), ("-128", -128), ("-129", nil), ("127", 127), ("128", nil), ("--1", nil),
            ("-", nil),
            ("-18446744073709551615", nil),
        ] as [(String, Int8?)])
    func signedNumbers(text: String, value: Int8?) {
        var arguments = Arguments([text])
        #expect((try? arguments.signed(Int8.self)) == value)
    }

    @Test("Bytes are hexadecimal digits, the first alone where their number is odd")
    func bytes() {
        var odd = Arguments(["123"])
        #expect((try? odd.bytes(count: 2)) == [0x01, 0x23])
        var tooFew = Arguments(["12"])
        #expect(throws: CommandError.invalidArguments) { try tooFew.bytes(count: 2) }
        var noDigits = Arguments(["zz"])
        #expect(throws: CommandError.invalidArguments) { try noDigits.bytes() }
    }

    @Test("A missing address is an invalid argument, a wrong one does not parse")
    func addresses() {
        var none = Arguments([])
        #expect(throws: CommandError.invalidArguments) { try none.address() }
        var wrong = Arguments(["abc"])
        #expect(throws: CommandError.parse) { try wrong.address() }
        var prefix = Arguments(["2001::/200"])
        #expect(throws: CommandError.parse) { try prefix.prefix() }
    }

    @Test(
        "Seconds have up to three decimals that count",
        arguments: [
            ("1", 1000), ("0.5", 500), ("0.0015", 1), (".25", 250), ("2.", 2000), ("1.2.3", nil), ("-1", nil),
            ("abc", nil), ("99999999999999999999999", nil), ("4294967", 4_294_967_000),
        ] as [(String, Int64?)])
    func seconds(text: String, milliseconds: Int64?) {
        var arguments = Arguments([text])
        #expect((try? arguments.seconds()) == milliseconds.map { .milliseconds($0) })
    }
}
