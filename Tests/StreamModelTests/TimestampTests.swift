import StreamModel
import TestKit
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (.max, "+292278994-08-17T07:12:55.807Z"),
            (.min, "-292275055-05-16T16:47:04.192Z"),
        ] as [(Int64, String)])
    func `a moment is written as ISO 8601, and reads back`(milliseconds: Int64, text: String) {
        let timestamp = Timestamp(milliseconds: milliseconds)

        #expect(timestamp.description == text)
        #expect(Timestamp(iso8601: text) == timestamp)
    }

    @Test(
        arguments: [
            ("1970-01-02", 86_400_000),
            ("1970-01-01T00:01Z", 60_000),
            ("1970-01-01 00:00:01Z", 1000),
            ("1970-01-01t00:00:01.5z", 1500),
            ("1970-01-01T00:00:01,0019999Z", 1001),
            ("1970-01-01T02:00:00+02:00", 0),
            ("1970-01-01T00:00:00-0530", 19_800_000),
        ] as [(String, Int64)])
    func `shorter forms and other zones are understood`(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "1970", "1970-01", "1970-1-1", "70-01-01", "1970-13-01", "1970-00-01", "1970-01-00",
        "1970-04-31", "1900-02-29", "2023-02-29", "1970-01-01T", "1970-01-01T00Z",
        "1970-01-01T24:00Z", "1970-01-01T00:60Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zz", "1970-01-01T00:00+24:00",
        "1970-01-01T00:00+1", "1970-01-01Z", "+292278994-08-17T07:12:55.808Z",
        "-292275055-05-16T16:47:04.191Z", "+999999999-12-31", "+12345-01-01", "+0123456789-01-01",
        "1970-01-01T00:00Z ", "1970–01–01",
    ])
    func `what names no moment is refused`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every moment reads back`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)

        for _ in 0..<20_000 {
            let bits = Int64.random(in: 0...63, using: &generator)
            let number = Int64.random(in: .min ... .max, using: &generator) >> bits
            let timestamp = Timestamp(milliseconds: number)

            #expect(Timestamp(iso8601: timestamp.description) == timestamp)
        }
    }

    @Test
    func `every day from 1890 to 2110 follows the one before`() {
        var previous = ""

        for day in Int64(-29_000)...51_500 {
            let text = Timestamp(milliseconds: day * 86_400_000).description
            #expect(text > previous)
            #expect(text.hasSuffix("T00:00:00.000Z"))
            previous = text
        }
    }
}
