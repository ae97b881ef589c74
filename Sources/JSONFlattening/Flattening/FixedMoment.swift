internal import Bytes

/// The one form in which nearly all machines write moments: `2011-07-01T00:00:01.123456Z`, with up
/// to six decimals or none. Read eight bytes at a time; everything else is left to `ISO8601`.
enum FixedMoment {
    /// `0000-00-` and `00T00:00`, lowest byte first: what a difference is taken from.
    private static let dayShape: UInt64 = 0x2D30_302D_3030_3030
    private static let timeShape: UInt64 = 0x3030_3A30_3054_3030
    /// Added to a difference, these set the upper bit of each byte that does not fit: of a digit
    /// when it is above 9, of a mark when it is above 0.
    private static let dayMargin: UInt64 = 0x7F76_767F_7676_7676
    private static let timeMargin: UInt64 = 0x7676_7F76_767F_7676

    /// Microseconds since 1970-01-01T00:00:00Z; nil when the text is of another form, which says
    /// nothing about whether it is a moment.
    static func microseconds(_ text: RawSpan) -> Int64? {
        let count = text.byteCount
        guard count >= 20, count <= 27, text.byte(at: count &- 1) == UInt8(ascii: "Z") else {
            return nil
        }
        let day = text.littleEndian64(at: 0) ^ dayShape
        let time = text.littleEndian64(at: 8) ^ timeShape
        let wrong = (day &+ dayMargin) | day | (time &+ timeMargin) | time
        guard wrong & 0x8080_8080_8080_8080 == 0, text.byte(at: 16) == UInt8(ascii: ":") else {
            return nil
        }
        let tens = text.byte(at: 17) &- UInt8(ascii: "0")
        let ones = text.byte(at: 18) &- UInt8(ascii: "0")
        guard tens < 6, ones <= 9, let decimals = decimals(text) else { return nil }
        let hour = pair(time, 24)
        let minute = pair(time, 48)
        guard hour < 24, minute < 60 else { return nil }
        let date = WrittenDate(
            year: pair(day, 0) &* 100 &+ pair(day, 16), month: pair(day, 40), day: pair(time, 0),
            isBasic: false)
        guard let days = date.days else { return nil }
        let seconds =
            days &* 86_400 &+ hour &* 3_600 &+ minute &* 60 &+ Int64(tens) &* 10 &+ Int64(ones)
        return seconds &* 1_000_000 &+ decimals
    }

    /// The number of two digits whose values stand at a bit of the word.
    private static func pair(_ word: UInt64, _ bit: UInt64) -> Int64 {
        let tens = (word &>> bit) & 0xF
        let ones = (word &>> (bit &+ 8)) & 0xF
        return Int64(truncatingIfNeeded: tens &* 10 &+ ones)
    }

    /// What stands between the seconds and the Z, in microseconds.
    private static func decimals(_ text: RawSpan) -> Int64? {
        guard text.byteCount > 20 else { return 0 }
        guard text.byteCount > 21, text.byte(at: 19) == UInt8(ascii: ".") else { return nil }
        var value: Int64 = 0
        var weight: Int64 = 100_000
        for position in 20..<(text.byteCount &- 1) {
            let digit = text.byte(at: position) &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &+ Int64(digit) &* weight
            weight /= 10
        }
        return value
    }
}
