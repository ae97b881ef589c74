import Foundation
import TestKit
import Testing

@testable import MillraceBenchmarks

/// Each limit once, tiny: it has to do what it is compared for.
struct LimitsTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
    }

    @Test func `a flushed file grows by each group`() throws {
        let file = try FlushedFile(below: directory.path, groupByteCount: 5000)

        let run = try file.run(groups: 3)

        #expect(run.amount == 15000)
        #expect(run.latencies.count == 3)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)).count == 15000)
    }

    @Test func `LMDB begins a new file before a value does not fit`() throws {
        let store = try BareLMDB(
            below: directory.path, valueByteCount: 100_000, segmentByteCount: 1 << 20)

        let run = try store.run(commits: 30)

        #expect(run.amount == 3_000_000)
        let made = try #require(try names().first)
        let files = try FileManager.default.contentsOfDirectory(
            atPath: directory.path(of: made))
        #expect(Set(files) == ["0.mdb", "1.mdb", "2.mdb", "3.mdb"])
    }

    @Test func `SQLite counts rows`() throws {
        let store = try BareSQLite(below: directory.path, rowsPerTransaction: 10)

        #expect(try store.run(transactions: 3).amount == 30)
    }

    @Test func `a checksummed read sees every byte of every file`() throws {
        let paths = ["a", "b"].map(directory.path(of:))
        for path in paths {
            try Data("123456789".utf8).write(to: URL(fileURLWithPath: path))
        }

        let (run, checksum) = try ChecksummedRead.run(paths, pieceByteCount: 4)

        #expect(run.amount == 18)
        // Of "123456789123456789".
        #expect(checksum == 0xA86C_53F4)
    }

    @Test func `the size under zstd is that of one frame`() throws {
        let path = directory.path(of: "zeros")
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))

        #expect(try 16...200 ~= WholeFileZstd.compressedByteCount(of: path))
    }

    @Test func `every limit removes what it wrote`() throws {
        _ = try FlushedFile(below: directory.path, groupByteCount: 10).run(groups: 1)
        _ = try OverwrittenFile(below: directory.path).run(flushes: 1)
        _ = try BareLMDB(below: directory.path, valueByteCount: 10).run(commits: 1)
        _ = try BareSQLite(below: directory.path, rowsPerTransaction: 1).run(transactions: 1)

        #expect(try names() == [])
    }

    @Test func `payloads differ from one to the next and have the size asked for`() throws {
        var payload = try Payload(byteCount: 3000)

        let drawn = (0..<1000).map { _ in Array(payload.next()) }

        #expect(drawn.allSatisfy { $0.count == 3000 })
        #expect(Set(drawn).count == 1000)
    }
}
