import Bytes
import Columns
import Testing

@testable import Parquet

@Suite("Parquet: reading")
struct FileReaderTests {
    private static let schema = Schema([
        Field("name", .string), Field("id", .long, isNullable: false), Field("small", .short),
        Field("flag", .boolean), Field("price", .decimal(precision: 38, scale: 2)),
        Field("ratio", .double), Field("half", .float), Field("at", .timestamp),
        Field(
            "list",
            .array(
                element: .structure([Field("x", .long), Field("y", .string)]), containsNull: true)),
        Field(
            "map",
            .map(
                key: .string, value: .array(element: .integer, containsNull: true),
                valueContainsNull: true)),
    ])

    static func batch(_ rows: Range<Int>) -> ColumnBatch {
        var builder = BatchBuilder(schema)
        for row in rows {
            builder[1].append(int64: Int64(row))
            for column in schema.fields.indices where column != 1 && (row + column) % 4 != 0 {
                append(row, to: &builder[column], column)
            }
            builder.endRow()
        }
        return builder.take()
    }

    private static func append(_ row: Int, to builder: inout ColumnBuilder, _ column: Int) {
        switch column {
        case 0: builder.append(string: row % 2 == 0 ? "same" : "n\(row)")
        case 2: builder.append(int32: Int32(row % 1000))
        case 3: builder.append(bit: row % 3 == 0)
        case 4: builder.append(int128: Int128(row) * -1_000_000_000_000_000_000_000)
        case 5: builder.append(double: Double(row) / 7)
        case 6: builder.append(float: Float(row) / 7)
        case 7: builder.append(int64: Int64(row) * 1_000_000)
        case 8:
            builder.appendGroup { below in
                for index in 0..<(row % 4) {
                    if index == 2 { below[0].appendNull(); continue }
                    below[0].appendGroup { fields in
                        index == 1 ? fields[0].appendNull() : fields[0].append(int64: Int64(row))
                        fields[1].append(string: "y\(index)")
                    }
                }
            }
        default:
            builder.appendGroup { below in
                for index in 0..<(row % 3) {
                    below[0].append(string: "k\(index)")
                    if row % 5 == 0 { below[1].appendNull(); continue }
                    below[1].appendGroup { below in
                        for element in 0..<index { below[0].append(int32: Int32(element)) }
                    }
                }
            }
        }
    }

    static func file(_ batches: [ColumnBatch], _ options: WriterOptions = WriterOptions())
        -> [UInt8]
    {
        var writer = FileWriter(schema, to: [UInt8](), options: options)
        for batch in batches { writer.append(batch) }
        return writer.finish().sink
    }

    private func values(_ batch: ColumnBatch) -> [[ColumnValue]] {
        batch.columns.map { column in
            var cursor = ColumnCursor(column)
            return (0..<column.count).map { _ in cursor.next() }
        }
    }

    @Test(
        arguments: [WriterOptions.Codec.uncompressed, .snappy, .zstd(level: 1)],
        [WriterOptions.Profile.standard, .compact])
    func `what was written is read back`(codec: WriterOptions.Codec, profile: WriterOptions.Profile)
        throws
    {
        var options = WriterOptions()
        (options.codec, options.profile, options.pageRowCount) = (codec, profile, 192)
        for count in [1, 63, 64, 65, 1000] {
            let batch = Self.batch(0..<count)

            let reader = try FileReader(Self.file([batch, batch], options))

            #expect(reader.schema == Self.schema)
            #expect(reader.rowCount == Int64(2 * count))
            for group in 0..<2 {
                let found = try reader.read(rowGroup: group)
                #expect(values(found) == values(batch))
            }
        }
    }

    @Test
    func `only the columns that are asked for are read`() throws {
        let reader = try FileReader(Self.file([Self.batch(0..<50)]))

        let found = try reader.read(rowGroup: 0, columns: ["map", "id"])

        #expect(found.schema.fields.map(\.name) == ["id", "map"])
    }

    @Test
    func `no prefix of a file is a trap`() throws {
        let file = Self.file([Self.batch(0..<40)])

        for count in 0..<file.count {
            #expect(throws: ParquetError.self) {
                let reader = try FileReader(Array(file.prefix(count)))
                _ = try reader.read(rowGroup: 0)
            }
        }
    }

    @Test(arguments: [WriterOptions.Profile.standard, .compact])
    func `no changed byte is a trap`(profile: WriterOptions.Profile) throws {
        var options = WriterOptions()
        (options.codec, options.profile) = (.uncompressed, profile)
        let file = Self.file([Self.batch(0..<40)], options)

        for index in file.indices {
            for byte in [0x00, 0x7F, 0xFF, file[index] ^ 1] as [UInt8] {
                var changed = file
                changed[index] = byte
                guard let reader = try? FileReader(changed) else { continue }
                for group in 0..<min(2, reader.rowGroupCount) {
                    _ = try? reader.read(rowGroup: group)
                }
            }
        }
    }

    @Test
    func `a changed byte of a page is found by its checksum`() throws {
        var options = WriterOptions()
        options.codec = .uncompressed
        let file = Self.file([Self.batch(0..<40)], options)
        let place = try #require(
            file.indices.first { Array(file[$0...].prefix(4)) == Array("same".utf8) })
        var changed = file
        changed[place] ^= 1

        #expect(throws: ParquetError.inconsistent(.checksum)) {
            try FileReader(changed).read(rowGroup: 0)
        }
    }
}
