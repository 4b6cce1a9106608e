import Foundation
import NodeConfiguration

/// Reads a JSON file that others wrote, and says of what is wrong where it stands, what was found and what belongs there.
struct JSONReader {
    let file: String
    let keyPath: String
    private let value: Any

    /// The largest file that is read.
    /// - Units: bytes
    static let maximumSize = 64 * 1024 * 1024

    /// - Throws: the error of a file that cannot be read, is too large or is no JSON.
    init(file: String) throws(ConfigurationErrors) {
        func refused(_ found: String) -> ConfigurationErrors {
            ConfigurationErrors([ConfigurationError(file: file, keyPath: "", found: found, expected: "a JSON file")])
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            data = try handle.read(upToCount: Self.maximumSize + 1) ?? Data()
        } catch {
            throw refused("an unreadable file (\(error.localizedDescription))")
        }
        guard data.count <= Self.maximumSize else { throw refused("more than \(Self.maximumSize) bytes") }
        guard let value = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) else {
            throw refused("\(data.count) bytes that are no JSON")
        }
        self.init(file: file, keyPath: "", value: value)
    }

    private init(file: String, keyPath: String, value: Any) {
        self.file = file
        self.keyPath = keyPath
        self.value = value
    }

    func error(found: String? = nil, expected: String) -> ConfigurationErrors {
        ConfigurationErrors([
            ConfigurationError(file: file, keyPath: keyPath, found: found ?? description, expected: expected)
        ])
    }

    private var description: String {
        switch value {
        case is NSNull: "null"
        case let text as String: "the text \"\(text.prefix(60))\""
        case let number as NSNumber: "\(number)"
        case let list as [Any]: "a list of \(list.count)"
        case is [String: Any]: "an object"
        default: "something else"
        }
    }

    /// The member of an object; nil when it has none of that name.
    func optional(_ key: String) throws(ConfigurationErrors) -> JSONReader? {
        guard let object = value as? [String: Any] else { throw error(expected: "an object") }
        guard let member = object[key], !(member is NSNull) else { return nil }
        return JSONReader(file: file, keyPath: keyPath.isEmpty ? key : "\(keyPath).\(key)", value: member)
    }

    func required(_ key: String, expected: String) throws(ConfigurationErrors) -> JSONReader {
        if let member = try optional(key) { return member }
        let path = keyPath.isEmpty ? key : "\(keyPath).\(key)"
        throw ConfigurationErrors([
            ConfigurationError(file: file, keyPath: path, found: "nothing", expected: expected)
        ])
    }

    func list() throws(ConfigurationErrors) -> [JSONReader] {
        guard let list = value as? [Any] else { throw error(expected: "a list") }
        return list.enumerated().map { JSONReader(file: file, keyPath: "\(keyPath)[\($0)]", value: $1) }
    }

    func text() throws(ConfigurationErrors) -> String {
        guard let text = value as? String else { throw error(expected: "a text") }
        return text
    }

    func number(in range: ClosedRange<Double>) throws(ConfigurationErrors) -> Double {
        guard let number = value as? NSNumber, range.contains(number.doubleValue) else {
            throw error(expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number.doubleValue
    }

    func integer(in range: ClosedRange<Int>) throws(ConfigurationErrors) -> Int {
        let number = try number(in: Double(range.lowerBound)...Double(range.upperBound))
        guard number == number.rounded() else { throw error(expected: "a whole number") }
        return Int(number)
    }

    func boolean() throws(ConfigurationErrors) -> Bool {
        guard let flag = value as? Bool else { throw error(expected: "true or false") }
        return flag
    }
}
