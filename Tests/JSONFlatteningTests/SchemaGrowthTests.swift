import Bytes
import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: schema growth")
struct SchemaGrowthTests {
    private func discoveries(_ found: [(String, InferredKind, Int64)]) -> Discoveries {
        var discoveries = Discoveries()
        for (key, kind, offset) in found {
            guard let node = discoveries.node(at: [key], of: 0) else { continue }
            discoveries.note(kind, of: node, at: Place(partition: 0, offset: offset, word: 1))
        }
        return discoveries
    }

    @Test func `columns come in log order, however the tasks were merged`() throws {
        let early = discoveries([("b", .long, 3), ("a", .string, 9), ("c", .boolean, 1)])
        let late = discoveries([("b", .double, 12), ("a", .timestamp, 2), ("d", .json, 40)])
        var forward = early
        forward.merge(late)
        var backward = late
        backward.merge(early)

        var one = SchemaGrowth(Mapping())
        var other = SchemaGrowth(Mapping())
        let grown = one.grow(with: forward)
        let again = other.grow(with: backward)

        let change = try #require(grown)
        #expect(again == change)
        #expect(one == other)
        #expect(change.columns.map(\.name) == ["c", "a", "b", "d"])
        #expect(change.columns.map(\.type) == [.boolean, .string, .double, .json])
    }

    @Test func `recorded changes make the same tables again`() throws {
        var grown = SchemaGrowth(Mapping())
        let first = grown.grow(with: discoveries([("a", .long, 0)]))
        let second = grown.grow(with: discoveries([("A", .string, 5)]))

        var replayed = SchemaGrowth(Mapping())
        try replayed.apply(try SchemaChange(decoding: try #require(first).encoded))
        try replayed.apply(try SchemaChange(decoding: try #require(second).encoded))
        var atOnce = SchemaGrowth(Mapping())
        try atOnce.apply(grown.record)

        #expect(replayed == grown)
        #expect(atOnce == grown)
        let third = grown.grow(with: discoveries([("a", .string, 9)]))
        #expect(third == nil)
    }

    @Test func `names of other writers and of declared columns are avoided`() throws {
        var growth = SchemaGrowth(try Mapping(parsing: #"{"fields":{"x":{"column":"Y"}}}"#))

        let change = growth.grow(
            with: discoveries([("y", .long, 0), ("z", .long, 1)]), avoiding: [["Z"]])

        #expect(change?.columns.map(\.name) == ["y_2", "z_2"])
    }

    @Test func `at the limit fields are rescued, and the notice names the crowded object`() throws {
        var world = try FlatWorld(mapping: #"{"columnMax":14}"#)

        let members = (0..<50).map { #""key\#($0)":{"v":\#($0)}"# }.joined(separator: ",")
        world.flatten(#"{"id":1,"zones":{\#(members)}}"#)

        let row = try #require(try world.rows().first)
        #expect(row.count == 11)
        #expect(row["zones_key8_v"] == "8")
        #expect(row["_rescued_data"]?.hasPrefix(#"{"zones":{"key9":{"v":9},"#) == true)
        #expect(world.taken?.discoveries.isEmpty == true)
        #expect(
            world.growth.notices == [.columnLimit(table: "", limit: 14, crowded: ["zones"])])
    }

    @Test func `what is discovered is bounded`() {
        var flattener = Flattener(FlattenPlan(SchemaGrowth(Mapping())), source: "s")

        let members = (0..<20_000).map { #""k\#($0)":1"# }.joined(separator: ",")
        let body = Array("{\(members)}".utf8)
        let outcome = flattener.flatten(
            0..<body.count, of: body.rawSpan, partition: 0, offset: 0)

        #expect(outcome == .landedWithRescues(20_000))
        #expect(flattener.discoveries.count == Discoveries.countMax)
    }

    @Test func `a record that was tampered with is refused`() throws {
        var growth = SchemaGrowth(Mapping())
        let encoded = SchemaChange(columns: [
            RecordedColumn(table: "", path: ["a"], name: "a", type: .long)
        ]).encoded

        for length in 0..<encoded.count {
            #expect(throws: SchemaChangeError.malformed) {
                try SchemaChange(decoding: Array(encoded.prefix(length)))
            }
        }
        try growth.apply(try SchemaChange(decoding: encoded))
        #expect(throws: SchemaChangeError.sameColumn("a")) {
            try growth.apply(try SchemaChange(decoding: encoded))
        }
    }

    @Test func `a new mapping adopts the columns it leaves to inference`() throws {
        var old = SchemaGrowth(Mapping())
        _ = old.grow(with: discoveries([("a", .long, 0), ("b", .long, 1)]))

        let new = SchemaGrowth(
            try Mapping(parsing: #"{"fields":{"b":{"type":"string","column":"text"}}}"#),
            adopting: old.record)

        #expect(new.tables[0].columns.map(\.name).suffix(2) == ["text", "a"])
    }
}
