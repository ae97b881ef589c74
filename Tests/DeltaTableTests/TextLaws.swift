import Columns
import Foundation
import Testing

@testable import DeltaTable

@Suite("DeltaTable: texts")
struct TextLaws {
    @Test
    func `every day of the calendar is written as Foundation writes it`() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: -100_000 as Int64, to: 2_932_897, by: 61) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let text = String(
                format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
            #expect(CalendarText.date(day) == text)
        }
        #expect(CalendarText.date(2_932_896) == "9999-12-31")
        #expect(CalendarText.date(-719_162) == "0001-01-01")
        #expect(CalendarText.date(2_932_897) == nil)
        #expect(CalendarText.date(-719_163) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"),
            (-1_000_001, "1969-12-31T23:59:58.999Z", "1969-12-31T23:59:59.000Z"),
        ] as [(Int64, String, String)])
    func `a timestamp's bounds are rounded away from it`(value: Int64, low: String, high: String) {
        let texts = BoundText(.timestamp).texts(of: .int64(value...value), 32)

        #expect(texts?.0 == .string(low))
        #expect(texts?.1 == .string(high))
    }

    @Test(arguments: [Int64.min, Int64.max, 253_402_300_800_000_000])
    func `a timestamp outside the years 1 to 9999 has no bounds`(value: Int64) {
        #expect(BoundText(.timestamp).texts(of: .int64(value...value), 32) == nil)
    }

    @Test
    func `cut strings remain bounds in the order of bytes`() {
        let parts = ["a", "\u{7E}", "\u{7F}", "é", "\u{FFFF}", "😀", "\u{10FFFF}"]
        for first in parts {
            for second in parts {
                for length in [1, 3, 4, 5, 8, 9, 20] {
                    let text = String(repeating: first, count: length) + second
                    let low = StringBound.smallest(text, 4)
                    #expect(!text.utf8.lexicographicallyPrecedes(low.utf8))
                    guard let high = StringBound.largest(text, 4) else { continue }
                    #expect(!high.utf8.lexicographicallyPrecedes(text.utf8))
                    #expect(high.unicodeScalars.count <= 9)
                }
            }
        }
        #expect(StringBound.largest(String(repeating: "\u{10FFFF}", count: 9), 4) == nil)
    }

    @Test(arguments: [
        (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (12345, 2, "123.45"),
        (-12345, 4, "-1.2345"),
        (7, 0, "7"),
    ])
    func `a decimal keeps its scale`(unscaled: Int, scale: Int, text: String) {
        #expect(DecimalText.text(Int128(unscaled), scale) == text)
    }

    @Test(arguments: [
        "plain", "a b", "a%b", "a=b/c", "ü€😀", "", "__HIVE_DEFAULT_PARTITION__",
        "\u{0}\u{7F}\"'*:?\\{[]^}",
    ])
    func `a path is decoded once to the directory's own name`(value: String) {
        let directory = PathEncoding.directory("p", value)

        #expect(directory.utf8.allSatisfy { $0 < 0x80 })
        #expect(PathEncoding.decoded(PathEncoding.encoded(directory)) == directory)
    }

    @Test
    func `a literal value like Hive's null is told from null`() {
        let literal = PathEncoding.directory("p", "__HIVE_DEFAULT_PARTITION__")
        #expect(literal == "p=%5F_HIVE_DEFAULT_PARTITION__")
        #expect(PathEncoding.decoded(literal) == "p=__HIVE_DEFAULT_PARTITION__")
        #expect(PathEncoding.directory("p", nil) == "p=__HIVE_DEFAULT_PARTITION__")
        #expect(PathEncoding.directory("p", "") == "p=__HIVE_DEFAULT_PARTITION__")
    }
}
