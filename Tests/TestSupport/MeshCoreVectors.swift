import Foundation

/// The vectors of MeshCore's firmware: those in Tests/Fixtures/meshcore, and every JSON file of that form in the folder
/// that the environment variable HEDDLE_VECTORS names.
///
/// Tests choose cases by the names of their inputs, so that cases that are added later are read too.
public enum MeshCoreVectors {
    /// One case: named inputs, and what the firmware made of them.
    public struct Case: CustomStringConvertible {
        public let id: String
        public let inputs: Fields
        public let expected: Fields

        public var description: String { id }
    }

    /// Named values of a JSON object.
    public struct Fields {
        public let values: [String: Any]

        public init(_ values: [String: Any]) { self.values = values }

        public func has(_ names: String...) -> Bool { names.allSatisfy { values[$0] != nil } }

        public func int(_ name: String) throws -> Int {
            guard let number = values[name] as? NSNumber else { throw MissingField(name: name) }
            return number.intValue
        }

        public func double(_ name: String) throws -> Double {
            guard let number = values[name] as? NSNumber else { throw MissingField(name: name) }
            return number.doubleValue
        }

        public func bool(_ name: String) throws -> Bool {
            guard let number = values[name] as? NSNumber else { throw MissingField(name: name) }
            return number.boolValue
        }

        public func string(_ name: String) throws -> String {
            guard let text = values[name] as? String else { throw MissingField(name: name) }
            return text
        }

        /// The text as UTF-8.
        public func utf8(_ name: String) throws -> [UInt8] { Array(try string(name).utf8) }

        /// Hexadecimal digits as bytes.
        public func hex(_ name: String) throws -> [UInt8] {
            let digits = Array(try string(name).utf8)
            guard digits.count % 2 == 0 else { throw MissingField(name: name) }
            return try stride(from: 0, to: digits.count, by: 2).map { index in
                guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                    throw MissingField(name: name)
                }
                return byte
            }
        }

        /// A list of objects.
        public func list(_ name: String) throws -> [Fields] {
            guard let list = values[name] as? [[String: Any]] else { throw MissingField(name: name) }
            return list.map(Fields.init)
        }
    }

    /// A field that a case of this form has, and this case does not.
    public struct MissingField: Error, CustomStringConvertible {
        public let name: String

        public var description: String { "the case has no usable field \(name)" }
    }

    /// The cases of all files whose inputs have all these names.
    public static func cases(with names: String..., without others: [String] = []) throws -> [Case] {
        try files().flatMap(cases(in:)).filter { found in
            names.allSatisfy { found.inputs.values[$0] != nil } && others.allSatisfy { found.inputs.values[$0] == nil }
        }
    }

    private static func files() throws -> [URL] {
        var folders = [Fixtures.directory.appendingPathComponent("meshcore")]
        if let other = ProcessInfo.processInfo.environment["HEDDLE_VECTORS"], !other.isEmpty {
            folders.append(URL(fileURLWithPath: other))
        }
        return try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "json" }
                .sorted { $0.path < $1.path }
        }
    }

    /// Files of another form have no list `cases` of objects with `inputs` and `expected`, and give none.
    private static func cases(in file: URL) throws -> [Case] {
        let root = try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? [String: Any]
        let list = root?["cases"] as? [[String: Any]] ?? []
        return list.compactMap { entry in
            guard let id = entry["id"] as? String, let inputs = entry["inputs"] as? [String: Any],
                let expected = entry["expected"] as? [String: Any]
            else { return nil }
            return Case(id: id, inputs: Fields(inputs), expected: Fields(expected))
        }
    }
}
