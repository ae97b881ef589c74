import Bytes
import ColumnsKit
import Testing

@testable import Columns

@Suite("Columns: rows")
struct BatchBuilderTests {
    private let schema = Schema([
        Field("id", .long), Field("name", .string),
        Field("list", .array(element: .string, containsNull: true)),
    ])

    @Test
    func `a column that a row passes by is null in it`() {
        var builder = BatchBuilder(schema)

        builder[1].append(string: "a")
        builder.endRow()
        builder[0].append(int64: 2)
        builder.endRow()
        builder.endRow()
        let batch = builder.take()

        #expect(batch.rowCount == 3)
        #expect(
            batch.values == [
                [.null, .bytes(Array("a".utf8)), .null], [.integer(2), .null, .null],
                [.null, .null, .null],
            ])
    }

    @Test
    func `a discarded row leaves no trace, whatever was begun in it`() {
        var builder = BatchBuilder(schema)
        builder[0].append(int64: 1)
        builder[2].children[0].append(string: "kept")
        builder[2].appendGroup()
        builder.endRow()

        builder[0].append(int64: 2)
        builder[1].append(string: "gone")
        builder[2].children[0].append(string: "begun")
        builder.discardRow()
        builder[2].appendGroup()
        builder.endRow()
        let batch = builder.take()

        #expect(
            batch.values == [
                [.integer(1), .null, .list([.bytes(Array("kept".utf8))])],
                [.null, .null, .list([])],
            ])
    }

    @Test
    func `a place that was taken back can be given again`() {
        var builder = BatchBuilder(schema)
        builder.endRow()

        builder[0].append(int64: 1)
        #expect(builder.isSet(0))
        builder.unset(0)
        #expect(!builder.isSet(0))
        builder[0].append(int64: 2)
        builder.endRow()

        #expect(builder.take().values.map { $0[0] } == [.null, .integer(2)])
    }

    @Test
    func `a column that is added later is null in the rows before`() {
        var builder = BatchBuilder(schema)
        builder.endRow()

        builder.add(Field("late", .boolean))
        builder[3].append(bit: true)
        builder.endRow()
        let batch = builder.take()

        #expect(batch.schema.fields.map(\.name) == ["id", "name", "list", "late"])
        #expect(batch.values.map { $0[3] } == [.null, .boolean(true)])
        #expect(builder.schema == batch.schema)
    }

    @Test
    func `a batch that was taken leaves an empty builder that holds no memory`() {
        var builder = BatchBuilder(schema)
        for row in 0..<1000 {
            builder[0].append(int64: Int64(row))
            builder[1].append(string: "name \(row)")
            builder.endRow()
        }
        let held = builder.byteCount

        _ = builder.take()

        #expect(held > 1000 * (8 + 4 + 8))
        #expect(builder.rowCount == 0)
        #expect(builder.byteCount == 0)
    }

    @Test
    func `a batch cannot be taken in the middle of a row`() async {
        await #expect(processExitsWith: .failure) {
            var builder = BatchBuilder(Schema([Field("id", .long)]))
            builder[0].append(int64: 1)
            _ = builder.take()
        }
    }
}
