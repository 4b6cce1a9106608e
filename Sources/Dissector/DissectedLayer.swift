/// One header or element of a frame, as people read it.
public struct DissectedLayer: Equatable, Sendable {
    /// The name of its specification.
    public var name: String
    public var fields: [DissectedField]
    /// What it contains, such as the TLVs of a message.
    public var elements: [DissectedLayer]

    public init(_ name: String, _ fields: [DissectedField] = [], elements: [DissectedLayer] = []) {
        self.name = name
        self.fields = fields
        self.elements = elements
    }
}

/// One value of a header or element.
public struct DissectedField: Equatable, Sendable {
    public var name: String
    public var value: Value

    public enum Value: Equatable, Sendable {
        case text(String)
        case number(UInt64)
        case flag(Bool)
    }

    public init(_ name: String, _ text: String) {
        self.name = name
        value = .text(text)
    }

    public init(_ name: String, _ number: some UnsignedInteger) {
        self.name = name
        value = .number(UInt64(number))
    }

    public init(_ name: String, _ flag: Bool) {
        self.name = name
        value = .flag(flag)
    }
}

extension DissectedLayer: CustomStringConvertible {
    /// Name, fields, and elements in brackets; flags that are not set are left out.
    public var description: String {
        var words = [name]
        for field in fields {
            switch field.value {
            case .text(let text): words.append(field.name.isEmpty ? text : "\(field.name) \(text)")
            case .number(let number): words.append(field.name.isEmpty ? "\(number)" : "\(field.name) \(number)")
            case .flag(let isSet): if isSet { words.append(field.name) }
            }
        }
        let text = words.joined(separator: " ")
        return elements.isEmpty ? text : text + " [" + elements.map(\.description).joined(separator: ", ") + "]"
    }
}
