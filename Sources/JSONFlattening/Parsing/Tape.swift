internal import Bytes

/// A parsed body: simdjson's tape, read in place.
///
/// A word holds a tag in its upper byte and a payload below. The value of a number is the word
/// behind it; a string's payload says where in `strings` its length (32 bits, little-endian) and
/// its bytes lie; the payload of an opening bracket says where the tape goes on behind the closing
/// one. `TapeWriter` writes the same form, with one tag more.
///
///     r  {  "  "  l  5  }  r          {"a": "b", …}
///     └─────────────────┘ root and its end frame the value, which begins at word 1
@safe
struct Tape: ~Escapable {
    let words: Span<UInt64>
    let strings: RawSpan

    /// Where the body's value begins.
    static let rootValue = 1

    @_lifetime(copy words, copy strings)
    init(words: Span<UInt64>, strings: RawSpan) {
        self.words = words
        self.strings = strings
    }

    /// WHY: a walk reads several words for each value; `flatten.bytes` measures it. Debug builds
    /// check the bounds.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        assert(words.indices.contains(index), "there is no word \(index)")
        // SAFETY: walks begin at `rootValue` and go where the tape's own words send them, and the
        // tape is simdjson's or `TapeWriter`'s, never bytes of a peer.
        return unsafe words[unchecked: index]
    }

    @inline(__always)
    func tag(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word(index) >> 56) }

    @inline(__always)
    func payload(_ index: Int) -> Int {
        Int(truncatingIfNeeded: word(index) & 0xFF_FFFF_FFFF_FFFF)
    }

    /// The word behind the value at `index`.
    @inline(__always)
    func end(of index: Int) -> Int {
        switch tag(index) {
        case Tag.object, Tag.array: Int(truncatingIfNeeded: word(index) & 0xFFFF_FFFF)
        case Tag.integer, Tag.unsigned, Tag.double: index &+ 2
        default: index &+ 1
        }
    }

    /// The closing bracket of the object or array at `index`.
    @inline(__always)
    func closing(of index: Int) -> Int {
        Int(truncatingIfNeeded: word(index) & 0xFFFF_FFFF) &- 1
    }

    /// The bytes of a string, or the text of a number that fits no type.
    @inline(__always)
    @_lifetime(copy self)
    func string(_ index: Int) -> RawSpan {
        let start = payload(index)
        return strings.extracting(start &+ 4..<start &+ 4 &+ stringByteCount(at: start))
    }

    /// The length that stands at `start` of `strings`.
    @inline(__always)
    func stringByteCount(at start: Int) -> Int {
        Int(strings.littleEndian32(at: start))
    }

    func integer(_ index: Int) -> Int64 { Int64(bitPattern: word(index &+ 1)) }
    func unsigned(_ index: Int) -> UInt64 { word(index &+ 1) }
    func double(_ index: Int) -> Double { Double(bitPattern: word(index &+ 1)) }
}
