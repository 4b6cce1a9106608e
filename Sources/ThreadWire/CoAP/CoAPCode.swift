/// What a CoAP message asks or answers: a class and a detail.
/// - Source: RFC 7252 §3, §12.1
public struct CoAPCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - codeClass: 0 to 7.
    ///   - detail: 0 to 31.
    public init(codeClass: UInt8, detail: UInt8) {
        rawValue = codeClass << 5 | detail & 0x1f
    }

    /// 0 for requests, 2 for success, 4 for errors of the client, 5 for errors of the server.
    /// - Range: 0 to 7
    public var codeClass: UInt8 { rawValue >> 5 }
    /// - Range: 0 to 31
    public var detail: UInt8 { rawValue & 0x1f }

    public var isRequest: Bool { codeClass == 0 && detail != 0 }
    public var isResponse: Bool { codeClass >= 2 && codeClass <= 5 }
    public var isSuccess: Bool { codeClass == 2 }

    /// A message that neither asks nor answers: a bare acknowledgement or reset.
    public static let empty = Self(codeClass: 0, detail: 0)
    public static let get = Self(codeClass: 0, detail: 1)
    public static let post = Self(codeClass: 0, detail: 2)
    public static let put = Self(codeClass: 0, detail: 3)
    public static let delete = Self(codeClass: 0, detail: 4)
    public static let created = Self(codeClass: 2, detail: 1)
    public static let deleted = Self(codeClass: 2, detail: 2)
    public static let valid = Self(codeClass: 2, detail: 3)
    public static let changed = Self(codeClass: 2, detail: 4)
    public static let content = Self(codeClass: 2, detail: 5)
    public static let badRequest = Self(codeClass: 4, detail: 0)
    public static let unauthorized = Self(codeClass: 4, detail: 1)
    public static let badOption = Self(codeClass: 4, detail: 2)
    public static let forbidden = Self(codeClass: 4, detail: 3)
    public static let notFound = Self(codeClass: 4, detail: 4)
    public static let methodNotAllowed = Self(codeClass: 4, detail: 5)
    public static let notAcceptable = Self(codeClass: 4, detail: 6)
    public static let internalServerError = Self(codeClass: 5, detail: 0)
    public static let notImplemented = Self(codeClass: 5, detail: 1)
    public static let serviceUnavailable = Self(codeClass: 5, detail: 3)
    public static let gatewayTimeout = Self(codeClass: 5, detail: 4)
}

extension CoAPCode: CustomStringConvertible {
    /// The method's name, or class and detail as in `2.04`.
    public var description: String {
        switch self {
        case .empty: "EMPTY"
        case .get: "GET"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        default: "\(codeClass)." + (detail < 10 ? "0" : "") + "\(detail)"
        }
    }
}
