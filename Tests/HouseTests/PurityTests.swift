import Foundation
import Testing

/// The pure and engine layers take values and a time, and return values: nothing else may get in.
@Suite("The purity of the protocol's layers")
struct PurityTests {
    private static let layers = Layers.targets(in: .pure, .engine)

    /// What a line of code does that these layers must not do, or nil.
    static func impurity(in line: String) -> String? {
        let code = SourceTree.code(of: line)
        // Patterns are slow and seldom needed: only a line that holds one of these words is looked at closely.
        let words = ["Date(", "Clock", "clock_", "timeofday", "andom", "shuffle", "Task", "await", "rint("]
        guard words.contains(where: { code.contains($0) }) else { return nil }
        let forbidden: [(Regex<Substring>, String)] = [
            (#/\bDate\(/#, "reads a clock"),
            (#/\b(?:Continuous|Suspending)Clock\b/#, "reads a clock"),
            (#/\b(?:clock_gettime|gettimeofday)\b/#, "reads a clock"),
            (#/\bSystemRandomNumberGenerator\b/#, "draws from a hidden generator"),
            (#/\.random\((?!.*\busing:)/#, "draws from a hidden generator"),
            (#/\.(?:randomElement|shuffle|shuffled)\(\)/#, "draws from a hidden generator"),
            (#/\bTask\b[ .{(]/#, "starts or waits for a task"),
            (#/\bawait\b/#, "waits"),
            (#/\b(?:debugPrint|print)\(/#, "prints"),
        ]
        // Unicode's own word boundaries see one word in `ContinuousClock.now`.
        return forbidden.first { code.contains($0.0.wordBoundaryKind(.simple)) }?.1
    }

    @Test("The pure and engine layers import one another and nothing else", arguments: layers)
    func imports(target: String) throws {
        for file in try SourceTree.files(in: "Sources/\(target)", endingIn: ".swift") {
            for (index, line) in file.lines.enumerated() {
                guard let module = SourceTree.importedModule(in: line) else { continue }
                #expect(Self.layers.contains(module), "\(file.path):\(index + 1) imports \(module)")
            }
        }
    }

    @Test(
        "The pure and engine layers read no clock, draw from no hidden generator, wait for nothing", arguments: layers)
    func code(target: String) throws {
        for file in try SourceTree.files(in: "Sources/\(target)", endingIn: ".swift") {
            for (index, line) in file.lines.enumerated() {
                let impurity = Self.impurity(in: line)
                #expect(impurity == nil, "\(file.path):\(index + 1) \(impurity ?? "")")
            }
        }
    }

    @Test(
        "An impure line is found",
        arguments: [
            "let now = Date()", "ContinuousClock.now", "let x = Int.random(in: 0..<4)", "peers.shuffled()",
            "let y = SuspendingClock()", "await radio.send(frame)", "Task { }", "print(frame)", "peers.randomElement()",
            "var generator = SystemRandomNumberGenerator()",
        ])
    func impureLines(line: String) {
        #expect(Self.impurity(in: line) != nil)
    }

    @Test(
        "A pure line is left alone",
        arguments: [
            "let x = Int.random(in: 0..<4, using: &entropy)", "// Date() would be a clock", "let pendingTasks = 3",
            "peers.shuffled(using: &entropy)", "fingerprint(key)", "let awaited = true", "updateDate(now)",
        ])
    func pureLines(line: String) {
        #expect(Self.impurity(in: line) == nil)
    }

    @Test("The Embedded check compiles every target of the pure and engine layers")
    func embeddedListIsComplete() throws {
        let script = try String(
            contentsOf: SourceTree.root.appendingPathComponent("scripts/check-embedded"), encoding: .utf8)
        let list = try #require(script.firstMatch(of: #/modules=\(([^)]*)\)/#)?.1)
        #expect(list.split(whereSeparator: \.isWhitespace).map(String.init).sorted() == Self.layers)
    }
}
