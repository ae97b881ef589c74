import Columns
import DeltaTable
import Foundation
import Glibc

extension Benchmark {
    /// The median time of an append commit of 100 rows, beside that of a new file of 4 KiB that is
    /// flushed.
    static let commitLatency = Benchmark("commit.latency") { directory in
        var table = try await BenchmarkTable.create("\(directory)/table", smallSchema)
        let batch = smallBatch()
        let files = CreatedFiles(below: directory)
        let sums = try await interleaved(pairs: 10) {
            try await timedCommits(40, of: batch, to: &table)
        } limit: { try files.run(count: 40) }
        return [
            Figure(
                name: "commit.latency", value: sums.ours.latency(atQuantile: 0.5) * 1e9,
                unit: .nanoseconds, limit: sums.limit.latency(atQuantile: 0.5) * 1e9)
        ]
    }

    /// Seconds for the last thousand of 10,000 such commits, checkpoints included, beside the first
    /// thousand.
    static let commitFlat = Benchmark("commit.flat") { directory in
        var table = try await BenchmarkTable.create("\(directory)/table", smallSchema)
        let batch = smallBatch()
        let first = try await timedCommits(1000, of: batch, to: &table)
        _ = try await timedCommits(8000, of: batch, to: &table)
        let last = try await timedCommits(1000, of: batch, to: &table)
        return [
            Figure(name: "commit.flat", value: last.seconds, unit: .seconds, limit: first.seconds)
        ]
    }

    /// Seconds to open a table of 100,000 files for appending, beside one of ten, each with a fresh
    /// checkpoint.
    static let openLargeTable = Benchmark("open.large") { directory in
        let paths = (large: "\(directory)/large", small: "\(directory)/small")
        for (path, count) in [(paths.large, 100_000), (paths.small, 10)] {
            _ = try await BenchmarkTable.create(path, smallSchema)
            try commitAbsentFiles(count, to: path)
            var table = try await BenchmarkTable.open(path)
            try await table.checkpoint()
        }
        let sums = try await interleaved(pairs: 10) {
            try await timedOpens(5, of: paths.large)
        } limit: { try await timedOpens(5, of: paths.small) }
        return [
            Figure(
                name: "open.large", value: sums.ours.latency(atQuantile: 0.5), unit: .seconds,
                limit: sums.limit.latency(atQuantile: 0.5))
        ]
    }

    private static let smallSchema = Schema([
        Field("id", .long), Field("name", .string), Field("value", .double),
    ])

    private static func smallBatch() -> ColumnBatch {
        var builder = BatchBuilder(smallSchema)
        for row in 0..<100 {
            builder[0].append(int64: Int64(row))
            builder[1].append(string: "sensor-\(row % 10)")
            builder[2].append(double: Double(row) / 7)
            builder.endRow()
        }
        return builder.take()
    }

    /// Version 1 as another writer would have left it. The files are not there: opening a table for
    /// appending never looks for them.
    private static func commitAbsentFiles(_ count: Int, to path: String) throws {
        let statistics = #"{\"numRecords\":100,\"minValues\":{\"id\":0},\"nullCount\":{\"id\":0}}"#
        let lines = (0..<count).map { number in
            #"{"add":{"path":"part-\#(number)-c000.zstd.parquet","partitionValues":{},"#
                + #""size":48213,"modificationTime":1795400001234,"dataChange":true,"#
                + #""stats":"\#(statistics)"}}"#
        }
        let text = ([#"{"commitInfo":{"operation":"WRITE"}}"#] + lines).joined(separator: "\n")
        let file = URL(fileURLWithPath: "\(path)/_delta_log/00000000000000000001.json")
        try Data((text + "\n").utf8).write(to: file)
    }

    private static func timedCommits(
        _ count: Int, of batch: ColumnBatch, to table: inout BenchmarkTable
    ) async throws -> Measurement {
        try await timed(count) { try await table.append([batch]) }
    }

    private static func timedOpens(_ count: Int, of path: String) async throws -> Measurement {
        try await timed(count) { _ = try await BenchmarkTable.open(path) }
    }

    private static func timed(
        _ count: Int, _ step: () async throws -> Void
    ) async throws -> Measurement {
        var latencies: [Double] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try await step()
            latencies.append(start.duration(to: .now).inSeconds)
        }
        return Measurement(
            amount: Double(count), seconds: latencies.reduce(0, +), latencies: latencies)
    }
}

/// `open` of a new file, a `write` of 4 KiB, `fsync`: the least that a durable commit can be.
final class CreatedFiles {
    private let directory: String
    private var count = 0

    init(below directory: String) { self.directory = directory }

    func run(count steps: Int) throws -> Measurement {
        let block = [UInt8](repeating: 7, count: 4096)
        return try Measurement(steps: steps, amountPerStep: 1) {
            let file = try BenchmarkFile("\(directory)/created-\(count)", O_WRONLY | O_CREAT)
            count += 1
            // SAFETY: the pointer is used only inside the closure.
            let written = unsafe block.withUnsafeBytes { bytes in
                unsafe write(file.descriptor, bytes.baseAddress, bytes.count)
            }
            guard written == block.count else { throw LimitError.last("write") }
            guard fsync(file.descriptor) == 0 else { throw LimitError.last("fsync") }
        }
    }
}
