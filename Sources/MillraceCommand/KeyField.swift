/// Finds the key of an event in its JSON: the field that a path such as `site.id` leads to.
///
/// A string gives its characters, with escapes resolved; a number gives its digits as they are
/// written. Of a field that is there twice the last one counts, as with most parsers.
struct KeyField {
    /// What is wrong with a line. Positions count bytes from 1.
    enum Problem: Error, Equatable {
        case notAnObject
        case malformed(position: Int)
        case tooDeep
        case noKey(String)
    }

    private let path: [[UInt8]]

    /// Nil for a path with an empty name in it.
    init?(_ text: String) {
        path = text.split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard path.allSatisfy({ !$0.isEmpty }) else { return nil }
    }

    /// The key of an event; nil when the field is not there, or null. The whole line is checked.
    func key(in line: Span<UInt8>) throws(Problem) -> [UInt8]? {
        var scanner = JSONScanner(line)
        scanner.skipSpace()
        guard scanner.isNext(UInt8(ascii: "{")) else { throw .notAnObject }
        let key = try scanner.object(path[...], depth: 0)
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw scanner.malformed }
        return key
    }
}

extension KeyField.Problem: CustomStringConvertible {
    var description: String {
        switch self {
        case .notAnObject: "is not a JSON object, so there is no field to take the key from"
        case .malformed(let position): "is not JSON from byte \(position) on"
        case .tooDeep: "has more than \(JSONScanner.depthMax) levels of JSON"
        case .noKey(let kind): "has \(kind) in the key's field, where a string or a number belongs"
        }
    }
}

/// Steps over JSON (RFC 8259) without making values of it, apart from the one that is looked for.
struct JSONScanner: ~Escapable {
    static let depthMax = 512

    private let bytes: Span<UInt8>
    private var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    var malformed: KeyField.Problem { .malformed(position: position + 1) }

    func isNext(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Steps over an object. The answer is what the path leads to in it.
    mutating func object(
        _ path: ArraySlice<[UInt8]>, depth: Int
    ) throws(KeyField.Problem) -> [UInt8]? {
        guard depth < Self.depthMax else { throw .tooDeep }
        var key: [UInt8]?
        try expect(UInt8(ascii: "{"))
        skipSpace()
        if take(UInt8(ascii: "}")) { return nil }
        repeat {
            skipSpace()
            let name = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            if let wanted = path.first, matches(name, wanted) {
                key = try value(path.dropFirst(), depth: depth)
            } else {
                try skipValue(depth: depth)
            }
            skipSpace()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return key
    }

    /// The value of a field on the path.
    private mutating func value(
        _ rest: ArraySlice<[UInt8]>, depth: Int
    ) throws(KeyField.Problem) -> [UInt8]? {
        guard position < bytes.count else { throw malformed }
        let first = bytes[position]
        if !rest.isEmpty {
            if first == UInt8(ascii: "{") { return try object(rest, depth: depth + 1) }
            try skipValue(depth: depth)
            return nil
        }
        switch first {
        case UInt8(ascii: "\""): return try decoded(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = position
            try skipNumber()
            return copied(start..<position)
        case UInt8(ascii: "n"):
            try skipValue(depth: depth)
            return nil
        case UInt8(ascii: "{"): throw .noKey("an object")
        case UInt8(ascii: "["): throw .noKey("an array")
        case UInt8(ascii: "t"), UInt8(ascii: "f"): throw .noKey("true or false")
        default: throw malformed
        }
    }

    // MARK: Skipping

    private mutating func skipValue(depth: Int) throws(KeyField.Problem) {
        guard position < bytes.count else { throw malformed }
        switch bytes[position] {
        case UInt8(ascii: "{"): _ = try object([], depth: depth + 1)
        case UInt8(ascii: "["): try skipArray(depth: depth + 1)
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try skip("true")
        case UInt8(ascii: "f"): try skip("false")
        case UInt8(ascii: "n"): try skip("null")
        default: try skipNumber()
        }
    }

    private mutating func skipArray(depth: Int) throws(KeyField.Problem) {
        guard depth < Self.depthMax else { throw .tooDeep }
        try expect(UInt8(ascii: "["))
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            skipSpace()
            try skipValue(depth: depth)
            skipSpace()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    private mutating func skip(_ word: StaticString) throws(KeyField.Problem) {
        for byte in word.description.utf8 { try expect(byte) }
    }

    private mutating func skipNumber() throws(KeyField.Problem) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try skipDigits() }
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
    }

    /// One digit or more.
    private mutating func skipDigits() throws(KeyField.Problem) {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        guard position > start else { throw malformed }
    }

    // MARK: Strings

    /// A string, without its quotes.
    private struct Text {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    private mutating func string() throws(KeyField.Problem) -> Text {
        try expect(UInt8(ascii: "\""))
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return Text(range: start..<(position - 1), hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position += 1
                try skipEscape()
            case 0..<0x20: throw malformed
            default: position += 1
            }
        }
        throw malformed
    }

    private mutating func skipEscape() throws(KeyField.Problem) {
        guard position < bytes.count else { throw malformed }
        switch bytes[position] {
        case UInt8(ascii: "u"):
            position += 1
            _ = try hexadecimal()
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        default: throw malformed
        }
    }

    /// Four digits.
    private mutating func hexadecimal() throws(KeyField.Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw malformed }
            let digit: UInt8
            switch bytes[position] {
            case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
            case let byte where (0x41...0x46).contains(byte): digit = byte - 0x41 + 10
            case let byte where (0x61...0x66).contains(byte): digit = byte - 0x61 + 10
            default: throw malformed
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func matches(_ text: Text, _ name: [UInt8]) -> Bool {
        if text.hasEscapes { return (try? decoded(text)) == name }
        guard text.range.count == name.count else { return false }
        for (index, byte) in name.enumerated() where bytes[text.range.lowerBound + index] != byte {
            return false
        }
        return true
    }

    /// The characters of a string that has been stepped over.
    private func decoded(_ text: Text) throws(KeyField.Problem) -> [UInt8] {
        guard text.hasEscapes else { return copied(text.range) }
        var scanner = JSONScanner(bytes)
        scanner.position = text.range.lowerBound
        var result: [UInt8] = []
        while scanner.position < text.range.upperBound {
            let byte = bytes[scanner.position]
            scanner.position += 1
            if byte == UInt8(ascii: "\\") {
                try scanner.appendEscape(to: &result)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private mutating func appendEscape(to result: inout [UInt8]) throws(KeyField.Problem) {
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = Unicode.Scalar(try codePoint()) else { throw malformed }
            result.append(contentsOf: String(scalar).utf8)
        default: result.append(byte)
        }
    }

    /// One `\u` escape, or the two that make a character beyond the first plane.
    private mutating func codePoint() throws(KeyField.Problem) -> UInt32 {
        let first = try hexadecimal()
        guard (0xD800...0xDBFF).contains(first) else { return first }
        try expect(UInt8(ascii: "\\"))
        try expect(UInt8(ascii: "u"))
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second) else { throw malformed }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    // MARK: Bytes

    private func copied(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        for index in range { result.append(bytes[index]) }
        return result
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard isNext(byte) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(KeyField.Problem) {
        guard take(byte) else { throw malformed }
    }
}
