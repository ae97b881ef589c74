import Bytes
import Columns
import ColumnsKit
import TestKit
import Testing

@testable import Parquet

/// Random rows of random schemas, written in random ways, beside the rows themselves.
@Suite("Parquet: round trips")
struct RoundTripLaws {
    @Test(arguments: 1...120 as ClosedRange<UInt64>)
    func `a file gives back the rows that went in`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let schema = Schema.random(using: &random)
        let options = WriterOptions.random(using: &random)
        var writer = FileWriter(schema, to: [UInt8](), options: options)
        var groups: [[[ColumnValue]]] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let rows = Self.rows(of: schema, using: &random)
            groups.append(rows)
            writer.append(Self.batch(of: rows, schema))
        }

        let file = writer.finish().sink

        let reader = try FileReader(file)
        #expect(reader.schema == schema)
        for (index, rows) in groups.enumerated() {
            #expect(try reader.read(rowGroup: index).values == rows)
        }
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `the summary's bounds and counts are those of the values`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let types = DataType.samples.filter { $0.children.isEmpty }
        let schema = Schema(types.enumerated().map { Field("c\($0)", $1) })
        let rows = Self.rows(of: schema, using: &random)
        var writer = FileWriter(
            schema, to: [UInt8](), options: WriterOptions.random(using: &random))
        writer.append(Self.batch(of: rows, schema))

        let summary = writer.finish()

        for (column, found) in summary.columns.enumerated() {
            let values = rows.map { $0[column] }
            #expect(found.statistics.nullCount == values.count { $0 == .null })
            #expect(found.statistics.valueCount == values.count { $0 != .null })
            for value in values where value != .null {
                #expect(found.statistics.bounds?.contains(value) == true)
            }
        }
    }

    private static func rows(
        of schema: Schema, using random: inout SeededGenerator
    ) -> [[ColumnValue]] {
        (0..<Int.random(in: 1...300, using: &random)).map { _ in
            schema.fields.map { field in
                var value = ColumnValue.random(of: field.type, using: &random)
                while !field.isNullable && value == .null {
                    value = ColumnValue.random(of: field.type, using: &random)
                }
                return value
            }
        }
    }

    private static func batch(of rows: [[ColumnValue]], _ schema: Schema) -> ColumnBatch {
        var builder = BatchBuilder(schema, dictionaryBudget: 60)
        for row in rows {
            for (column, value) in row.enumerated() where value != .null {
                builder[column].append(value)
            }
            builder.endRow()
        }
        return builder.take()
    }
}

extension WriterOptions {
    static func random(using random: inout SeededGenerator) -> WriterOptions {
        var options = WriterOptions()
        options.codec =
            [.uncompressed, .snappy, .zstd(level: 1)].randomElement(using: &random) ?? .snappy
        options.profile = Bool.random(using: &random) ? .standard : .compact
        options.pageRowCount = Int.random(in: 1...400, using: &random)
        options.pageByteCount = Int.random(in: 1...4000, using: &random)
        options.dictionaryBudget = Int.random(in: 0...400, using: &random)
        options.boundByteCountMax = Int.random(in: 1...20, using: &random)
        options.bloomFilterColumns = ["c0", "c2"]
        return options
    }
}

extension Bounds {
    /// Whether a value lies between them.
    fileprivate func contains(_ value: ColumnValue) -> Bool {
        switch (self, value) {
        case (.int32(let range), .integer(let value)):
            Int128(range.lowerBound)...Int128(range.upperBound) ~= value
        case (.int64(let range), .integer(let value)):
            Int128(range.lowerBound)...Int128(range.upperBound) ~= value
        case (.int128(let range), .integer(let value)): range ~= value
        case (.float(let range), .float(let value)): range ~= value
        case (.double(let range), .double(let value)): range ~= value
        case (.bits(let low, let high), .boolean(let value)): value ? high : !low
        case (.bytes(let low, let high), .bytes(let value)):
            !value.lexicographicallyPrecedes(low) && !high.lexicographicallyPrecedes(value)
        default: false
        }
    }
}
