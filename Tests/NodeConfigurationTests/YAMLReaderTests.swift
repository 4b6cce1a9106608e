import EngineCore
import Foundation
import Testing

@testable import NodeConfiguration

@Suite struct YAMLReaderTests {
    private func reader(_ text: String) throws -> YAMLReader {
        try YAMLReader(text: text, file: "test.yaml")
    }

    private func errors(_ body: () throws -> Void) -> [ConfigurationError] {
        do {
            try body()
            return []
        } catch let errors as ConfigurationErrors {
            return errors.errors
        } catch {
            Issue.record("not a configuration error: \(error)")
            return []
        }
    }

    enum Colour: String, CaseIterable { case red, green }

    @Test("Values of every kind are read")
    func kinds() throws {
        let reader = try reader(
            """
            name: heddle
            quoted: "0x10"
            count: 12
            mask: 0x1F
            below: -9
            ratio: 2.5
            whole: 3
            on: true
            colour: green
            list: [a, b]
            inner: { key: value }
            nothing:
            """)
        let root = reader.root
        #expect(root.required("name")?.string() == "heddle")
        #expect(root.required("quoted")?.string() == "0x10")
        #expect(root.required("count")?.integer(in: 0...12) == 12)
        #expect(root.required("mask")?.integer(in: 0...31) == 31)
        #expect(root.required("below")?.integer(in: -9...22) == -9)
        #expect(root.required("ratio")?.number(in: 0...3) == 2.5)
        #expect(root.required("whole")?.number(in: 0...3) == 3)
        #expect(root.required("on")?.boolean() == true)
        #expect(root.required("colour")?.choice(of: Colour.self) == .green)
        #expect(root.required("list")?.sequence()?.compactMap { $0.string() } == ["a", "b"])
        #expect(root.required("inner")?.mapping()?.required("key")?.string() == "value")
        #expect(root.optional("nothing") == nil)
        #expect(root.optional("absent") == nil)
        #expect(try reader.finish(7) == 7)
    }

    @Test("All problems of a file are reported, in the order of its lines")
    func allProblems() throws {
        let found = errors {
            let reader = try reader(
                """
                count: many
                colour: blue
                lost: 1
                range: 13
                """)
            let root = reader.root
            #expect(root.required("range")?.integer(in: 5...12, unit: "steps") == nil)
            #expect(root.required("count")?.integer(in: 0...9) == nil)
            #expect(root.required("colour")?.choice(of: Colour.self) == nil)
            #expect(root.required("cost") == nil)
            _ = try reader.finish(())
        }
        #expect(
            found.map(\.description) == [
                "test.yaml:1: count: found `many`, expected a whole number from 0 to 9",
                "test.yaml:1: cost: found nothing, expected a value, which is required",
                "test.yaml:2: colour: found `blue`, expected one of red, green",
                "test.yaml:3: lost: found an unknown key, expected one of range, count, colour, cost "
                    + "(did you mean `cost`?)",
                "test.yaml:4: range: found `13`, expected a whole number from 5 to 12 steps",
            ])
    }

    @Test(
        "What is no number in range is refused",
        arguments: ["\"5\"", "5.0", "0x", "0x-5", "1e1", "99999999999999999999", "-1", "[5]", "{a: 5}", "five", "11"])
    func notAnInteger(text: String) throws {
        let reader = try reader("value: \(text)")
        #expect(reader.root.required("value")?.integer(in: 0...10) == nil)
        #expect(reader.errors.count == 1)
    }

    @Test("What is no decimal number is refused", arguments: ["nan", "inf", "0x1p3", "\"5\"", "x", "[1]", "1e99"])
    func notANumber(text: String) throws {
        let reader = try reader("value: \(text)")
        #expect(reader.root.required("value")?.number(in: 0...10) == nil)
        #expect(reader.errors.count == 1)
    }

    @Test("Only true and false are truth values", arguments: ["yes", "on", "1", "\"true\"", "True"])
    func notABoolean(text: String) throws {
        let reader = try reader("value: \(text)")
        #expect(reader.root.required("value")?.boolean() == nil)
        #expect(reader.errors.count == 1)
    }

    @Test("A secret does not appear in its error")
    func secret() throws {
        let reader = try reader("key: hunter2")
        let value: Int? = reader.root.required("key")?.parsed(expected: "a key", secret: true) { _ in nil }
        #expect(value == nil)
        #expect(reader.errors.map(\.found) == ["a text of 7 bytes"])
    }

    @Test("Paths in lists and mappings say where")
    func paths() throws {
        let reader = try reader("nodes:\n  - { name: A }\n  - { name: [] }")
        let names = reader.root.required("nodes")?.sequence()?.map { $0.mapping()?.required("name")?.string() }
        #expect(names == ["A", nil])
        #expect(reader.errors.map(\.keyPath) == ["nodes[1].name"])
        #expect(reader.errors.map(\.line) == [3])
    }

    @Test("A mapping of free names gives all of its entries")
    func entries() throws {
        let reader = try reader("A: 1\nB: 2")
        #expect(reader.root.entries().map(\.key) == ["A", "B"])
        #expect(reader.root.entries().compactMap { $0.value.integer(in: 0...9) } == [1, 2])
        #expect(throws: Never.self) { _ = try reader.finish(()) }
    }

    @Test(
        "What is not one YAML mapping is refused with its line",
        arguments: [
            ("a: [1", 2, "valid YAML"), ("a: b: c", 1, "valid YAML"), ("a: \"x", 1, "valid YAML"),
            ("a: 1\n---\nb: 2", 2, "a single one"), ("a: 1\nb: 2\na: 3", 1, "each key once"),
            ("- 1", 1, "a mapping"), ("text", 1, "a mapping"),
        ] as [(String, Int, String)])
    func malformed(text: String, line: Int, expected: String) {
        let found = errors { _ = try reader(text) }
        #expect(found.map(\.expected) == [expected])
        #expect(found.first?.line == line, "\(found)")
    }

    @Test("An empty file, an unreadable one, a folder and one that is not UTF-8 are refused")
    func unreadable() throws {
        #expect(errors { _ = try reader("# only a comment\n") }.map(\.found) == ["an empty file"])
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let binary = folder.appendingPathComponent("binary.yaml")
        try Data([0x61, 0x3a, 0xff, 0xfe]).write(to: binary)
        let missing = folder.appendingPathComponent("missing.yaml").path
        #expect(
            errors { _ = try YAMLReader(file: missing) }.map(\.found)
                == ["an unreadable file (No such file or directory)"])
        #expect(errors { _ = try YAMLReader(file: folder.path) }.count == 1)
        #expect(errors { _ = try YAMLReader(file: binary.path) }.map(\.found) == ["bytes that are not UTF-8"])
    }

    @Test("Relative paths start from the file's folder")
    func relativePaths() throws {
        let reader = try YAMLReader(text: "a: ./run/x\nb: /run/y\nc: ../z", file: "/etc/heddle/heddled.yaml")
        #expect(reader.root.required("a")?.path() == "/etc/heddle/run/x")
        #expect(reader.root.required("b")?.path() == "/run/y")
        #expect(reader.root.required("c")?.path() == "/etc/z")
    }

    @Test("A text cut anywhere or changed at random is read or refused, never a trap")
    func mutations() throws {
        let text = "a: 1\nb: [x, {y: 0x2}]\nc: { d: &e \"f\", g: *e }\nh: |\n  i\n"
        func read(_ bytes: [UInt8]) {
            guard let reader = try? reader(String(decoding: bytes, as: UTF8.self)) else { return }
            for (_, value) in reader.root.entries() {
                _ = value.integer(in: 0...9)
                _ = value.mapping()?.entries()
                _ = value.sequence()?.map { $0.string() }
            }
            _ = try? reader.finish(())
        }
        let bytes = Array(text.utf8)
        for end in 0...bytes.count { read(Array(bytes[..<end])) }
        let seed = UInt64.random(in: 0 ... .max)
        print("mutation seed \(seed)")
        var generator = OpenEntropy(seed: seed)
        for _ in 0..<3000 {
            var mutated = bytes
            for _ in 0...Int(generator.next() % 3) {
                mutated[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            read(mutated)
        }
    }
}
