import Testing

@testable import JSONFlattening

/// Each rule of the page Rules, by an event that it decides.
@Suite("JSONFlattening: rules")
struct RulesTests {
    @Test func `integers of 64 bits are exact`() throws {
        var world = FlatWorld()

        world.flatten(#"{"a":9223372036854775807,"b":-9223372036854775808}"#)

        #expect(
            try world.rows() == [["a": "9223372036854775807", "b": "-9223372036854775808"]])
    }

    @Test(arguments: [
        "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "-9223372036854775809", "123456789012345678901234567890",
    ])
    func `an integer beyond 64 bits is rescued with all its digits`(number: String) throws {
        var world = FlatWorld()

        world.flatten(#"{"a":1,"b":2}"#, #"{"a":\#(number),"b":3}"#)

        #expect(
            try world.rows() == [
                ["a": "1", "b": "2"], ["b": "3", "_rescued_data": #"{"a":\#(number)}"#],
            ])
        #expect(world.outcomes.last == .landedWithRescues(1))
    }

    @Test func `a double beyond the range of doubles is rescued as it is written`() throws {
        var world = FlatWorld()

        world.flatten(#"{"a":1.5,"b":{"c":2}}"#, #"{"a":-1e400,"b":{"c":3}}"#)

        #expect(
            try world.rows() == [
                ["a": "1.5", "b_c": "2"], ["b_c": "3", "_rescued_data": #"{"a":-1e400}"#],
            ])
    }

    @Test func `a BOM is stepped over`() throws {
        var world = FlatWorld()

        world.flatten([[0xEF, 0xBB, 0xBF] + Array(#"{"a":1}"#.utf8)])
        world.flatten([[0xEF, 0xBB, 0xBF] + Array(#"{"a":1e400}"#.utf8)])

        #expect(world.outcomes == [.landed, .landedWithRescues(1)])
    }

    @Test func `half a surrogate pair is quarantined, in keys too`() throws {
        var world = FlatWorld()

        world.flatten(
            #"{"a":"\ud800"}"#, #"{"\udc00":1}"#, #"{"a":"\ud83d\ude00"}"#,
            #"{"a":"\ud800\u0041"}"#)

        #expect(
            world.outcomes == [
                .quarantined(.loneSurrogate(position: 6)),
                .quarantined(.loneSurrogate(position: 2)), .landed,
                .quarantined(.loneSurrogate(position: 6)),
            ])
        #expect(try world.rows() == [["a": "😀"]])
    }

    @Test func `what is not UTF-8 is quarantined, and nothing of it lands`() throws {
        var world = FlatWorld()

        world.flatten([Array(#"{"a":1,"b":""#.utf8) + [0xC3] + Array(#""}"#.utf8)])

        #expect(world.outcomes == [.quarantined(.invalidUTF8(position: 12))])
        #expect(try world.rows() == [])
    }

    @Test(arguments: [
        ("", QuarantineReason.empty), (" \n", .empty), ("{", .cutOff), (#"{"a":"#, .cutOff),
        (#"{"a":NaN}"#, .notJSON(position: 5)), ("{} {}", .notJSON(position: 3)),
        (#"{"a":Infinity}"#, .notJSON(position: 5)), (#"{'a':1}"#, .notJSON(position: 1)),
        ("{\"a\":\"\n\"}", .notJSON(position: 6)), (#"{"a":01}"#, .notJSON(position: 6)),
    ])
    func `what is no JSON text is quarantined with the place`(
        body: String, reason: QuarantineReason
    ) {
        var world = FlatWorld()

        world.flatten(body)

        #expect(world.outcomes == [.quarantined(reason)])
    }

    @Test(arguments: ["[1,2]", "5", #""x""#, "true", "1e400"])
    func `a body that is no object lands with its value rescued`(body: String) throws {
        var world = FlatWorld()

        world.flatten(body, "null")

        #expect(try world.rows() == [["_rescued_data": body], [:]])
    }

    @Test func `of equal keys the last wins, and the others are rescued`() throws {
        var world = FlatWorld()

        world.flatten(
            #"{"a":1,"b":{"c":1}}"#,
            #"{"a":1,"a":2,"b":{"c":1,"c":2},"a":3}"#,
            #"{"b":{"c":1},"a":7,"b":{"d":true}}"#, #"{"a":1,"a":null}"#)

        #expect(
            try world.rows() == [
                ["a": "1", "b_c": "1"],
                ["a": "3", "b_c": "2", "_rescued_data": #"{"a":1,"a":2,"b":{"c":1}}"#],
                ["a": "7", "b_d": "true", "_rescued_data": #"{"b":{"c":1}}"#],
                ["_rescued_data": #"{"a":1}"#],
            ])
    }

    @Test func `nesting beyond the limit is quarantined`() throws {
        var world = try FlatWorld(mapping: #"{"depthMax":3}"#)

        world.flatten(#"{"a":{"b":{"c":1}}}"#, #"{"a":{"b":{"c":[1]}}}"#)

        #expect(world.outcomes == [.landed, .quarantined(.tooDeep(limit: 3))])
    }

    @Test func `a body beyond the limit is quarantined`() {
        var world = FlatWorld()

        let body = #"{"a":""# + String(repeating: "x", count: 5 << 20) + #""}"#
        world.flatten(body)

        #expect(
            world.outcomes == [
                .quarantined(.tooLarge(byteCount: body.utf8.count, limit: 4 << 20))
            ])
    }

    @Test func `empty keys, keys with dots and keys that differ in case get names of their own`()
        throws
    {
        var world = FlatWorld()

        world.flatten(#"{"":1,"a.b":2,"a_b":3,"A.B":4,"a":{"b":5},"ä":6,"_offset":7,"a b":8}"#)

        #expect(
            try world.rows() == [
                [
                    "empty": "1", "a_b": "2", "a_b_2": "3", "A_B_3": "4", "a_b_4": "5", "ä": "6",
                    "_offset_2": "7", "a_b_5": "8",
                ]
            ])
    }

    @Test func `a value of another type than its column is rescued and counted`() throws {
        var world = FlatWorld()
        world.flatten(#"{"a":1,"s":"x","b":true}"#)

        world.flatten(#"{"a":"1","s":2,"b":0}"#, #"{"a":1.5}"#, #"{"a":2.0}"#, #"{"a":{"x":1}}"#)

        #expect(
            try world.rows().map { $0["_rescued_data"] } == [
                nil, #"{"a":"1","s":2,"b":0}"#, #"{"a":1.5}"#, nil, nil,
            ])
        let rescues = try #require(world.taken?.rescues)
        #expect(rescues.map(\.column) == ["a", "s", "b"])
        #expect(rescues.map(\.count) == [2, 1, 1])
    }

    @Test func `in the range in which a field first comes, whole and other numbers make doubles`()
        throws
    {
        var world = FlatWorld()

        world.flatten(#"{"t":20}"#, #"{"t":20.5}"#, #"{"t":9007199254740993}"#)

        #expect(
            try world.rows() == [
                ["t": "20.0"], ["t": "20.5"], ["_rescued_data": #"{"t":9007199254740993}"#],
            ])
    }

    @Test func `a column of whole numbers does not take others later`() throws {
        var world = FlatWorld()
        world.flatten(#"{"t":20}"#)

        world.flatten(#"{"t":20.5}"#)

        #expect(try world.rows() == [["t": "20"], ["_rescued_data": #"{"t":20.5}"#]])
    }

    @Test func `undeclared fields are rescued or ignored when the mapping says so`() throws {
        var rescuing = try FlatWorld(
            mapping: #"{"undeclared":"rescue","fields":{"a":"long","s":{"fields":{"x":"long"}}}}"#)
        var ignoring = try FlatWorld(mapping: #"{"undeclared":"ignore","fields":{"a":"long"}}"#)

        let body = #"{"a":1,"b":2,"s":{"x":3,"y":[4]},"n":null}"#
        rescuing.flatten(body)
        ignoring.flatten(body)

        #expect(
            try rescuing.rows() == [
                ["a": "1", "s_x": "3", "_rescued_data": #"{"b":2,"s":{"y":[4]}}"#]
            ])
        #expect(try ignoring.rows() == [["a": "1"]])
    }

    @Test func `an ignored field leaves no trace`() throws {
        var world = try FlatWorld(mapping: #"{"fields":{"secret":"ignore"}}"#)

        world.flatten(#"{"secret":{"x":[1]},"a":1,"secret":2}"#)

        #expect(try world.rows() == [["a": "1"]])
        #expect(world.outcomes == [.landed])
    }
}
