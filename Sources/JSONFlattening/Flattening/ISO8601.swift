internal import Bytes

/// Moments and dates as text (ISO 8601, RFC 3339), in the proleptic Gregorian calendar.
enum ISO8601 {
    /// How much liberty a text may take.
    enum Form {
        /// What may become a timestamp although nobody said so: date and time to the second, an
        /// offset, and nothing that would be lost in microseconds.
        case plain
        /// What is taken where a timestamp is declared: also without seconds, time or offset, in
        /// the basic format, and with any number of decimals, of which six are kept.
        case usual
    }

    /// Microseconds since 1970-01-01T00:00:00Z; nil when the text is not of that form.
    static func microseconds(_ text: RawSpan, _ form: Form) -> Int64? {
        if let known = FixedMoment.microseconds(text) { return known }
        var cursor = TextCursor(text)
        guard let date = cursor.date(), let days = date.days else { return nil }
        var seconds = days * 86_400
        if cursor.isAtEnd { return form == .usual ? seconds * 1_000_000 : nil }
        guard cursor.takeTimeMark(), let time = cursor.time(basic: date.isBasic) else { return nil }
        guard let offset = cursor.offset() else { return nil }
        guard cursor.isAtEnd else { return nil }
        if form == .plain {
            guard !date.isBasic, time.hasSeconds, !time.isCut, offset != .none else { return nil }
        }
        seconds += time.seconds - offset.seconds
        return seconds * 1_000_000 + time.microseconds
    }

    /// Days since 1970-01-01; nil when the text is no date.
    static func days(_ text: RawSpan) -> Int32? {
        var cursor = TextCursor(text)
        guard let date = cursor.date(), cursor.isAtEnd, let days = date.days else { return nil }
        return Int32(truncatingIfNeeded: days)
    }
}

/// A calendar day as it is written.
struct WrittenDate {
    let year: Int64
    let month: Int64
    let day: Int64
    let isBasic: Bool

    /// Days since 1970-01-01; nil when the month has no such day.
    var days: Int64? {
        guard (1...12).contains(month), day >= 1, day <= lastDay else { return nil }
        // Years begin in March, so that a leap day is the last of its year.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private var lastDay: Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct WrittenTime {
    var seconds: Int64 = 0
    var microseconds: Int64 = 0
    var hasSeconds = false
    /// Whether decimals were left out that are not zero.
    var isCut = false
}

/// How far local time is ahead of UTC.
private enum WrittenOffset: Equatable {
    case none
    case seconds(Int64)

    var seconds: Int64 {
        switch self {
        case .none: 0
        case .seconds(let seconds): seconds
        }
    }
}

/// Takes one part after the other.
private struct TextCursor: ~Escapable {
    private let text: RawSpan
    private var position = 0

    @_lifetime(copy text)
    init(_ text: RawSpan) { self.text = text }

    var isAtEnd: Bool { position == text.byteCount }

    private var next: UInt8 { position < text.byteCount ? text.byte(at: position) : 0 }

    /// The number that the next `count` digits make.
    @_lifetime(self: copy self)
    private mutating func digits(_ count: Int) -> Int64? {
        guard text.byteCount &- position >= count else { return nil }
        var value: Int64 = 0
        for place in 0..<count {
            let digit = text.byte(at: position &+ place) &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        position &+= count
        return value
    }

    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte, !isAtEnd else { return false }
        position &+= 1
        return true
    }

    @_lifetime(self: copy self)
    mutating func date() -> WrittenDate? {
        guard let year = digits(4) else { return nil }
        let isBasic = next != UInt8(ascii: "-")
        guard isBasic || take(UInt8(ascii: "-")), let month = digits(2),
            isBasic || take(UInt8(ascii: "-")), let day = digits(2)
        else { return nil }
        return WrittenDate(year: year, month: month, day: day, isBasic: isBasic)
    }

    @_lifetime(self: copy self)
    mutating func takeTimeMark() -> Bool {
        take(UInt8(ascii: "T")) || take(UInt8(ascii: " ")) || take(UInt8(ascii: "t"))
    }

    @_lifetime(self: copy self)
    mutating func time(basic: Bool) -> WrittenTime? {
        var time = WrittenTime()
        guard let hour = digits(2), hour < 24, basic || take(UInt8(ascii: ":")),
            let minute = digits(2), minute < 60
        else { return nil }
        time.seconds = hour * 3600 + minute * 60
        let more = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard basic ? more.contains(next) : take(UInt8(ascii: ":")) else { return time }
        guard let second = digits(2), second < 60 else { return nil }
        time.seconds += second
        time.hasSeconds = true
        if take(UInt8(ascii: ".")) || take(UInt8(ascii: ",")) {
            guard fraction(of: &time) else { return nil }
        }
        return time
    }

    @_lifetime(self: copy self)
    private mutating func fraction(of time: inout WrittenTime) -> Bool {
        let start = position
        var weight: Int64 = 100_000
        while let digit = digits(1) {
            time.microseconds += digit * weight
            if weight == 0 && digit > 0 { time.isCut = true }
            weight /= 10
        }
        return position > start
    }

    @_lifetime(self: copy self)
    mutating func offset() -> WrittenOffset? {
        if isAtEnd { return WrittenOffset.none }
        if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return .seconds(0) }
        let isBehind = take(UInt8(ascii: "-"))
        guard isBehind || take(UInt8(ascii: "+")), let hour = digits(2), hour < 24 else {
            return nil
        }
        var minute: Int64 = 0
        if !isAtEnd {
            _ = take(UInt8(ascii: ":"))
            guard let found = digits(2), found < 60 else { return nil }
            minute = found
        }
        let ahead = hour * 3600 + minute * 60
        return .seconds(isBehind ? -ahead : ahead)
    }
}
