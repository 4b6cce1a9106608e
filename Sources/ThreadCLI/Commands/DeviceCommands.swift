import NodeEngine
import ThreadEngine
import ThreadWire

/// What this device is, and how much it wants to lead.
let deviceCommands = [
    Command(
        "deviceprops",
        ["deviceprops", "deviceprops POWERSUPPLY ISBORDERROUTER SUPPORTSCCM ISUNSTABLE ADJUSTMENT"]
    ) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            return invocation.print(invocation.interpreter.deviceProperties.lines)
        }
        let properties = try invocation.deviceProperties()
        invocation.interpreter.deviceProperties = properties
        invocation.node.threadConfiguration.leaderWeight = properties.leaderWeight
    },
    Command("joinerport", ["joinerport", "joinerport PORT"]) { invocation throws(CommandError) in
        let node = invocation.node
        try invocation.getOrSet(node.thread.configuration.joinerPort) { node.threadConfiguration.joinerPort = $0 }
    },
    Command("platform", ["platform"]) { invocation in
        invocation.print(invocation.interpreter.configuration.platform)
    },
    Command(
        "vendor",
        ["vendor name [NAME]", "vendor model [NAME]", "vendor swversion [VERSION]", "vendor appurl [URL]"]
    ) { invocation throws(CommandError) in
        switch try invocation.arguments.word() {
        case "name": try invocation.vendorText(\.vendorName, limit: 32)
        case "model": try invocation.vendorText(\.vendorModel, limit: 32)
        case "swversion": try invocation.vendorText(\.vendorSoftwareVersion, limit: 16)
        case "appurl": try invocation.vendorText(\.vendorApplicationURL, limit: 96)
        default: throw .invalidArguments
        }
    },
    Command("verhoeff", ["verhoeff calculate DIGITS", "verhoeff validate DIGITS"]) { invocation throws(CommandError) in
        let verb = invocation.arguments.isEmpty ? "" : try invocation.arguments.word()
        guard verb == "calculate" || verb == "validate" else { throw .invalidCommand }
        let text = try invocation.arguments.word()
        guard let digits = Verhoeff.digits(text) else { throw .invalidArguments }
        if verb == "calculate" { return invocation.print("\(Verhoeff.check(digits))") }
        guard Verhoeff.isValid(digits) else { throw .failed }
    },
]

/// From which the weight of a leader follows.
/// - Source: OpenThread as observed: recording cliref, `deviceprops`
struct DeviceProperties: Equatable {
    enum PowerSupply: String, CaseIterable {
        case battery
        case external
        case externalStable = "external-stable"
        case externalUnstable = "external-unstable"

        fileprivate var weight: Int {
            switch self {
            case .battery: -8
            case .external: 0
            case .externalStable: 4
            case .externalUnstable: -4
            }
        }
    }

    var powerSupply = PowerSupply.external
    var isBorderRouter = false
    var supportsCCM = false
    var isUnstable = false
    /// - Range: −16 to 16
    var adjustment = 0

    /// How much a leader with these properties weighs.
    /// - Source: OpenThread as observed: 88 for a stable supply, a border router with CCM, unstable, and 20
    var leaderWeight: UInt8 {
        var weight = 64 + powerSupply.weight + adjustment
        if isBorderRouter { weight += supportsCCM ? 8 : 1 }
        if isUnstable, powerSupply == .external || powerSupply == .externalStable { weight -= 4 }
        return UInt8(clamping: weight)
    }

    var lines: [String] {
        func text(_ flag: Bool) -> String { flag ? "yes" : "no" }
        return [
            "PowerSupply      : \(powerSupply.rawValue)", "IsBorderRouter   : \(text(isBorderRouter))",
            "SupportsCcm      : \(text(supportsCCM))", "IsUnstable       : \(text(isUnstable))",
            "WeightAdjustment : \(adjustment)",
        ]
    }
}

extension Invocation {
    fileprivate mutating func deviceProperties() throws(CommandError) -> DeviceProperties {
        var properties = DeviceProperties()
        guard let supply = DeviceProperties.PowerSupply(rawValue: try arguments.word()) else {
            throw .invalidArguments
        }
        properties.powerSupply = supply
        properties.isBorderRouter = try arguments.unsigned(UInt32.self) != 0
        properties.supportsCCM = try arguments.unsigned(UInt32.self) != 0
        properties.isUnstable = try arguments.unsigned(UInt32.self) != 0
        properties.adjustment = min(16, max(-16, Int(try arguments.signed(Int8.self))))
        try arguments.requireEnd()
        return properties
    }

    /// Prints a text that diagnostics tell, or sets it when there is an argument.
    /// - Parameter limit: in bytes of UTF-8.
    fileprivate mutating func vendorText(
        _ path: WritableKeyPath<DeviceIdentity, String>, limit: Int
    ) throws(CommandError) {
        guard !arguments.isEmpty else { return print(node.thread.configuration.identity[keyPath: path]) }
        let text = try arguments.word()
        try arguments.requireEnd()
        guard text.utf8.count <= limit else { throw .invalidArguments }
        node.threadConfiguration.identity[keyPath: path] = text
    }
}

/// The check digit of J. Verhoeff, "Error Detecting Decimal Codes", 1969: it finds every single wrong digit and every
/// exchange of neighbors.
enum Verhoeff {
    /// The digits of a number; nil when there is anything else or nothing.
    static func digits(_ text: String) -> [Int]? {
        let digits = text.utf8.map { Int($0) - Int(UInt8(ascii: "0")) }
        return !digits.isEmpty && digits.allSatisfy { (0...9).contains($0) } ? digits : nil
    }

    /// The digit that makes a number valid.
    static func check(_ digits: [Int]) -> Int {
        let sum = residue(digits + [0])
        return (0...9).first { product(sum, $0) == 0 } ?? 0
    }

    static func isValid(_ digits: [Int]) -> Bool { residue(digits) == 0 }

    private static func residue(_ digits: [Int]) -> Int {
        digits.reversed().enumerated().reduce(0) { product($0, permuted($1.element, times: $1.offset)) }
    }

    /// The product in the group of the symmetries of a pentagon: 0 to 4 turn it, 5 to 9 flip it as well.
    private static func product(_ left: Int, _ right: Int) -> Int {
        let turn = left < 5 ? left + right % 5 : left - right % 5 + 5
        return (left < 5) == (right < 5) ? turn % 5 : 5 + turn % 5
    }

    private static let permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]

    private static func permuted(_ digit: Int, times: Int) -> Int {
        (0..<times % 8).reduce(digit) { digit, _ in permutation[digit] }
    }
}
