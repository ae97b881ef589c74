import Columns
import DeltaTable
import Parquet

extension Benchmark {
    /// Rows a second on one thread, beside pyarrow's `write_table` of arrays that are already
    /// built: from single values, and from columns; and the size of the file.
    static let parquet = Benchmark("parquet.rows", "parquet.encode", "parquet.size") { directory in
        let peer = try TelemetryPeer(below: directory)
        let source = try TelemetryColumns(peer)
        let built = batches(source)
        let rowCount = Double(source.rowCount)
        var sizes = (ours: 0.0, theirs: 0.0)
        func theirs() throws -> Measurement {
            let (seconds, byteCount) = try peer.write(.parquet, to: "\(directory)/theirs.parquet")
            sizes.theirs = byteCount
            return Measurement(amount: rowCount, seconds: seconds)
        }
        func timed(_ body: () throws -> Int) rethrows -> Measurement {
            let start = ContinuousClock.now
            sizes.ours = Double(try body())
            let seconds = start.duration(to: .now).inSeconds
            return Measurement(amount: rowCount, seconds: seconds)
        }
        let path = "\(directory)/ours.parquet"
        let rows = try await interleaved(pairs: 5) {
            try timed { try writeRows(source, to: path) }
        } limit: { try theirs() }
        let encode = try await interleaved(pairs: 5) {
            try timed { try write(built, to: path) }
        } limit: { try theirs() }
        return [
            Figure("parquet.rows", rows), Figure("parquet.encode", encode),
            Figure(
                name: "parquet.size", value: sizes.ours, unit: .bytes, limit: sizes.theirs),
        ]
    }

    private static func batches(_ source: TelemetryColumns) -> [ColumnBatch] {
        var builder = BatchBuilder(TelemetryColumns.schema)
        var batches: [ColumnBatch] = []
        source.forEachGroup { rows in
            source.append(rows, to: &builder)
            batches.append(builder.take())
        }
        return batches
    }

    /// The file's size.
    private static func writeRows(_ source: TelemetryColumns, to path: String) throws -> Int {
        var writer = FileWriter(TelemetryColumns.schema, to: try FileSink(path))
        var builder = BatchBuilder(TelemetryColumns.schema)
        try source.forEachGroup { rows in
            source.append(rows, to: &builder)
            try writer.append(builder.take())
        }
        return try writer.finish().byteCount
    }

    private static func write(_ batches: [ColumnBatch], to path: String) throws -> Int {
        var writer = FileWriter(TelemetryColumns.schema, to: try FileSink(path))
        for batch in batches { try writer.append(batch) }
        return try writer.finish().byteCount
    }

    /// Rows a second from columns to a committed table on all cores, beside delta-rs.
    static let tableRows = Benchmark("table.rows") { directory in
        let peer = try TelemetryPeer(below: directory)
        let source = try TelemetryColumns(peer)
        let built = batches(source)
        let rowCount = Double(source.rowCount)
        let sums = try await interleaved(pairs: 4) {
            let path = try Scratch.makeDirectory("ours", below: directory)
            defer { Scratch.remove(path) }
            let start = ContinuousClock.now
            var table = try await BenchmarkTable.create(path, TelemetryColumns.schema)
            try await table.append(built)
            return Measurement(amount: rowCount, seconds: start.duration(to: .now).inSeconds)
        } limit: {
            let path = "\(directory)/theirs"
            defer { Scratch.remove(path) }
            return Measurement(amount: rowCount, seconds: try peer.write(.table, to: path).seconds)
        }
        return [Figure("table.rows", sums)]
    }

    /// The most memory the process holds while it writes rows that come 50,000 at a time.
    static let memoryWrite = Benchmark("memory.write") { directory in
        let source = try TelemetryColumns(TelemetryPeer(below: directory))
        var writer = FileWriter(
            TelemetryColumns.schema, to: try FileSink("\(directory)/ours.parquet"))
        var builder = BatchBuilder(TelemetryColumns.schema)
        try PeakMemory.reset()
        for start in stride(from: 0, to: source.rowCount, by: 50_000) {
            source.append(start..<min(start + 50_000, source.rowCount), to: &builder)
            if builder.rowCount >= TelemetryColumns.rowsPerGroup {
                try writer.append(builder.take())
            }
        }
        try writer.append(builder.take())
        _ = try writer.finish()
        let peak = Double(try PeakMemory.byteCount())
        return [Figure(name: "memory.write", value: peak / Double(1 << 20), unit: .mebibytes)]
    }
}

extension Figure {
    /// Rows a second of both sides.
    fileprivate init(_ name: String, _ sums: (ours: Measurement, limit: Measurement)) {
        self.init(
            name: name, value: sums.ours.rate, unit: .rowsPerSecond, limit: sums.limit.rate)
    }
}
