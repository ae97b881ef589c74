/// The limits alone: what this machine can do, before the product does anything.
extension Area {
    static let limits = Area(
        name: "limits",
        benchmarks: [
            .deviceFlush, .lmdbAppend(valueByteCount: 1 << 20),
            Benchmark("file.latency", "file.p99") { directory in
                let run = try FlushedFile(below: directory, groupByteCount: 4096).run(groups: 4000)
                return [
                    Figure(name: "file.latency", value: run.meanLatency * 1e9, unit: .nanoseconds),
                    Figure(
                        name: "file.p99", value: run.latency(atQuantile: 0.99) * 1e9,
                        unit: .nanoseconds),
                ]
            },
            .fileAppend(groupByteCount: 64 << 10), .fileAppend(groupByteCount: 1 << 20),
            .lmdbAppend(valueByteCount: 64 << 10),
            Benchmark("sqlite.insert") { directory in
                let run = try BareSQLite(below: directory).run(transactions: 200)
                return [Figure(name: "sqlite.insert", value: run.rate, unit: .eventsPerSecond)]
            },
            Benchmark("crc.read") { directory in
                let file = try FlushedFile(below: directory, groupByteCount: 1 << 20)
                _ = try file.run(groups: 64)
                try ChecksummedRead.run([file.path])
                var read = Measurement()
                for _ in 0..<20 { read.add(try ChecksummedRead.run([file.path]).measurement) }
                return [Figure(name: "crc.read", value: read.rate, unit: .bytesPerSecond)]
            },
        ])
}

extension Benchmark {
    /// The flush time of the device: `fdatasync` alone, of a block written over in place.
    static let deviceFlush = Benchmark("device.flush") { directory in
        let run = try OverwrittenFile(below: directory).run(flushes: 2000)
        return [Figure(name: "device.flush", value: run.meanLatency * 1e9, unit: .nanoseconds)]
    }

    /// Durable appends of LMDB in C, beside the same bytes through `write` and `fdatasync`.
    static func lmdbAppend(valueByteCount: Int) -> Benchmark {
        let name = valueByteCount == 1 << 20 ? "lmdb.append" : "lmdb.append.\(valueByteCount)"
        return Benchmark(name) { directory in
            let lmdb = try BareLMDB(below: directory, valueByteCount: valueByteCount)
            let file = try FlushedFile(below: directory, groupByteCount: valueByteCount)
            let steps = max(2, (2 << 20) / valueByteCount)
            let sums = try await interleaved(pairs: 120) {
                try lmdb.run(commits: steps)
            } limit: {
                try file.run(groups: steps)
            }
            return [
                Figure(
                    name: name, value: sums.ours.rate, unit: .bytesPerSecond,
                    limit: sums.limit.rate)
            ]
        }
    }

    fileprivate static func fileAppend(groupByteCount: Int) -> Benchmark {
        let name = "file.append.\(groupByteCount)"
        return Benchmark(name) { directory in
            let file = try FlushedFile(below: directory, groupByteCount: groupByteCount)
            let run = try file.run(groups: (256 << 20) / groupByteCount)
            return [Figure(name: name, value: run.rate, unit: .bytesPerSecond)]
        }
    }
}
