import TestSupport
import Testing

@testable import ThreadCLI

@Suite("Command errors")
struct CommandErrorTests {
    @Test("Numbers and names are those that OpenThread printed while it was recorded")
    func recordedNames() throws {
        let lines = try Fixtures.text("thread/cliref.cli.txt").split(whereSeparator: \.isNewline)
        let recorded = Set(lines.filter { $0.hasPrefix("Error ") && $0.contains(": ") }.map(String.init))
        #expect(recorded.count >= 8)
        for line in recorded {
            #expect(CommandError.allCases.contains { $0.description == line }, "\(line)")
        }
    }

    @Test("No two errors share a number or a name")
    func namesAreUnique() {
        #expect(Set(CommandError.allCases.map(\.name)).count == CommandError.allCases.count)
        #expect(CommandError.allCases.map(\.rawValue) == CommandError.allCases.map(\.rawValue).sorted())
    }

    @Test("A result ends with Done, an error line or nothing")
    func resultLines() {
        #expect(CommandResult.done.line == "Done")
        #expect(CommandResult.failed(.invalidCommand).line == "Error 35: InvalidCommand")
        #expect(CommandResult.silent.line == nil)
    }
}
