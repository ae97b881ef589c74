import Bytes
import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: values in the types of columns")
struct ConversionTests {
    private func value(_ type: String, _ json: String) throws -> String {
        var world = try FlatWorld(mapping: #"{"fields":{"a":\#(type)}}"#)
        world.flatten(#"{"a":\#(json)}"#)
        let row = try #require(try world.rows().first)
        return row["a"] ?? row["_rescued_data"] ?? "null"
    }

    @Test(arguments: [
        ("2011-07-01T00:00:01Z", 1_309_478_401_000_000 as Int64?),
        ("2011-07-01T00:00:01.5Z", 1_309_478_401_500_000),
        ("2011-07-01T00:00:01.123456Z", 1_309_478_401_123_456),
        ("2011-07-01T00:00:01.1234567Z", nil),
        ("2011-07-01T00:00:01.1234560Z", 1_309_478_401_123_456),
        ("2011-07-01 00:00:01+02:00", 1_309_471_201_000_000),
        ("2011-07-01T00:00:01-0130", 1_309_483_801_000_000),
        ("2011-07-01T00:00:01", nil), ("2011-07-01", nil), ("20110701T000001Z", nil),
        ("1969-12-31T23:59:59Z", -1_000_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ("2012-02-29T00:00:00Z", 1_330_473_600_000_000), ("2011-02-29T00:00:00Z", nil),
        ("2011-13-01T00:00:00Z", nil), ("2011-07-01T24:00:00Z", nil),
        ("2011-07-01T00:60:00Z", nil), ("2011-07-01T00:00:60Z", nil),
        ("2011-07-01T00:00:01z", 1_309_478_401_000_000), ("2011-07-01T00:00:0/Z", nil),
        ("2011-07-01T00:00:01.Z", nil), ("2011x07-01T00:00:01Z", nil), ("", nil),
    ])
    func `moments that nobody declared are exact or none`(text: String, expected: Int64?) {
        #expect(ISO8601.microseconds(Array(text.utf8).rawSpan, .plain) == expected)
    }

    @Test(arguments: [
        (#""2011-07-01T00:00:01.1234567Z""#, "1309478401123456"),
        (#""2011-07-01T00:00:01""#, "1309478401000000"),
        (#""2011-07-01T00:00Z""#, "1309478400000000"), (#""2011-07-01""#, "1309478400000000"),
        (#""20110701T000001Z""#, "1309478401000000"), (#""20110701T0000+01""#, "1309474800000000"),
        (#""2011-07-01T00:00:01,25Z""#, "1309478401250000"),
    ])
    func `a declared timestamp takes all usual forms of ISO 8601`(json: String, value: String)
        throws
    {
        #expect(try self.value(#""timestamp""#, json) == value)
    }

    @Test(arguments: [
        ("seconds", "1309478401", "1309478401000000"),
        ("seconds", "1309478401.25", "1309478401250000"),
        ("milliseconds", "1309478401250", "1309478401250000"),
        ("microseconds", "-1", "-1"),
        ("seconds", "9223372036854775807", #"{"a":9223372036854775807}"#),
        ("seconds", #""2011""#, #"{"a":"2011"}"#), ("milliseconds", "1e300", #"{"a":1e+300}"#),
    ])
    func `epochs are declared with their unit`(unit: String, json: String, value: String) throws {
        #expect(try self.value(#"{"unit":"\#(unit)"}"#, json) == value)
    }

    @Test(arguments: [
        ("long", "1e3", "1000"), ("long", "1.5", #"{"a":1.5}"#), ("long", "true", #"{"a":true}"#),
        ("integer", "2147483647", "2147483647"), ("integer", "2147483648", #"{"a":2147483648}"#),
        ("short", "-32769", #"{"a":-32769}"#), ("byte", "-128", "-128"),
        ("double", "0.1", "0.1"), ("double", "9007199254740993", #"{"a":9007199254740993}"#),
        ("double", "18446744073709551615", #"{"a":18446744073709551615}"#),
        ("float", "0.1", "0.1"), ("boolean", "false", "false"), ("boolean", "0", #"{"a":0}"#),
        ("string", "12.50", "12.5"), ("string", "true", "true"), ("string", "[1]", #"{"a":[1]}"#),
        ("string", "1e400", "1e400"), ("json", #"{"b":[1,"x"]}"#, #"{"b":[1,"x"]}"#),
        ("date", #""2011-07-01""#, "15156"), ("date", #""1.7.""#, #"{"a":"1.7."}"#),
        ("decimal(5,2)", "12.34", "1234"), ("decimal(5,2)", "12.345", #"{"a":12.345}"#),
        ("decimal(5,2)", "1000", #"{"a":1000}"#), ("decimal(5,2)", #""-0.10""#, "-10"),
        ("decimal(38,0)", "123456789012345678901234567890", "123456789012345678901234567890"),
        ("decimal(20,0)", "18446744073709551615", "18446744073709551615"),
        ("decimal(38,2)", "1e35", "10000000000000000000000000000000000000"),
        ("decimal(38,2)", "1e400", #"{"a":1e400}"#),
        ("decimal(5,2)", #""x""#, #"{"a":"x"}"#),
    ])
    func `a value lands exactly or is rescued`(type: String, json: String, value: String) throws {
        #expect(try self.value(#""\#(type)""#, json) == value)
    }
}
