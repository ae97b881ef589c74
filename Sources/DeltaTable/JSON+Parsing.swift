/// Where bytes stop being JSON (RFC 8259).
package struct JSONError: Error, Equatable, Sendable {
    /// A count of bytes from the beginning of what was parsed.
    package let position: Int
}

extension JSON {
    /// How deep values may lie in one another. A stranger must not be able to use up the stack.
    static let depthMax = 128

    /// The value that `bytes` are, with nothing but white space around it.
    package init(parsing bytes: ArraySlice<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.value(depth: 0)
        try parser.end()
    }

    /// The value that `text` is, with nothing but white space around it.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8)[...])
    }
}

/// Reads one value after another. Never traps, and never goes deeper than `JSON.depthMax`.
private struct JSONParser {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw failure }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.endIndex else { throw failure }
    }

    private var failure: JSONError { JSONError(position: position - bytes.startIndex) }

    /// The byte at the position, or zero, which stands nowhere in JSON, at the end.
    private var next: UInt8 { position < bytes.endIndex ? bytes[position] : 0 }

    private mutating func skipSpace() {
        while [0x20, 0x0A, 0x0D, 0x09].contains(next) { position += 1 }
    }

    private mutating func take(_ byte: Character) throws(JSONError) {
        guard next == byte.asciiValue, position < bytes.endIndex else { throw failure }
        position += 1
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw failure }
        position += word.utf8.count
        return value
    }

    private mutating func object(_ depth: Int) throws(JSONError) -> JSON {
        var members: [JSON.Member] = []
        try take("{")
        skipSpace()
        while next != UInt8(ascii: "}") {
            if !members.isEmpty {
                try take(",")
                skipSpace()
            }
            let name = try string()
            skipSpace()
            try take(":")
            members.append(JSON.Member(name, try value(depth: depth + 1)))
            skipSpace()
        }
        position += 1
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws(JSONError) -> JSON {
        var elements: [JSON] = []
        try take("[")
        skipSpace()
        while next != UInt8(ascii: "]") {
            if !elements.isEmpty { try take(",") }
            elements.append(try value(depth: depth + 1))
            skipSpace()
        }
        position += 1
        return .array(elements)
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { position += 1 }
        guard position > start else { throw failure }
    }

    private mutating func string() throws(JSONError) -> String {
        try take("\"")
        var text: [UInt8] = []
        while true {
            let start = position
            while next >= 0x20 && next != UInt8(ascii: "\"") && next != UInt8(ascii: "\\") {
                position += 1
            }
            text += bytes[start..<position]
            if next == UInt8(ascii: "\\") {
                position += 1
                try escape(into: &text)
            } else {
                try take("\"")
                guard let string = String(validating: text, as: UTF8.self) else { throw failure }
                return string
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let kind = next
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += String(Character(try scalar())).utf8
        default:
            position -= 1
            throw failure
        }
    }

    /// The scalar of one `\u` escape, or of the two of a surrogate pair.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal()
        guard first & 0xFC00 == 0xD800 else {
            guard let scalar = Unicode.Scalar(first) else { throw failure }
            return scalar
        }
        try take("\\")
        try take("u")
        let second = try hexadecimal()
        guard second & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF)))
        else { throw failure }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw failure }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
