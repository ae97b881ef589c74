internal import Bytes

/// Which bytes are UTF-8 (RFC 3629): shortest forms only, and no surrogates.
enum UTF8Check {
    /// How many bytes the character at `position` has; nil when there is none.
    static func byteCount(in bytes: RawSpan, at position: Int) -> Int? {
        let first = bytes.byte(at: position)
        let rest: Int
        let second: ClosedRange<UInt8>
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: (rest, second) = (1, 0x80...0xBF)
        case 0xE0: (rest, second) = (2, 0xA0...0xBF)
        case 0xED: (rest, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: (rest, second) = (2, 0x80...0xBF)
        case 0xF0: (rest, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: (rest, second) = (3, 0x80...0xBF)
        case 0xF4: (rest, second) = (3, 0x80...0x8F)
        default: return nil
        }
        guard bytes.byteCount - position > rest,
            second.contains(bytes.byte(at: position + 1))
        else { return nil }
        for place in 1...rest where bytes.byte(at: position + place) & 0xC0 != 0x80 { return nil }
        return rest + 1
    }

    /// Where the bytes stop being UTF-8; nil when they do not.
    static func firstBad(in bytes: RawSpan) -> Int? {
        var position = 0
        while position < bytes.byteCount {
            guard let count = byteCount(in: bytes, at: position) else { return position }
            position += count
        }
        return nil
    }
}
