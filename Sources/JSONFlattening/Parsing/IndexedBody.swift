internal import Bytes
internal import CSimdJSON

/// A body whose structure simdjson has found, and whose values nobody has looked at yet.
///
/// The bytes are UTF-8, every string in them is closed, and no string holds a control character.
/// Whatever lies between two places is one value with white space behind it, or white space.
///
///     {"a":"b", "c":15}
///     ∧∧  ∧∧  ∧ ∧  ∧∧ ∧     each place is where something begins
@safe
struct IndexedBody: ~Escapable {
    /// The body, and the padding behind it.
    let bytes: RawSpan
    let byteCount: Int
    private let places: Span<UInt32>

    @_lifetime(copy bytes, copy places)
    init(_ bytes: RawSpan, byteCount: Int, places: Span<UInt32>) {
        precondition(bytes.byteCount >= byteCount + PaddedBodies.padding, "there is no padding")
        self.bytes = bytes
        self.byteCount = byteCount
        self.places = places
    }

    /// The number of places.
    var count: Int { places.count }

    /// Where the place numbered `number` is; the end of the body when there is none.
    @inline(__always)
    func position(_ number: Int) -> Int {
        assert(number >= 0, "there is no place \(number)")
        // SAFETY: walks count places upwards from 0, and the line checks the end.
        return number < places.count ? Int(unsafe places[unchecked: number]) : byteCount
    }

    /// The byte at a place; zero when there is none.
    @inline(__always)
    func byte(_ number: Int) -> UInt8 {
        number < places.count ? bytes.byte(at: position(number)) : 0
    }

    // MARK: Values

    /// Where the characters of the string that begins at a place lie; nil when white space follows
    /// its closing quote.
    @inline(__always)
    func string(_ number: Int) -> Range<Int>? {
        let start = position(number) &+ 1
        // What comes next is a place, so before it stands the closing quote or white space.
        let end = position(number &+ 1) &- 1
        guard end >= start, bytes.byte(at: end) == UInt8(ascii: "\"") else { return nil }
        return start..<end
    }

    /// Whether there is no escape among these characters of a string.
    @inline(__always)
    func isPlain(_ range: Range<Int>) -> Bool {
        let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C
        var position = range.lowerBound
        while position < range.upperBound {
            // The padding is there to be read; what it holds is shifted out.
            var word = bytes.littleEndian64(at: position) ^ backslashes
            let left = range.upperBound &- position
            if left < 8 { word |= UInt64.max &<< UInt64(truncatingIfNeeded: left &* 8) }
            let zero = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zero != 0 { return false }
            position &+= 8
        }
        return true
    }

    /// Whether the value at a place is this word of four bytes, lowest first.
    @inline(__always)
    func isWord(_ number: Int, _ word: UInt32) -> Bool {
        let start = position(number)
        return position(number &+ 1) == start &+ 4 && bytes.littleEndian32(at: start) == word
    }

    /// Whether the value at a place is `false`.
    @inline(__always)
    func isFalse(_ number: Int) -> Bool {
        let start = position(number)
        return position(number &+ 1) == start &+ 5
            && bytes.littleEndian32(at: start &+ 1) == 0x6573_6C61
    }
}

extension IndexedBody {
    /// A number as it is written.
    struct Number {
        /// All digits as one number.
        var digits: UInt64 = 0
        var digitCount = 0
        var isNegative = false
        /// Whether there is neither a point nor an exponent.
        var isInteger = true
        /// How many of the digits stand behind the point.
        var decimalCount = 0
    }

    /// The number at a place, up to 19 digits and without an exponent; nil for all others, and for
    /// what is no number.
    @inline(__always)
    func number(_ number: Int) -> Number? {
        var result = Number()
        var position = self.position(number)
        let end = self.position(number &+ 1)
        if bytes.byte(at: position) == UInt8(ascii: "-") {
            result.isNegative = true
            position &+= 1
        }
        let start = position
        take(&position, &result)
        let wholeCount = position &- start
        guard wholeCount > 0, wholeCount == 1 || bytes.byte(at: start) != UInt8(ascii: "0") else {
            return nil
        }
        if position < end, bytes.byte(at: position) == UInt8(ascii: ".") {
            position &+= 1
            let point = position
            take(&position, &result)
            result.decimalCount = position &- point
            result.isInteger = false
            guard result.decimalCount > 0 else { return nil }
        }
        result.digitCount = wholeCount &+ result.decimalCount
        return position == end && result.digitCount <= 19 ? result : nil
    }

    /// The number with a point or an exponent at a place as the nearest double; nil when there is
    /// none, or it is beyond all doubles.
    func longDouble(_ number: Int) -> Double? {
        var position = self.position(number)
        let start = position
        let end = self.position(number &+ 1)
        var skipped = Number()
        if bytes.byte(at: position) == UInt8(ascii: "-") { position += 1 }
        let whole = position
        take(&position, &skipped)
        guard position > whole, position == whole + 1 || bytes.byte(at: whole) != UInt8(ascii: "0")
        else { return nil }
        let wholeEnd = position
        if bytes.byte(at: position) == UInt8(ascii: ".") {
            position += 1
            let point = position
            take(&position, &skipped)
            guard position > point else { return nil }
        }
        if bytes.byte(at: position) | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = bytes.byte(at: position)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            let exponent = position
            take(&position, &skipped)
            guard position > exponent else { return nil }
        }
        guard position == end, position > wholeEnd else { return nil }
        var value = 0.0
        // SAFETY: the function reads the bytes it is given, and keeps no pointer.
        let isRead = unsafe bytes.extracting(start..<end).withUnsafeBytes { text in
            unsafe csimdjson_double(text.baseAddress, text.count, &value) == 1
        }
        return isRead ? value : nil
    }

    /// Takes digits as long as there are some, eight at a time. Where a body is cut off, digits of
    /// its padding may follow, and the position is beyond the place that is next.
    @inline(__always)
    private func take(_ position: inout Int, _ number: inout Number) {
        while position < byteCount {
            // Each byte as a digit's value; the upper bit is set where it is none.
            let values = bytes.littleEndian64(at: position) ^ 0x3030_3030_3030_3030
            let others = (values &+ 0x7676_7676_7676_7676 | values) & 0x8080_8080_8080_8080
            let count = others.trailingZeroBitCount &>> 3
            guard count > 0 else { return }
            // The first is the highest digit, and zeros stand before it.
            var sum = values &<< UInt64(truncatingIfNeeded: (8 &- count) &* 8)
            sum = (sum &* 10 &+ sum &>> 8) & 0x00FF_00FF_00FF_00FF
            sum = (sum &* 100 &+ sum &>> 16) & 0x0000_FFFF_0000_FFFF
            sum = (sum &* 10_000 &+ sum &>> 32) & 0xFFFF_FFFF
            number.digits = number.digits &* Self.powersOfTen[count] &+ sum
            position &+= count
            guard count == 8 else { return }
        }
    }

    private static let powersOfTen: InlineArray<9, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
    ]
}

extension IndexedBody.Number {
    /// The integer; nil when it is none, or does not fit.
    @inline(__always)
    var integer: Int64? {
        guard isInteger, digits <= UInt64(Int64.max) else { return nil }
        let value = Int64(bitPattern: digits)
        return isNegative ? 0 &- value : value
    }

    /// The nearest double; nil when one division does not give it.
    ///
    /// Both operands are exact, so the quotient is rounded once (Clinger's fast path).
    @inline(__always)
    var double: Double? {
        if isInteger { return integer.flatMap { Double(exactly: $0) } }
        guard digits < 1 << 53, decimalCount <= 22 else { return nil }
        let value = Double(digits) / Self.powersOfTen[decimalCount]
        return isNegative ? -value : value
    }

    private static let powersOfTen: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
