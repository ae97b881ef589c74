internal import Bytes

/// Writes values of a tape as JSON: compact, in the order of the document, and exact.
///
/// Strings are escaped only where the grammar demands it; doubles have the fewest digits that read
/// back as the same double; numbers beyond the tape's types keep their own text.
enum JSONText {
    /// Appends the value at `index`.
    static func append(_ index: Int, of tape: Tape, to output: inout TextBuffer) {
        switch tape.tag(index) {
        case Tag.object: appendObject(index, of: tape, to: &output)
        case Tag.array: appendArray(index, of: tape, to: &output)
        case Tag.string: append(quoted: tape.string(index), to: &output)
        case Tag.integer: append(integer: tape.integer(index), to: &output)
        case Tag.unsigned: output.append(utf8: tape.unsigned(index).description)
        case Tag.double: output.append(utf8: tape.double(index).description)
        case Tag.vast: output.append(copying: tape.string(index))
        case Tag.yes: output.append(utf8: "true")
        case Tag.no: output.append(utf8: "false")
        default: output.append(utf8: "null")
        }
    }

    private static func appendArray(_ index: Int, of tape: Tape, to output: inout TextBuffer) {
        let closing = tape.closing(of: index)
        var element = index + 1
        output.append(UInt8(ascii: "["))
        while element < closing {
            if element > index + 1 { output.append(UInt8(ascii: ",")) }
            append(element, of: tape, to: &output)
            element = tape.end(of: element)
        }
        output.append(UInt8(ascii: "]"))
    }

    private static func appendObject(_ index: Int, of tape: Tape, to output: inout TextBuffer) {
        let closing = tape.closing(of: index)
        var key = index + 1
        output.append(UInt8(ascii: "{"))
        while key < closing {
            if key > index + 1 { output.append(UInt8(ascii: ",")) }
            append(quoted: tape.string(key), to: &output)
            output.append(UInt8(ascii: ":"))
            append(key + 1, of: tape, to: &output)
            key = tape.end(of: key + 1)
        }
        output.append(UInt8(ascii: "}"))
    }

    // MARK: Strings

    /// Appends `text`, which is UTF-8, as a JSON string.
    static func append(quoted text: RawSpan, to output: inout TextBuffer) {
        output.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            let stop = firstEscaped(in: text, from: start)
            output.append(copying: text.extracting(start..<stop))
            guard stop < text.byteCount else { break }
            append(escaped: text.byte(at: stop), to: &output)
            start = stop + 1
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` as a JSON string.
    static func append(quoted text: String, to output: inout TextBuffer) {
        append(quoted: [UInt8](text.utf8).rawSpan, to: &output)
    }

    private static func firstEscaped(in text: RawSpan, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= text.byteCount {
            guard !hasEscaped(text.littleEndian64(at: position)) else { break }
            position &+= 8
        }
        // The last eight bytes overlap those before; what is wrong with them may lie there.
        if text.byteCount >= 8, text.byteCount &- position < 8,
            !hasEscaped(text.littleEndian64(at: text.byteCount &- 8))
        {
            return text.byteCount
        }
        while position < text.byteCount {
            let byte = text.byte(at: position)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            position &+= 1
        }
        return position
    }

    /// Whether one of the eight bytes is below a space, a quote or a backslash. A borrow may find
    /// one where there is none, never the other way round.
    private static func hasEscaped(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let below = (word &- ones &* 0x20) & ~word
        let equal = ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return (below | equal) & (ones &* 0x80) != 0
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private static func append(escaped byte: UInt8, to output: inout TextBuffer) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(utf8: "u00")
            output.append(hexDigits[Int(byte >> 4)])
            output.append(hexDigits[Int(byte & 15)])
        }
    }

    // MARK: Numbers

    static func append(integer value: Int64, to output: inout TextBuffer) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        let start = output.count
        var rest = value.magnitude
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest > 0
        output.reverse(from: start)
    }
}
