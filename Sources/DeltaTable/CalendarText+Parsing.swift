extension CalendarText {
    /// The day of `YYYY-MM-DD`, counted from 1970-01-01; nil when it is no date.
    static func day(of text: some Collection<UInt8>) -> Int64? {
        let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, let year = digits(parts[0], 4), let month = digits(parts[1], 2),
            let day = digits(parts[2], 2), (1...9999).contains(year), (1...12).contains(month),
            day >= 1
        else { return nil }
        // Years begin in March here, so that a leap day is the last of its year.
        let shifted = month > 2 ? year : year - 1
        let era = shifted.flooredQuotient(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let result = era * 146_097 + dayOfEra - 719_468
        // The 31st of a month of thirty days comes back as another date.
        guard let written = date(result), written.utf8.elementsEqual(text) else { return nil }
        return result
    }

    /// The microseconds of a date, alone or with a time behind `T` or a space, with any number of
    /// digits of a second's fraction, and `Z` or an offset from UTC.
    static func microseconds(of text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard let day = day(of: bytes.prefix(10)) else { return nil }
        var result = day * 86_400_000_000
        guard bytes.count > 10 else { return result }
        guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " ") else { return nil }
        var clock = bytes.dropFirst(11)
        if clock.last == UInt8(ascii: "Z") {
            clock = clock.dropLast()
        } else if let sign = clock.lastIndex(where: {
            $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
        }) {
            guard let offset = seconds(clock[(sign + 1)...]) else { return nil }
            result += (clock[sign] == UInt8(ascii: "+") ? -1 : 1) * offset * 1_000_000
            clock = clock[..<sign]
        }
        let parts = clock.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let time = seconds(first) else {
            return nil
        }
        result += time * 1_000_000
        guard parts.count == 2 else { return result }
        let fraction = parts[1].prefix(6)
        guard let number = digits(fraction, fraction.count) else { return nil }
        return result + (fraction.count..<6).reduce(number) { product, _ in product * 10 }
    }

    /// The seconds of `HH:MM` or `HH:MM:SS`.
    private static func seconds(_ text: some Collection<UInt8>) -> Int64? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        var result: Int64 = 0
        for (part, limit) in zip(parts, [24, 60, 60] as [Int64]) {
            guard let number = digits(part, 2), number < limit else { return nil }
            result = result * 60 + number
        }
        return parts.count == 2 ? result * 60 : result
    }

    private static func digits(_ text: some Collection<UInt8>, _ count: Int) -> Int64? {
        guard count > 0, text.count == count, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return text.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}

extension CalendarText {
    /// The milliseconds since 1970-01-01T00:00:00Z of a date or a date and a time, in UTC unless an
    /// offset says otherwise; nil when the text is neither.
    package static func instant(_ text: String) -> Int64? {
        microseconds(of: text)?.flooredQuotient(1000)
    }

    /// The text of such a time; nil outside the years 1 to 9999.
    package static func text(ofInstant milliseconds: Int64) -> String? {
        self.milliseconds(milliseconds, "T").map { $0 + "Z" }
    }
}
