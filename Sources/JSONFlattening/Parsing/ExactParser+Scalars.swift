internal import Bytes

extension ExactParser {
    // MARK: Numbers

    /// A number in the smallest of the tape's types that holds it exactly, a double when it has a
    /// point or an exponent, and its text where neither holds it.
    @_lifetime(self: copy self)
    mutating func number() throws(QuarantineReason) {
        let start = position
        if next == UInt8(ascii: "-") { step() }
        if next == UInt8(ascii: "0") { step() } else { try digits() }
        var isInteger = true
        if next == UInt8(ascii: ".") {
            isInteger = false
            step()
            try digits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            step()
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { step() }
            try digits()
        }
        let text = [UInt8](copying: bytes.extracting(start..<position))
        append(String(decoding: text, as: UTF8.self), isInteger: isInteger)
    }

    @_lifetime(self: copy self)
    private mutating func digits() throws(QuarantineReason) {
        let start = position
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { step() }
        guard position > start else { throw failure }
    }

    @_lifetime(self: copy self)
    private mutating func append(_ text: String, isInteger: Bool) {
        if isInteger, let value = Int64(text) {
            tape.append(Tag.integer, value: UInt64(bitPattern: value))
        } else if isInteger, let value = UInt64(text) {
            tape.append(Tag.unsigned, value: value)
        } else if !isInteger, let value = Double(text), value.isFinite {
            tape.append(Tag.double, value: value.bitPattern)
        } else {
            tape.beginString(Tag.vast)
            for byte in text.utf8 { tape.append(byte: byte) }
            tape.endString()
        }
    }

    // MARK: Strings

    @_lifetime(self: copy self)
    mutating func string() throws(QuarantineReason) {
        try take(UInt8(ascii: "\""))
        tape.beginString()
        while next != UInt8(ascii: "\"") {
            if next == UInt8(ascii: "\\") {
                step()
                try escape()
            } else {
                try character()
            }
        }
        step()
        tape.endString()
    }

    /// One character that stands for itself.
    @_lifetime(self: copy self)
    private mutating func character() throws(QuarantineReason) {
        guard next >= 0x20, let count = UTF8Check.byteCount(in: bytes, at: position) else {
            throw failure
        }
        for _ in 0..<count {
            tape.append(byte: next)
            step()
        }
    }

    @_lifetime(self: copy self)
    private mutating func escape() throws(QuarantineReason) {
        let byte: UInt8
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = next
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0C
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "u"):
            tape.append(scalar: try scalar())
            return
        default: throw failure
        }
        tape.append(byte: byte)
        step()
    }

    /// The scalar of one `\u` escape, or of the two of a surrogate pair.
    @_lifetime(self: copy self)
    private mutating func scalar() throws(QuarantineReason) -> Unicode.Scalar {
        let start = position - 1
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first & 0xFC00 == 0xD800, matches(Array("\\u".utf8)) else {
            throw .loneSurrogate(position: start)
        }
        step()
        let second = try hexadecimal()
        let pair = 0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF))
        guard second & 0xFC00 == 0xDC00, let scalar = Unicode.Scalar(pair) else {
            throw .loneSurrogate(position: start)
        }
        return scalar
    }

    /// The four digits behind a `u`.
    @_lifetime(self: copy self)
    private mutating func hexadecimal() throws(QuarantineReason) -> UInt32 {
        step()
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch next {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = next - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = next - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = next - UInt8(ascii: "A") + 10
            default: throw failure
            }
            value = value << 4 | UInt32(digit)
            step()
        }
        return value
    }
}
