import Bytes
import Columns
import Testing

@testable import Parquet

@Suite("Parquet: files")
struct FileWriterTests {
    private let schema = Schema([
        Field("name", .string), Field("value", .double),
        Field("list", .array(element: .long, containsNull: true)),
    ])

    private func batch(_ rows: Range<Int>) -> ColumnBatch {
        var builder = BatchBuilder(schema)
        for row in rows {
            builder[0].append(string: "n\(row % 10)")
            if row % 3 != 0 { builder[1].append(double: Double(row)) }
            builder[2].appendGroup { below in
                for index in 0..<(row % 3) { below[0].append(int64: Int64(index)) }
            }
            builder.endRow()
        }
        return builder.take()
    }

    private func file(_ batches: [ColumnBatch], _ options: WriterOptions = WriterOptions())
        -> [UInt8]
    {
        var writer = FileWriter(schema, to: [UInt8](), options: options)
        for batch in batches { writer.append(batch) }
        return writer.finish().sink
    }

    @Test(arguments: [WriterOptions.Codec.uncompressed, .snappy, .zstd(level: 3)])
    func `the same rows give the same bytes`(codec: WriterOptions.Codec) {
        var options = WriterOptions()
        options.codec = codec

        #expect(file([batch(0..<5000)], options) == file([batch(0..<5000)], options))
    }

    @Test
    func `a file begins and ends with the magic, and its length is what was written`() {
        var writer = FileWriter(schema, to: [UInt8]())
        writer.append(batch(0..<100))
        writer.append(batch(100..<101))

        let summary = writer.finish()

        #expect(summary.byteCount == summary.sink.count)
        #expect(summary.rowCount == 101)
        #expect(summary.sink.prefix(4) == [0x50, 0x41, 0x52, 0x31])
        #expect(summary.sink.suffix(4) == [0x50, 0x41, 0x52, 0x31])
    }

    @Test
    func `a batch without rows writes no row group`() {
        #expect(file([batch(0..<0), batch(0..<9)]) == file([batch(0..<9)]))
    }

    @Test
    func `the summary has the statistics of each leaf over all row groups`() {
        var writer = FileWriter(schema, to: [UInt8]())
        writer.append(batch(0..<100))
        writer.append(batch(100..<250))

        let columns = writer.finish().columns

        #expect(columns.map(\.path) == [["name"], ["value"], ["list", "list", "element"]])
        #expect(
            columns[0].statistics.bounds
                == .bytes(smallest: Array("n0".utf8), largest: Array("n9".utf8)))
        #expect(columns[1].statistics.bounds == .double(1...248))
        #expect(columns[1].statistics.nullCount == 84)
    }

    @Test
    func `every page but the last begins with a row, and together they have all rows`() {
        var options = WriterOptions()
        options.pageRowCount = 128
        let batch = batch(0..<1000)
        var encoder = ChunkEncoder(options)

        for leaf in Shredder.leaves(of: batch, in: ParquetSchema(schema)) {
            let chunk = encoder.encode(leaf)

            #expect(chunk.pages.count > 3)
            #expect(chunk.pages[0].location.firstRow == 0)
            for (page, next) in zip(chunk.pages, chunk.pages.dropFirst()) {
                #expect(page.location.firstRow < next.location.firstRow)
                #expect(
                    page.location.offset + Int64(page.location.byteCount) == next.location.offset)
            }
            let total = chunk.pages.reduce(0) { $0 + $1.statistics.valueCount }
            #expect(total == leaf.column.valueCount)
        }
    }

    @Test
    func `a null in a column that must not have one stops the program`() async {
        await #expect(processExitsWith: .failure) {
            let schema = Schema([Field("a", .long, isNullable: false)])
            var builder = BatchBuilder(schema)
            builder.endRow()
            var writer = FileWriter(schema, to: [UInt8]())
            writer.append(builder.take())
        }
    }
}
