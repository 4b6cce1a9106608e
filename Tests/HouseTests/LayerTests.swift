import Foundation
import Testing

@Suite("The layers of the house")
struct LayerTests {
    @Test("Every folder in Sources has a layer")
    func everyTargetHasALayer() throws {
        for target in try SourceTree.folders(in: "Sources") {
            #expect(
                Layers.ofTarget[target] != nil, "\(target): give it a layer in Tests/HouseTests/Layers.swift")
        }
    }

    @Test("Imports point down only")
    func importsPointDown() throws {
        let files = try SourceTree.files(in: "Sources", endingIn: ".swift")
        #expect(files.count > 20)
        for file in files {
            for (index, line) in file.lines.enumerated() {
                guard let module = SourceTree.importedModule(in: line) else { continue }
                if let objection = Layers.objection(to: module, in: file.target) {
                    Issue.record("\(file.path):\(index + 1): \(objection)")
                }
            }
        }
    }

    @Test("An import of a higher layer or of an unlisted sibling is objected to")
    func objections() {
        #expect(Layers.objection(to: "NodeEngine", in: "ThreadWire") != nil)
        #expect(Layers.objection(to: "MACEngine", in: "IPEngine") != nil)
        #expect(Layers.objection(to: "LoRaChannel", in: "LoRaPHY") != nil)
        #expect(Layers.objection(to: "WireCore", in: "NewTarget") != nil)
        #expect(Layers.objection(to: "MACEngine", in: "NodeEngine") == nil)
        #expect(Layers.objection(to: "WireCore", in: "heddled") == nil)
        #expect(Layers.objection(to: "Foundation", in: "heddled") == nil)
    }

    @Test("Allowed pairs of siblings stand in one layer and form no circle")
    func siblingsFormNoCircle() {
        for (target, modules) in Layers.siblings {
            for module in modules {
                #expect(Layers.ofTarget[target] == Layers.ofTarget[module], "\(target) and \(module)")
            }
        }
        var remaining = Layers.siblings
        while let leaf = remaining.first(where: { $0.value.allSatisfy { remaining[$0] == nil } })?.key {
            remaining[leaf] = nil
        }
        #expect(remaining.isEmpty, "these import one another: \(remaining.keys.sorted())")
    }

    @Test(
        "All spellings of an import are recognised",
        arguments: [
            "import WireCore", "public import WireCore", "  @testable import WireCore",
            "@_spi(Inside) public import WireCore", "import struct WireCore.ByteReader",
            "internal import WireCore // why",
        ])
    func spellings(line: String) {
        #expect(SourceTree.importedModule(in: line) == "WireCore")
    }

    @Test("Prose and code that only mention imports are none", arguments: ["// import X", "let important = 1", ""])
    func otherLines(line: String) {
        #expect(SourceTree.importedModule(in: line) == nil)
    }
}
