import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: rows")
struct FlattenerTests {
    @Test func `objects become columns that are named after their paths`() throws {
        var world = FlatWorld()

        world.flatten(#"{"deviceId":"a","site":{"group":"g","region":null},"ok":{"x.y":true}}"#)

        #expect(
            try world.rows() == [["deviceId": "a", "site_group": "g", "ok_x_y": "true"]])
    }

    @Test func `rows carry source, partition and offset`() throws {
        var world = FlatWorld()

        world.flatten("{}", #"{"a":1}"#)

        #expect(
            try world.allColumns() == [
                ["_source": "store:1", "_partition": "3", "_offset": "0"],
                ["_source": "store:1", "_partition": "3", "_offset": "1", "a": "1"],
            ])
    }

    @Test func `fields may come in any order and be missing`() throws {
        var world = FlatWorld()

        world.flatten(#"{"a":1,"b":"x","c":true}"#, #"{"c":false,"a":2}"#, #"{"b":"y","a":3}"#)

        #expect(
            try world.rows() == [
                ["a": "1", "b": "x", "c": "true"], ["a": "2", "c": "false"], ["a": "3", "b": "y"],
            ])
    }

    @Test func `an array without a rule becomes its JSON text`() throws {
        var world = FlatWorld()

        world.flatten(#"{"tags":[ "a", 1.50, {"b":null}, "q\"\u0001é" ]}"#)

        #expect(try world.rows() == [["tags": #"["a",1.5,{"b":null},"q\"\u0001é"]"#]])
    }

    @Test func `an exploded array becomes rows of a child that carry the parent's identity`()
        throws
    {
        var world = try FlatWorld(
            mapping: #"{"fields":{"readings":{"as":"explode","fields":{"v":"double"}}}}"#)

        world.flatten(#"{"id":7,"readings":[{"v":1,"u":"C"},5,null,{"v":2}]}"#)

        #expect(try world.rows() == [["id": "7"]])
        #expect(
            try world.rows("readings") == [
                ["_index_1": "0", "v": "1.0", "u": "C"], ["_index_1": "1", "value": "5"],
                ["_index_1": "2"], ["_index_1": "3", "v": "2.0"],
            ])
        let places = try world.allColumns(of: "readings").map { $0["_offset"] }
        #expect(places == ["0", "0", "0", "0"])
    }

    @Test func `a map becomes rows with their key`() throws {
        var world = try FlatWorld(
            mapping: #"{"fields":{"zones":{"as":"map","table":"z","key":"zone"}}}"#)

        world.flatten(#"{"zones":{"a.b":{"n":1},"":{"n":2},"c":3}}"#)

        #expect(
            try world.rows("z") == [
                ["_index_1": "0", "zone": "a.b", "n": "1"], ["_index_1": "1", "zone": "", "n": "2"],
                ["_index_1": "2", "zone": "c", "value": "3"],
            ])
    }

    @Test func `explode, map and explode nest, and the innermost rows carry all indexes and keys`()
        throws
    {
        var world = try FlatWorld(
            mapping: """
                {"fields":{"a":{"as":"explode","fields":{
                    "m":{"as":"map","key":"k","element":{"as":"explode"}}}}}}
                """)

        world.flatten(#"{"a":[{"m":{"x":[1,2],"y":[]}},{"m":{"z":[{"v":3}]}}]}"#)

        #expect(world.growth.tables.map(\.name) == ["", "a", "a_m", "a_m_rows"])
        #expect(
            try world.rows("a_m") == [
                ["_index_1": "0", "_index_2": "0", "k": "x"],
                ["_index_1": "0", "_index_2": "1", "k": "y"],
                ["_index_1": "1", "_index_2": "0", "k": "z"],
            ])
        #expect(
            try world.rows("a_m_rows") == [
                ["_index_1": "0", "_index_2": "0", "_index_3": "0", "k": "x", "value": "1"],
                ["_index_1": "0", "_index_2": "0", "_index_3": "1", "k": "x", "value": "2"],
                ["_index_1": "1", "_index_2": "0", "_index_3": "0", "k": "z", "v": "3"],
            ])
    }

    @Test func `empty arrays and nulls make no child rows`() throws {
        var world = try FlatWorld(mapping: #"{"fields":{"a":{"as":"explode"}}}"#)

        world.flatten(#"{"a":[]}"#, #"{"a":null}"#, "{}")

        #expect(try world.rows("a") == [])
        #expect(world.outcomes == [.landed, .landed, .landed])
    }

    @Test func `a list lands whole, with its nulls, or is rescued whole`() throws {
        var world = try FlatWorld(
            mapping: #"{"fields":{"v":{"as":"list","type":"double"}}}"#)

        world.flatten(#"{"v":[1,null,2.5]}"#, #"{"v":[1,"x"]}"#, #"{"v":[]}"#)

        #expect(
            try world.rows() == [
                ["v": "[1.0,null,2.5]"], ["_rescued_data": #"{"v":[1,"x"]}"#], ["v": "[]"],
            ])
    }

    @Test func `raw modes keep the body as it is`() throws {
        var text = try FlatWorld(mapping: #"{"body":"text"}"#)
        var binary = try FlatWorld(mapping: #"{"body":"binary"}"#)

        text.flatten([Array("no {json".utf8), [0x61, 0xFF]])
        binary.flatten([[0x61, 0x00]])

        #expect(try text.rows() == [["body": "no {json"]])
        #expect(text.outcomes == [.landed, .quarantined(.invalidUTF8(position: 1))])
        #expect(try binary.rows() == [["body": "a\0"]])
    }
}
