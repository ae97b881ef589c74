extension Timestamp: CustomStringConvertible {
    /// The moment as in `2026-07-01T12:00:00.000Z`.
    ///
    /// Years outside 0 to 9999 have a sign and at least six digits, as ISO 8601 and ECMAScript
    /// have it. `init(iso8601:)` reads back every moment.
    public var description: String {
        let (days, time) = milliseconds.flooredDivision(by: Self.millisecondsPerDay)
        let date = CivilDate(daysSince1970: days)
        let (hour, withinHour) = time.flooredDivision(by: 3_600_000)
        let (minute, withinMinute) = withinHour.flooredDivision(by: 60_000)
        let (second, millisecond) = withinMinute.flooredDivision(by: 1000)
        let year =
            switch date.year {
            case 0...9999: padded(date.year, to: 4)
            case ..<0: "-" + padded(-date.year, to: 6)
            default: "+" + padded(date.year, to: 6)
            }
        return "\(year)-\(padded(date.month, to: 2))-\(padded(date.day, to: 2))"
            + "T\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))"
            + ".\(padded(millisecond, to: 3))Z"
    }

    /// The moment that `text` names, or `nil` if it names none.
    ///
    /// A date alone is its first moment in UTC. A time has hours and minutes, may have seconds and
    /// any number of decimals (what is finer than a millisecond is cut off), and ends in `Z` or an
    /// offset such as `+02:00`: without one it could mean many moments.
    public init?(iso8601 text: String) {
        var text = ISO8601Scanner(text)
        guard let date = text.date() else { return nil }
        var withinDay: Int64 = 0
        if !text.isAtEnd {
            guard text.take(oneOf: "Tt ") != nil, let time = text.time(), let offset = text.zone()
            else { return nil }
            withinDay = time - offset
        }
        guard text.isAtEnd else { return nil }
        // WHY: the first day that Int64 reaches begins before the first moment that it reaches, so
        // the sum is made of one millisecond's distance less and overflow is judged at the end.
        let wide = Int128(date.daysSince1970) * Int128(Self.millisecondsPerDay) + Int128(withinDay)
        guard let milliseconds = Int64(exactly: wide) else { return nil }
        self.init(milliseconds: milliseconds)
    }

    private static let millisecondsPerDay: Int64 = 86_400_000

    private func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the Gregorian calendar, carried back before its invention.
///
/// Years are counted from March, so that a leap day is the last of its year; 400 of them are always
/// 146,097 days.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    private static let daysPerEra: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let epoch: Int64 = 719_468

    /// `nil` if the month has no such day.
    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let length: Int64 =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard day <= length else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days + Self.epoch).flooredDivision(by: Self.daysPerEra)
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.epoch
    }
}

/// Reads the parts of an ISO 8601 text, each of which may not be there.
private struct ISO8601Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func date() -> CivilDate? {
        let sign = take(oneOf: "+-")
        let year = sign == nil ? digits(4...4) : digits(6...9)
        guard let year, take(oneOf: "-") != nil, let month = digits(2...2), take(oneOf: "-") != nil,
            let day = digits(2...2)
        else { return nil }
        return CivilDate(year: sign == UInt8(ascii: "-") ? -year : year, month: month, day: day)
    }

    /// Milliseconds since midnight.
    mutating func time() -> Int64? {
        guard let hour = digits(2...2), hour < 24, take(oneOf: ":") != nil,
            let minute = digits(2...2), minute < 60
        else { return nil }
        var milliseconds = (hour * 60 + minute) * 60_000
        if take(oneOf: ":") != nil {
            guard let second = digits(2...2), second < 60 else { return nil }
            milliseconds += second * 1000
            if take(oneOf: ".,") != nil {
                guard let fraction = fraction() else { return nil }
                milliseconds += fraction
            }
        }
        return milliseconds
    }

    /// Milliseconds by which the local time is ahead of UTC.
    mutating func zone() -> Int64? {
        guard let sign = take(oneOf: "Zz+-") else { return nil }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return 0 }
        guard let hours = digits(2...2), hours < 24 else { return nil }
        _ = take(oneOf: ":")
        guard let minutes = digits(2...2), minutes < 60 else { return nil }
        let ahead = (hours * 60 + minutes) * 60_000
        return sign == UInt8(ascii: "-") ? -ahead : ahead
    }

    mutating func take(oneOf choices: StaticString) -> UInt8? {
        guard let next = rest.first, choices.description.utf8.contains(next) else { return nil }
        rest.removeFirst()
        return next
    }

    /// The number that as many digits make as there are, if `counts` contains how many.
    private mutating func digits(_ counts: ClosedRange<Int>) -> Int64? {
        var number: Int64 = 0
        var count = 0
        while count < counts.upperBound, let digit = digit() {
            number = number * 10 + digit
            count += 1
        }
        return counts.contains(count) ? number : nil
    }

    /// Decimals of a second in milliseconds; at least one.
    private mutating func fraction() -> Int64? {
        guard var milliseconds = digit().map({ $0 * 100 }) else { return nil }
        var weight: Int64 = 10
        while let digit = digit() {
            milliseconds += digit * weight
            weight /= 10
        }
        return milliseconds
    }

    private mutating func digit() -> Int64? {
        guard let next = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else {
            return nil
        }
        rest.removeFirst()
        return Int64(next - UInt8(ascii: "0"))
    }
}

extension Int64 {
    /// The quotient rounded down, and what is left, which is never negative.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
