/// Dates of the proleptic Gregorian calendar as text. Only the years 1 to 9999, whose texts sort as
/// they do and which every reader takes.
package enum CalendarText {
    /// `YYYY-MM-DD` of a day counted from 1970-01-01.
    static func date(_ day: Int64) -> String? {
        guard (-719_162...2_932_896).contains(day) else { return nil }
        // Years begin in March here, so that a leap day is the last of its year.
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    }

    /// `YYYY-MM-DD`, the separator, `HH:MM:SS.mmm`.
    static func milliseconds(_ value: Int64, _ separator: String) -> String? {
        time(value, perSecond: 1000, digits: 3, separator)
    }

    /// `YYYY-MM-DD`, the separator, `HH:MM:SS.mmmmmm`.
    static func microseconds(_ value: Int64, _ separator: String) -> String? {
        time(value, perSecond: 1_000_000, digits: 6, separator)
    }

    private static func time(
        _ value: Int64, perSecond: Int64, digits: Int, _ separator: String
    ) -> String? {
        let second = value.flooredQuotient(perSecond)
        let day = second.flooredQuotient(86_400)
        guard let date = date(day) else { return nil }
        let ofDay = second - day * 86_400
        let clock = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { padded($0, 2) }
        let fraction = padded(value - second * perSecond, digits)
        return date + separator + clock.joined(separator: ":") + "." + fraction
    }

    private static func padded(_ value: Int64, _ count: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}

extension Int64 {
    /// The quotient, rounded towards negative infinity.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
