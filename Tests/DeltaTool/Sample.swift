import Bytes
import Columns

/// Rows of every type whose values follow from the row's number, so that a test in another language
/// can compute the same. `Tests/Interop/sample.py` is its twin.
enum Sample {
    static let schema = Schema([
        Field("word", .string), Field("text", .string), Field("long", .long),
        Field("integer", .integer), Field("short", .short), Field("byte", .byte),
        Field("float", .float), Field("double", .double),
        Field("price", .decimal(precision: 5, scale: 2)),
        Field("amount", .decimal(precision: 18, scale: 4)),
        Field("total", .decimal(precision: 38, scale: 6)),
        Field("flag", .boolean), Field("blob", .binary), Field("day", .date),
        Field("moment", .timestamp),
        Field("numbers", .array(element: .long, containsNull: true)),
        Field("words", .array(element: .string, containsNull: true)),
        Field("place", .structure([Field("x", .double), Field("name", .string)])),
        Field("tags", .map(key: .string, value: .long, valueContainsNull: true)),
    ])

    static func isNull(_ row: Int, _ column: Int) -> Bool { (row + column) % 5 == 0 }

    static func append(_ row: Int, to builder: inout BatchBuilder) throws {
        for (column, field) in builder.schema.fields.enumerated() {
            if isNull(row, schema.index(of: field.name) ?? column) { continue }
            try append(row, field, to: &builder[column])
        }
        builder.endRow()
    }

    private static func append(
        _ row: Int, _ field: Field, to column: inout ColumnBuilder
    ) throws {
        switch field.name {
        case "word": column.append(string: "w\(row % 50)")
        case "text": column.append(string: "text-\(row * row)-ä€😀")
        case "long": column.append(int64: Int64(row) * 1_000_003 * (row % 2 == 0 ? 1 : -1))
        case "integer": column.append(int32: Int32(row * 31 - 1000))
        case "short": column.append(int32: Int32(row % 60_000 - 30_000))
        case "byte": column.append(int32: Int32(row % 256 - 128))
        case "float": column.append(float: Float(row) / 8)
        case "double": column.append(double: Double(row) / 3)
        case "price": try column.append(unscaled: Int128(row % 99_999 - 50_000))
        case "amount": try column.append(unscaled: Int128(row) * 123_456_789 - 5)
        case "total":
            try column.append(unscaled: (Int128(row) - 3) * 100_000_000_000_000_000_000_001)
        case "flag": column.append(bit: row % 3 == 0)
        case "blob":
            let bytes = [UInt8](repeating: UInt8(row % 256), count: row % 4)
            column.append(bytes: bytes.rawSpan)
        case "day": column.append(int32: Int32(row - 1000))
        case "moment": column.append(int64: Int64(row) * 1_000_003 - 1_000_000_000_000)
        default: appendNested(row, field, to: &column)
        }
    }

    private static func appendNested(_ row: Int, _ field: Field, to column: inout ColumnBuilder) {
        column.appendGroup { below in
            switch field.name {
            case "numbers", "words":
                for index in 0..<(row % 4) {
                    if (row + index) % 6 == 0 {
                        below[0].appendNull()
                    } else if field.name == "numbers" {
                        below[0].append(int64: Int64(row + index))
                    } else {
                        below[0].append(string: "e\(row + index)")
                    }
                }
            case "place":
                row % 7 == 0 ? below[0].appendNull() : below[0].append(double: Double(row))
                row % 8 == 0 ? below[1].appendNull() : below[1].append(string: "p\(row)")
            default:
                for index in 0..<(row % 3) {
                    below[0].append(string: "k\(index)")
                    row % 9 == 0 ? below[1].appendNull() : below[1].append(int64: Int64(row))
                }
            }
        }
    }

    static func batch(_ rows: Range<Int>, schema: Schema = schema) throws -> ColumnBatch {
        var builder = BatchBuilder(schema)
        for row in rows { try append(row, to: &builder) }
        return builder.take()
    }
}
