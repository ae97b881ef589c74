internal import Bytes

/// The second, slow pass over a body that simdjson refused.
///
/// It reads the whole grammar of RFC 8259, numbers of any size included, and otherwise says what is
/// wrong and where, which simdjson does not. Never traps, and never goes deeper than `depthMax`.
struct ExactParser: ~Escapable {
    let bytes: RawSpan
    private let depthMax: Int
    private(set) var position = 0
    var tape: TapeWriter

    /// Continues to use the memory of `tape`, and hands it back in the same place.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, depthMax: Int, reusing tape: consuming TapeWriter) {
        self.bytes = bytes
        self.depthMax = depthMax
        self.tape = tape
    }

    /// Parses all of the bytes, a leading BOM apart, which is stepped over.
    @_lifetime(self: copy self)
    mutating func parse() throws(QuarantineReason) {
        tape.begin()
        if matches([0xEF, 0xBB, 0xBF]) { position += 3 }
        skipSpace()
        guard position < bytes.byteCount else { throw .empty }
        try value(depth: 0)
        skipSpace()
        guard position == bytes.byteCount else { throw failure }
        tape.finish()
    }

    // MARK: Values

    @_lifetime(self: copy self)
    private mutating func value(depth: Int) throws(QuarantineReason) {
        switch next {
        case UInt8(ascii: "{"): try object(depth)
        case UInt8(ascii: "["): try array(depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true", Tag.yes)
        case UInt8(ascii: "f"): try word("false", Tag.no)
        case UInt8(ascii: "n"): try word("null", Tag.null)
        default: try number()
        }
    }

    @_lifetime(self: copy self)
    private mutating func object(_ depth: Int) throws(QuarantineReason) {
        let opened = tape.open(Tag.object)
        step()
        skipSpace()
        if next != UInt8(ascii: "}") {
            guard depth < depthMax else { throw .tooDeep(limit: depthMax) }
            while true {
                try string()
                skipSpace()
                try take(UInt8(ascii: ":"))
                skipSpace()
                try value(depth: depth + 1)
                skipSpace()
                if next == UInt8(ascii: "}") { break }
                try take(UInt8(ascii: ","))
                skipSpace()
            }
        }
        step()
        tape.close(opened, Tag.objectEnd)
    }

    @_lifetime(self: copy self)
    private mutating func array(_ depth: Int) throws(QuarantineReason) {
        let opened = tape.open(Tag.array)
        step()
        skipSpace()
        if next != UInt8(ascii: "]") {
            guard depth < depthMax else { throw .tooDeep(limit: depthMax) }
            while true {
                try value(depth: depth + 1)
                skipSpace()
                if next == UInt8(ascii: "]") { break }
                try take(UInt8(ascii: ","))
                skipSpace()
            }
        }
        step()
        tape.close(opened, Tag.arrayEnd)
    }

    @_lifetime(self: copy self)
    private mutating func word(_ word: StaticString, _ tag: UInt8) throws(QuarantineReason) {
        for byte in word.description.utf8 {
            try take(byte)
        }
        tape.append(tag)
    }

    // MARK: Bytes

    /// What is wrong at the position: the bytes end, or they cannot stand there.
    var failure: QuarantineReason {
        guard position < bytes.byteCount else { return .cutOff }
        guard next < 0x80 || UTF8Check.byteCount(in: bytes, at: position) != nil else {
            return .invalidUTF8(position: position)
        }
        return .notJSON(position: position)
    }

    /// The byte at the position, or zero, which stands nowhere in JSON, at the end.
    var next: UInt8 { position < bytes.byteCount ? bytes.byte(at: position) : 0 }

    @_lifetime(self: copy self)
    mutating func step(_ count: Int = 1) { position += count }

    @_lifetime(self: copy self)
    mutating func take(_ byte: UInt8) throws(QuarantineReason) {
        guard next == byte, position < bytes.byteCount else { throw failure }
        position += 1
    }

    func matches(_ expected: [UInt8]) -> Bool {
        guard bytes.byteCount - position >= expected.count else { return false }
        return expected.indices.allSatisfy { bytes.byte(at: position + $0) == expected[$0] }
    }

    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while position < bytes.byteCount, [0x20, 0x0A, 0x0D, 0x09].contains(next) { position += 1 }
    }
}
