/// The longest beginning of a text that is whole, valid UTF-8, has no zero byte and no more than `maximum` bytes.
/// - Source: RFC 3629 §4
public func validUTF8Prefix(_ text: ArraySlice<UInt8>, maximum: Int) -> ArraySlice<UInt8> {
    let limit = text.startIndex + max(0, min(maximum, text.count))
    var end = text.startIndex
    while end < limit, text[end] != 0, let length = characterLength(text[end...]), end + length <= limit {
        end += length
    }
    return text[text.startIndex..<end]
}

/// How many bytes the first character has; nil when it is none.
private func characterLength(_ text: ArraySlice<UInt8>) -> Int? {
    let first = text[text.startIndex]
    // The range of the second byte excludes long forms, surrogates and what lies beyond U+10FFFF.
    let length: Int
    let second: ClosedRange<UInt8>
    switch first {
    case 0x00...0x7f: return 1
    case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
    default: return nil
    }
    let following = text.dropFirst().prefix(length - 1)
    guard following.count == length - 1, let next = following.first, second.contains(next),
        following.allSatisfy({ $0 & 0xc0 == 0x80 })
    else { return nil }
    return length
}
