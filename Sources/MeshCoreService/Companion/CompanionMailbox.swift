import MeshCoreWire

/// The messages that apps have not fetched, and how far each app is.
///
/// A message stays until every app that is known by name has fetched it, and then one that nobody knows of yet gets it
/// no more. Everything is in the store before a message counts as taken.
final class CompanionMailbox {
    /// One frame, in the form of protocol version 3.
    private struct Message {
        let number: UInt64
        let frame: [UInt8]
    }

    private let store: MeshCoreStore
    /// How many messages are kept; beyond that the oldest of a channel gives way.
    private let limit: Int
    /// How many apps' places are kept; beyond that the one that was used longest ago gives way.
    private let readerLimit = 16
    private var messages: [Message] = []
    private var nextNumber: UInt64 = 1
    /// The number that each app gets next, by its name; the one that was used last comes last.
    private var places: [(name: [UInt8], next: UInt64)] = []

    private static let messageName = "message/"
    private static let readerName = "reader/"

    /// - Throws: when the store cannot be read.
    init(_ store: MeshCoreStore, limit: Int = 256) throws {
        self.store = store
        self.limit = limit
        for name in try store.names(startingWith: Self.messageName) {
            guard let number = UInt64(name.dropFirst(Self.messageName.count), radix: 16),
                let frame = try store.load(name)
            else { continue }
            messages.append(Message(number: number, frame: frame))
            nextNumber = number + 1
        }
        for name in try store.names(startingWith: Self.readerName) {
            guard let reader = Self.bytes(hexadecimal: name.dropFirst(Self.readerName.count)),
                let value = try store.load(name), value.count == 8
            else { continue }
            let next = value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            places.append((reader, next))
            nextNumber = max(nextNumber, next)
        }
    }

    var count: Int { messages.count }

    // MARK: Messages

    /// Keeps a message.
    func append(_ frame: [UInt8]) {
        if messages.count >= limit, let victim = messages.firstIndex(where: { Self.isChannel($0.frame) }) {
            remove(at: victim)
        }
        // Without a channel's message that may give way, a channel's new one is lost and any other replaces the oldest.
        if messages.count >= limit {
            guard !Self.isChannel(frame) else { return }
            remove(at: 0)
        }
        let message = Message(number: nextNumber, frame: frame)
        nextNumber += 1
        store.save(Self.name(of: message.number), frame)
        messages.append(message)
    }

    private func remove(at index: Int) {
        store.save(Self.name(of: messages.remove(at: index).number), nil)
    }

    private static func isChannel(_ frame: [UInt8]) -> Bool {
        frame.first == CompanionCode.channelMessage || frame.first == CompanionCode.channelData
    }

    // MARK: Apps

    /// Knows an app from now on: what it has not fetched stays for it.
    func register(_ app: [UInt8]) {
        guard !places.contains(where: { $0.name == app }) else { return }
        set(app, to: 0)
    }

    /// Where an app goes on; a new one begins with the oldest message that is kept.
    func place(of app: [UInt8]) -> UInt64 {
        places.first { $0.name == app }?.next ?? 0
    }

    /// The first message at a place or behind it, and the place behind that.
    func message(at place: UInt64) -> (frame: [UInt8], next: UInt64)? {
        messages.first { $0.number >= place }.map { ($0.frame, $0.number + 1) }
    }

    /// An app has got all up to a place.
    func advance(_ app: [UInt8], to next: UInt64) {
        let former = place(of: app)
        guard next > former else { return }
        set(app, to: next)
        let done = places.map(\.next).min() ?? 0
        while let first = messages.first, first.number < done { remove(at: 0) }
    }

    private func set(_ app: [UInt8], to next: UInt64) {
        places.removeAll { $0.name == app }
        if places.count >= readerLimit { store.save(Self.name(of: places.removeFirst().name), nil) }
        places.append((app, next))
        store.save(Self.name(of: app), (0..<8).map { UInt8(truncatingIfNeeded: next >> (56 - 8 * UInt64($0))) })
    }

    // MARK: Names

    private static func name(of number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return messageName + String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func name(of app: [UInt8]) -> String {
        readerName
            + app.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: Unicode.UTF8.self), radix: 16)
        }
        return bytes.count == digits.count / 2 ? bytes : nil
    }
}
