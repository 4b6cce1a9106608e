import Testing

@testable import ThreadCLI

@Suite("Usage lines, which are rules as well")
struct UsageTests {
    @Test("Small letters stand for themselves, up to the first value or bracket")
    func leading() {
        #expect(Usage("state").leading == [["state"]])
        #expect(
            Usage("dataset init active|pending|new").leading == [["dataset"], ["init"], ["active", "pending", "new"]])
        #expect(Usage("child ID|RLOC16").leading == [["child"]])
        #expect(Usage("ping [async] ADDRESS").leading == [["ping"]])
        #expect(Usage("pskc -p PASSPHRASE").leading == [["pskc"], ["-p"]])
        #expect(Usage("networkdiagnostic get ADDRESS TYPE...").leading == [["networkdiagnostic"], ["get"]])
    }

    @Test("Words are counted, but where three dots stand")
    func limits() {
        #expect(Usage("udp bind ADDRESS PORT").limit == 4)
        #expect(Usage("ping [async] [-I SOURCE] ADDRESS [SIZE [COUNT]]").limit == 7)
        #expect(Usage("networkdiagnostic get ADDRESS TYPE...").limit == nil)
    }

    @Test("A line is compared with the forms that it begins like")
    func surplus() {
        let command = Command("child", ["child table", "child ID|RLOC16"]) { _ in }
        for words in [["child"], ["child", "table"], ["child", "7"]] {
            #expect(throws: Never.self) { try command.refuseSurplus(words) }
        }
        for words in [["child", "table", "x"], ["child", "7", "8"]] {
            #expect(throws: CommandError.invalidArguments) { try command.refuseSurplus(words) }
        }
        // A form that is not known is for the command to refuse.
        let family = Command("udp", ["udp open"]) { _ in }
        #expect(throws: Never.self) { try family.refuseSurplus(["udp", "bogus", "x"]) }
        for surplus in [Command.Surplus.ignored, .judged] {
            let patient = Command("state", ["state"], surplus: surplus) { _ in }
            #expect(throws: Never.self) { try patient.refuseSurplus(["state", "x", "y"]) }
        }
        let single = Command("rloc16", ["rloc16"]) { _ in }
        #expect(throws: CommandError.invalidArguments) { try single.refuseSurplus(["rloc16", "x"]) }
        // Words behind a form that others begin with may be meant for those.
        let nested = Command("macfilter", ["macfilter", "macfilter addr", "macfilter addr add EXTADDR [RSS]"]) { _ in }
        #expect(throws: Never.self) { try nested.refuseSurplus(["macfilter", "x"]) }
        #expect(throws: Never.self) { try nested.refuseSurplus(["macfilter", "addr", "x"]) }
        #expect(throws: CommandError.invalidArguments) {
            try nested.refuseSurplus(["macfilter", "addr", "add", "1", "2", "3"])
        }
    }
}
