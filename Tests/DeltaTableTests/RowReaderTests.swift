import Columns
import Foundation
import Parquet
import Testing

@testable import DeltaTable

@Suite("DeltaTable: rows")
struct RowReaderTests {
    let world = TableWorld()

    @Test
    func `a column that came later is null in the rows before it`() async throws {
        var table = try await world.create()
        try await world.commit(0..<2, to: &table)
        _ = try await table.commit(
            try await world.append(2..<3, to: table, newFields: [Field("more", .double)]))

        let snapshot = try await TableSnapshot(newestIn: world.storage)
        var reader = snapshot.rows(in: world.storage)

        #expect(reader.schema.fields.map(\.name) == ["id", "name", "more"])
        while let batch = try await reader.next() {
            #expect(batch.columns[2].validity.nullCount == batch.rowCount)
        }
    }

    @Test
    func `columns come in the order in which they are asked for`() async throws {
        let table = try await world.tableOfThree()

        var reader = table.rows(of: try await table.files(), columns: ["name", "id", "none"])

        #expect(reader.schema.fields.map(\.name) == ["name", "id"])
        let batch = try #require(try await reader.next())
        #expect(batch.columns.map(\.type) == [.string, .long])
    }

    @Test(arguments: [
        (DataType.string, "a b=%/ä", ColumnValue.bytes(Array("a b=%/ä".utf8))),
        (.long, "-7", .integer(-7)), (.byte, "127", .integer(127)),
        (.date, "1969-12-31", .integer(-1)), (.boolean, "true", .boolean(true)),
        (.double, "1.5", .double(1.5)), (.float, "NaN", .null),
        (.decimal(precision: 10, scale: 2), "-1.5", .integer(-150)),
        (.timestamp, "1970-01-01 00:00:01", .integer(1_000_000)),
        (.timestamp, "1970-01-01T00:00:00.000001Z", .integer(1)),
        (.timestamp, "1970-01-01T01:00:00+01:00", .integer(0)),
        (.string, "", .null), (.long, "", .null),
    ])
    func `a partition value has the column's type`(
        type: DataType, text: String, expected: ColumnValue
    ) throws {
        let column = try #require(PartitionColumn.column(text, type, count: 2))

        var cursor = ColumnCursor(column)
        let found = cursor.next()
        if type == .float {
            guard case .float(let value) = found else { throw CancellationError() }
            #expect(value.isNaN)
        } else {
            #expect(found == expected)
        }
        #expect(column.count == 2)
    }

    @Test(arguments: [
        (DataType.long, "x"), (.long, "9223372036854775808"), (.byte, "128"), (.short, "-32769"),
        (.date, "2023-02-30"), (.date, "2023-1-1"), (.boolean, "yes"), (.timestamp, "noon"),
        (.timestamp, "2023-01-01T25:00:00Z"), (.decimal(precision: 3, scale: 1), "100.0"),
        (.decimal(precision: 3, scale: 1), "1.55"), (.double, "one"),
    ])
    func `a partition value that is none of its type is refused`(type: DataType, text: String) {
        #expect(PartitionColumn.column(text, type, count: 1) == nil)
    }

    @Test
    func `every day is read back from its text`() {
        for day in stride(from: -719_162 as Int64, through: 2_932_896, by: 97) {
            let text = CalendarText.date(day) ?? ""
            #expect(CalendarText.day(of: Array(text.utf8)) == day)
        }
    }

    @Test
    func `integers, floats and decimals become the wider type of the table`() throws {
        var builder = ColumnBuilder(.integer)
        builder.append(int32: -5)
        builder.appendNull()
        let integers = builder.take()
        var decimals = ColumnBuilder(.decimal(precision: 4, scale: 1))
        try decimals.append(unscaled: 15)
        let decimal = decimals.take()

        func first(_ column: Column, as type: DataType) -> ColumnValue? {
            ColumnConversion.column(column, as: type).map { column in
                var cursor = ColumnCursor(column)
                return cursor.next()
            }
        }
        #expect(first(integers, as: .long) == .integer(-5))
        #expect(first(integers, as: .double) == .double(-5))
        #expect(first(integers, as: .decimal(precision: 12, scale: 1)) == .integer(-50))
        #expect(first(decimal, as: .decimal(precision: 20, scale: 3)) == .integer(1500))
        #expect(first(decimal, as: .decimal(precision: 2, scale: 1)) == .integer(15))
        #expect(first(decimal, as: .decimal(precision: 2, scale: 2)) == nil)
        #expect(first(integers, as: .string) == nil)
        #expect(first(integers, as: .date) == nil)
    }

    @Test
    func `columns are filtered at every depth`() throws {
        let type = DataType.array(
            element: .structure([
                Field("a", .long), Field("b", .array(element: .string, containsNull: true)),
            ]), containsNull: true)
        var whole = ColumnBuilder(type)
        var part = ColumnBuilder(type)
        var kept = Bits()
        for row in 0..<60 {
            kept.append(row % 3 == 0)
            append(row, to: &whole)
            if row % 3 == 0 { append(row, to: &part) }
        }

        var filtered = ColumnBuilder(type)
        filtered.append(whole.take(), kept: kept)
        var found = ColumnCursor(filtered.take())
        var expected = ColumnCursor(part.take())

        while !expected.isAtEnd { #expect(found.next() == expected.next()) }
        #expect(found.isAtEnd)
    }

    private func append(_ row: Int, to column: inout ColumnBuilder) {
        guard row % 7 != 0 else { return column.appendNull() }
        column.appendGroup { elements in
            for index in 0..<(row % 4) {
                guard (row + index) % 5 != 0 else {
                    elements[0].appendNull()
                    continue
                }
                elements[0].appendGroup { fields in
                    fields[0].append(int64: Int64(row * 10 + index))
                    fields[1].appendGroup { texts in
                        for text in 0..<(index + 1) { texts[0].append(string: "\(row).\(text)") }
                    }
                }
            }
        }
    }

    @Test
    func `what a file says otherwise than the log is named with its path`() async throws {
        var table = try await world.create()
        let file = try await world.commit(0..<3, to: &table)
        let path = world.root + "/" + file.path

        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        await #expect(throws: TableError.dataFile(file.path, .unreadable(.notParquet))) {
            _ = try await world.ids()
        }
        try FileManager.default.removeItem(atPath: path)
        await #expect(throws: TableError.dataFile(file.path, .missing)) {
            _ = try await world.ids()
        }
    }
}
