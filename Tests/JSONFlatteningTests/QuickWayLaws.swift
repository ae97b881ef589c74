import Bytes
import Columns
import TestKit
import Testing

@testable import JSONFlattening

/// The quick way needs padding behind a body; one that ends with its buffer takes the usual way.
@Suite("JSONFlattening: the quick way")
struct QuickWayLaws {
    private static let mapping = """
        {"fields": {"s": "string", "l": "long", "i": "integer", "d": "double", "b": "boolean",
         "t": "timestamp", "a key of more than eight": "string", "j": {"as": "json"},
         "e": {"type": "timestamp", "unit": "milliseconds"}, "f": "float", "n": "decimal(9,2)",
         "\\"q\\\\": "long", "o": {"fields": {"x": "long", "y": {"fields": {"z": "double"}}}},
         "v": {"as": "list", "type": "long"}, "g": {"as": "ignore"}}}
        """

    /// What each field usually holds.
    private static let usual: [(key: String, values: [String])] = [
        ("s", ["\"abc\"", "\"\"", "\"twelve bytes\"", "\"é\"", "null"]),
        ("l", ["0", "-1", "9223372036854775807", "-9223372036854775807", "1234567"]),
        ("i", ["1", "-2147483648", "2147483647"]),
        ("d", ["0.5", "-0.0819647355164", "1e3", "0.30000000000000004", "12", "-0.0", "1.5E-7"]),
        ("b", ["true", "false"]), ("t", ["\"2011-07-01T00:00:01Z\"", "\"2011-07-01\""]),
        ("a key of more than eight", ["\"x\""]),
        ("j", ["[]", "[1,-2,null,true,false,\"é\"]", "[\"a\"]", "7"]),
        ("e", ["1700000000000", "-1"]), ("f", ["1.5"]), ("n", ["12.34"]),
        ("\\\"q\\\\", ["1"]), ("o", ["{\"x\":1,\"y\":{\"z\":2.5}}", "{}", "{\"y\":{}}"]),
        ("v", ["[1,2]"]), ("g", ["{\"z\":[1]}"]), ("unknown", ["1", "{\"k\":\"v\"}"]),
    ]

    /// What may stand anywhere.
    private static let odd = [
        "-0", "-0.0", "01", "-", "1.", ".5", "1e", "1e400", "1e-400", "5e-324", "1E+2", "0e0",
        "4.9406564584124654e-324", "1.7976931348623157e308", "123456789012345678.5", "1.0",
        "9223372036854775808", "-9223372036854775808", "18446744073709551616", "2147483648",
        "0.1234567890123456789012", "9007199254740993", "9007199254740993.0", "\"a\\nb\"",
        "\"\\u00e9\"", "\"\\\\\"", "\"12345678\\\"\"", "\"\\ud800\"", "\" \"", "\"a\" ", "[ ]",
        "[-0]", "[1.50]", "[[1]]", "[\"a\\\"b\"]", "[1 ,2]", "[1, 2]", "[1,]", "[,1]", "[1", "]",
        "{}", "{\"x\":1}", "{\"x\":1,\"x\":2}", "{\"x\" :1}", "{,}", "tru", "truefalse", "true ",
        "nul", "nullx", "", "\"", "\"a\"b", "\"a\"\"b\"", "1 2", "1\"a\"", "\u{0}", "\"\u{1}\"",
    ]

    private static func body(_ generator: inout SeededGenerator) -> [UInt8] {
        var members = usual.filter { _ in Int.random(in: 0...5, using: &generator) > 0 }
        let isQuick = Int.random(in: 0...2, using: &generator) > 0
        if isQuick {
            let rare = ["f", "n", "\\\"q\\\\", "v", "g", "unknown"]
            members.removeAll { rare.contains($0.key) }
        } else if Bool.random(using: &generator) {
            members.shuffle(using: &generator)
        }
        if Int.random(in: 0...9, using: &generator) == 0 { members += members.prefix(1) }
        let oddOne = Int.random(in: 0...30, using: &generator)
        let texts = members.enumerated().map { place, member in
            let values = place == oddOne ? odd : member.values
            let value = values.randomElement(using: &generator) ?? "null"
            let space = Int.random(in: 0...9, using: &generator) == 0 ? " " : ""
            return "\"\(member.key)\":\(space)\(value)"
        }
        var body = Array("{\(texts.joined(separator: ","))}".utf8)
        switch Int.random(in: 0...19, using: &generator) {
        case 0: body.removeLast(Int.random(in: 1...min(9, body.count), using: &generator))
        case 1: body += Array([" ", "}", ",", "x", "{}"].randomElement(using: &generator)!.utf8)
        case 2:
            let place = Int.random(in: 0..<body.count, using: &generator)
            body[place] = UInt8.random(in: 0...255, using: &generator)
        default: break
        }
        return body
    }

    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    func `both ways make the same rows, rescues and reasons of any body`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let growth = SchemaGrowth(try Mapping(parsing: Self.mapping))
        var quick = Flattener(FlattenPlan(growth), source: "s")
        var usual = Flattener(FlattenPlan(growth), source: "s")

        for offset in 0..<400 as Range<Int64> {
            let body = Self.body(&generator)
            // What follows a body is the next one, whatever that is.
            let followed = body + Self.body(&generator) + [UInt8](repeating: 0x7D, count: 64)
            let one = quick.flatten(
                0..<body.count, of: followed.rawSpan, partition: 1, offset: offset)
            let other = usual.flatten(
                0..<body.count, of: body.rawSpan, partition: 1, offset: offset)
            #expect(one == other, "\(String(decoding: body, as: UTF8.self))")
        }

        let (rows, expected) = (quick.take(), usual.take())
        #expect(rows.rescues == expected.rescues)
        for (batch, same) in zip(rows.batches, expected.batches) {
            #expect(FlatWorld.rows(of: batch) == FlatWorld.rows(of: same))
        }
    }
}
