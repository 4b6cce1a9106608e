import Testing

@Suite("How answers are compared with recorded ones")
struct AnswerMatcherTests {
    @Test(
        "Values of one kind may differ",
        arguments: [
            ("Age: 3", "Age: 193"), ("RSSI: -46", "RSSI: -20"), ("d000", "0800"), ("1000", "d000"),
            ("Rloc16: 0xd000", "Rloc16: 0x2800"), ("Ext Addr: 166e0a0000000001", "Ext Addr: 0000000000000000"),
            ("fd00:0:0:0:1:2:3:4", "fe80:0:0:0:146e:a00:0:1"),
            ("fd00:1:2:3::/64 paros med 0400", "2001:cafe:cafe:cafe::/64 paros med d000"),
            ("00:00:52.757", "1d.02:03:04.001"),
            (
                "8 bytes from fd00::1: icmp_seq=2 hlim=64 time=4ms",
                "16 bytes from fe80::2: icmp_seq=9 hlim=63 time=41ms"
            ),
            (
                "1 packets transmitted, 1 packets received. Packet loss = 0.0%. Round-trip min/avg/max = 4/4.000/4 ms.",
                "3 packets transmitted, 3 packets received. Packet loss = 10.0%. Round-trip min/avg/max = 24/26.333/30 ms."
            ),
            ("| 51 | 0xcc00 |       63 |", "| 52 | 0xd000 |        1 |"), ("    3-links:{ 51 }", "    3-links:{ 07 }"),
            ("Tx Time: 0.102816s (0.19%)", "Tx Time: 1.000000s (10.19%)"),
            ("    conn-time:00:01:27", "    conn-time:12:34:56"), ("51 52 59 ", "1 2 3 "),
            ("Network Data: 08040b02d53c", "Network Data: 08040b02d8030b0001"),
            (
                "id:52 rloc16:0xd000 ext-addr:166e0a0000000001 ver:5 - me",
                "id:01 rloc16:0x0400 ext-addr:166e0a0000000002 ver:4 - me"
            ),
        ])
    func same(mine: String, theirs: String) {
        #expect(AnswerMatcher.difference(inLine: mine, theirs) == nil)
        #expect(AnswerMatcher.difference(inLine: theirs, mine) == nil)
    }

    @Test(
        "Everything else may not",
        arguments: [
            ("leader", "router"), ("Done", "Error 1: Failed"), ("Error 7: InvalidArgs", "Error 6: InvalidArgs"),
            ("Error 35: InvalidCommand", "Error 7: InvalidArgs"), ("rdn", "rn"), ("Mode: -", "Mode: rdn"),
            ("Network Name: a", "Network Name: b"), ("Age: 3", "Age:  3"), ("Age: 3", "age: 3"),
            ("Age: 3", "Age: three"),
            ("d000", "0xd000"), ("0011aabbcc", "0011aabbccdd"), ("0xd000", "0x2d000"), ("d000", "d0000"),
            ("166e0a0000000001", "166e0a00000001"),
            ("fd00::1", "1000"), ("fd00:0:0:0::/64", "fd00:0:0:0:0:0:0:0"), ("12:34:56", "fd00:1:2:3:4:5:6:7"),
            ("51 52 59 ", "51 52 "), ("51 52 59 ", "51 52 59"), ("time=4ms", "time=4s"), ("time=4ms", "age=4ms"),
            ("| 51 | 0xcc00 |", "| 51  | 0xcc00 |"), ("| R | 0xcc00 |", "| C | 0xcc00 |"),
            ("    3-links:{ 51 }", "    2-quinks:{ 51 }"),
            ("fd00:1:2:3::/64 paros med 0400", "fd00:1:2:3::/64 paos med 0400"),
            ("fd00:1:2:3::/64 paros med 0400", "fd00:1:2:3::/64 paros low 0400"),
            ("44970 5d c0de s d000 0", "44970 5d c0de d000 0"), ("0.00 %", "0.00%"), ("a - me", "a"), ("", " "),
            ("Packet loss = 0.0%.", "Packet loss = 0.0%"),
        ])
    func different(mine: String, theirs: String) {
        #expect(AnswerMatcher.difference(inLine: mine, theirs) != nil)
        #expect(AnswerMatcher.difference(inLine: theirs, mine) != nil)
    }

    @Test("Lines are compared in their order, and none may be missing")
    func lines() {
        let answer = ["Rloc: d000", "Age: 3", "Done"]
        #expect(AnswerMatcher.difference(answer, answer) == nil)
        #expect(AnswerMatcher.difference(answer, ["Rloc: cc00", "Age: 200", "Done"]) == nil)
        #expect(AnswerMatcher.difference(answer, ["Age: 3", "Rloc: d000", "Done"]) != nil)
        #expect(AnswerMatcher.difference(answer, ["Rloc: d000", "Done"]) != nil)
        #expect(AnswerMatcher.difference(["Rloc: d000", "Done"], answer) != nil)
        #expect(AnswerMatcher.difference([], answer) != nil)
    }
}
