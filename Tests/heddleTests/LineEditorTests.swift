import EngineCore
import Testing

@testable import heddle

@Suite struct LineEditorTests {
    private static let names = ["state", "stop", "ping", "pingx", "ipaddr", "ping"]

    /// The action of the last of some keys.
    private func type(_ keys: String, into editor: inout LineEditor) -> LineEditor.Action {
        var action = LineEditor.Action.none
        for byte in keys.utf8 { action = editor.receive(byte) }
        return action
    }

    private func editor() -> LineEditor {
        LineEditor(prompt: "> ", completions: Self.names)
    }

    @Test(
        "Keys edit the line",
        arguments: [
            ("state", "state", 5), ("abc\u{7f}", "ab", 2), ("abc\u{8}\u{8}", "a", 1), ("\u{7f}", "", 0),
            ("abc\u{1b}[D\u{1b}[Dx", "axbc", 2), ("abc\u{1b}OD\u{1b}[Cx", "abcx", 4), ("abc\u{1}x", "xabc", 1),
            ("abc\u{1b}[Hx\u{1b}[Fy", "xabcy", 5), ("abc\u{1b}[1~x\u{1b}[4~y", "xabcy", 5),
            ("abc\u{1}\u{1b}[3~", "bc", 0), ("abc\u{1}\u{4}", "bc", 0), ("abc\u{2}\u{2}\u{b}", "a", 1),
            ("abc\u{2}\u{15}", "c", 0), ("ab cd  \u{17}", "ab ", 3), ("ab cd\u{17}\u{17}", "", 0), ("\u{17}", "", 0),
            ("abc\u{2}\u{6}\u{6}\u{5}d", "abcd", 4), ("aöü\u{7f}", "aö", 2), ("a\u{1f600}b\u{2}\u{7f}", "ab", 1),
            ("e\u{301}x", "e\u{301}x", 2), ("a\u{1b}[999999999999999999999Zb", "a9999Zb", 7), ("\u{1b}xa", "a", 1),
            ("\u{0}\u{1c}\u{1f}a", "a", 1),
        ])
    func editing(keys: String, text: String, cursor: Int) {
        var editor = editor()
        _ = type(keys, into: &editor)
        #expect(String(editor.text) == text)
        #expect(editor.cursor == cursor)
    }

    @Test("Enter gives the line and begins a new one")
    func submit() {
        var editor = editor()
        #expect(type("state\r", into: &editor) == .submit("state"))
        #expect(editor.text.isEmpty && editor.cursor == 0)
        #expect(type("a\n", into: &editor) == .submit("a"))
        #expect(type("\r", into: &editor) == .submit(""))
    }

    @Test("Ctrl-C gives a line up, Ctrl-D ends an empty one, Ctrl-L clears the screen")
    func controls() {
        var editor = editor()
        #expect(type("state\u{3}", into: &editor) == .interrupt)
        #expect(editor.text.isEmpty)
        #expect(type("\u{4}", into: &editor) == .endOfInput)
        #expect(type("a\u{4}", into: &editor) == .none)
        #expect(type("\u{c}", into: &editor) == .clearScreen)
        #expect(String(editor.text) == "a")
    }

    @Test("The arrows walk through earlier lines and back to the one begun")
    func history() {
        var editor = editor()
        for line in ["one", "two", "two", " ", "three"] { _ = type(line + "\r", into: &editor) }
        _ = type("begun", into: &editor)
        var seen: [String] = []
        for key in ["\u{1b}[A", "\u{1b}OA", "\u{10}", "\u{1b}[A", "\u{1b}[B", "\u{e}", "\u{1b}[B", "\u{1b}[B"] {
            _ = type(key, into: &editor)
            seen.append(String(editor.text))
        }
        #expect(seen == ["three", "two", "one", "one", "two", "three", "begun", "begun"])
        #expect(editor.cursor == 5)
        _ = type("\u{1b}[A\u{1b}[Ax\r\u{1b}[A", into: &editor)
        #expect(String(editor.text) == "twox")
        _ = type("\u{1b}[A\u{1b}[A", into: &editor)
        #expect(String(editor.text) == "two", "what was called up and changed does not change the line it came from")
    }

    @Test("Tab completes the first word")
    func completion() {
        var editor = editor()
        #expect(type("ip\t", into: &editor) == .redraw)
        #expect(String(editor.text) == "ipaddr ")
        #expect(type("x\t", into: &editor) == .none)
        _ = type("\u{3}", into: &editor)
        #expect(type("s\t", into: &editor) == .redraw)
        #expect(String(editor.text) == "st")
        #expect(type("\t", into: &editor) == .list(["state", "stop"]))
        _ = type("\u{3}p\t", into: &editor)
        #expect(type("\t", into: &editor) == .list(["ping", "pingx"]))
        _ = type("\u{3}z", into: &editor)
        #expect(type("\t", into: &editor) == .none)
        _ = type("\u{3}", into: &editor)
        #expect(type("\t", into: &editor) == .list(["ipaddr", "ping", "pingx", "state", "stop"]))
    }

    @Test("The line is drawn with the cursor in its place, cut to the terminal's width around the cursor")
    func rendering() {
        var editor = editor()
        _ = type("abcdef\u{2}\u{2}", into: &editor)
        #expect(editor.rendering(columns: 80) == "\r\u{1b}[K> abcdef\r\u{1b}[6C")
        #expect(editor.rendering(columns: 6) == "\r\u{1b}[K> bcd\r\u{1b}[5C")
        _ = type("\u{1}", into: &editor)
        #expect(editor.rendering(columns: 6) == "\r\u{1b}[K> abc\r\u{1b}[2C")
        #expect(editor.rendering(columns: 0) == "\r\u{1b}[K> a\r\u{1b}[2C")
    }

    @Test("No bytes whatever bring the editor to a trap")
    func fuzz() {
        let seed = UInt64.random(in: 0 ... .max)
        print("line editor seed \(seed)")
        var generator = OpenEntropy(seed: seed)
        var editor = editor()
        for _ in 0..<50_000 {
            let kind = generator.below(8)
            let byte = kind < 2 ? 0x1b : kind < 3 ? 0x5b : UInt8(generator.below(256))
            _ = editor.receive(byte)
            #expect((0...editor.text.count).contains(editor.cursor))
            if kind == 7 { _ = editor.rendering(columns: Int(generator.below(30))) }
        }
    }
}
