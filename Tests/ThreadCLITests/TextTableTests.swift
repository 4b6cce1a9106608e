import TestSupport
import Testing

@testable import ThreadCLI

@Suite("Tables")
struct TextTableTests {
    @Test("Titles too long for their column fill it without spaces")
    func narrowTitles() {
        let table = TextTable([.init("ID", 6), .init("NxtHop", 6), .init("Cost", 6)])
        #expect(table.heading == ["| ID   |NxtHop| Cost |", "+------+------+------+"])
        #expect(table.row(["51", "-", "2"]) == "|   51 |    - |    2 |")
    }

    @Test("Narrow cells have no spaces, wide cells push the row out")
    func cells() {
        let table = TextTable([
            .init("R", 1, .narrow), .init("Ver", 3, .narrow), .init("Age", 5), .init("Name", 8, .left),
        ])
        #expect(table.heading[0] == "|R|Ver| Age | Name   |")
        #expect(table.row(["1", "5", "7", "a"]) == "|1|  5|   7 | a      |")
        #expect(table.row(["1", "5", "12345", "a"]) == "|1|  5| 12345 | a      |")
    }

    @Test("Durations are hours, minutes and seconds behind their days")
    func durations() {
        #expect(Duration.seconds(38).clockText == "00:00:38")
        #expect(Duration.seconds(86_400 + 2 * 3600 + 3 * 60 + 4).clockText == "1d.02:03:04")
        #expect(Duration.seconds(-5).clockText == "00:00:00")
    }

    @Test("Control characters cannot break a line")
    func controlCharacters() {
        #expect("a\nDone\r\u{7f}b".onOneLine == "a\u{fffd}Done\u{fffd}\u{fffd}b")
        #expect(text(received: Array("ab".utf8) + [0, 0x63]) == "ab")
        #expect(text(received: [0xff]) == "\u{fffd}")
    }
}
