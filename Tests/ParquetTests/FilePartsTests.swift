import Bytes
import Columns
import Testing

@testable import Parquet

@Suite("Parquet: reading parts of a file")
struct FilePartsTests {
    private let file = FileReaderTests.file([
        FileReaderTests.batch(0..<300), FileReaderTests.batch(300..<1000),
    ])

    private func footer() throws -> FileReader {
        let needed = try FileReader.footerByteCount(
            tail: Array(file.suffix(8)), fileByteCount: file.count)
        return try FileReader(tail: Array(file.suffix(needed)), fileByteCount: file.count)
    }

    private func values(_ batch: ColumnBatch) -> [[ColumnValue]] {
        batch.columns.map { column in
            var cursor = ColumnCursor(column)
            return (0..<column.count).map { _ in cursor.next() }
        }
    }

    @Test(arguments: [nil, ["name"], ["map", "id"], ["list"]] as [Set<String>?])
    func `the ranges of the columns are enough to read them`(names: Set<String>?) throws {
        let reader = try footer()

        for group in 0..<2 {
            let ranges = try reader.byteRanges(rowGroup: group, columns: names)
            let parts = ranges.map { (offset: $0.lowerBound, bytes: Array(file[$0])) }
            let found = try reader.read(rowGroup: group, columns: names, from: parts)

            let expected = try FileReader(file).read(rowGroup: group, columns: names)
            #expect(found.schema == expected.schema)
            #expect(values(found) == values(expected))
        }
    }

    @Test
    func `ranges are in order, apart, and smaller than the file`() throws {
        let ranges = try footer().byteRanges(rowGroup: 1, columns: ["name", "flag"])

        for (range, next) in zip(ranges, ranges.dropFirst()) {
            #expect(range.upperBound < next.lowerBound)
        }
        #expect(ranges.reduce(0) { $0 + $1.count } < file.count / 2, "\(ranges)")
    }

    @Test
    func `bytes that were not handed in are named`() throws {
        let reader = try footer()
        let first = try #require(try reader.byteRanges(rowGroup: 0).first)

        #expect(throws: ParquetError.missingBytes(offset: first.lowerBound)) {
            try reader.read(rowGroup: 0)
        }
        let cut = Array(file[first].dropLast())
        #expect(throws: ParquetError.self) {
            try reader.read(rowGroup: 0, from: [(first.lowerBound, cut)])
        }
    }

    @Test
    func `a tail that is too short says how much is needed`() throws {
        let needed = try FileReader.footerByteCount(
            tail: Array(file.suffix(100)), fileByteCount: file.count)

        #expect(throws: ParquetError.missingBytes(offset: file.count - needed)) {
            try FileReader(tail: Array(file.suffix(100)), fileByteCount: file.count)
        }
    }
}
