import Glibc
import Millrace
import StreamLog
import StreamModel
import Synchronization

extension Benchmark {
    /// Durable appends of 16 callers, 64 KiB batches, beside as many bytes through one `write` and
    /// `fdatasync` for each of our commits, and beside bare LMDB in the same groups.
    static let appendBytes = Benchmark("append.bytes", "append.bytes.lmdb") { directory in
        let store = try await BenchmarkLog(below: directory)
        let batches = try RandomBatches(recordByteCount: 1 << 16, recordCount: 1)
        let ours = { try await appendRound(store, batches, callers: 16, rounds: 16) }
        var group = 512 << 10
        let file = try await interleaved(pairs: 40) {
            let (measurement, commits) = try await ours()
            group = max(4096, Int(measurement.amount) / commits)
            return measurement
        } limit: {
            let groups = max(1, (16 << 20) / group)
            return try FlushedFile(below: directory, groupByteCount: group).run(groups: groups)
        }
        let lmdb = try await interleaved(pairs: 40) {
            let (measurement, commits) = try await ours()
            group = max(4096, Int(measurement.amount) / commits)
            return measurement
        } limit: {
            let commits = max(1, (16 << 20) / group)
            return try BareLMDB(below: directory, valueByteCount: group).run(commits: commits)
        }
        await store.close()
        return [
            Figure(
                name: "append.bytes", value: file.ours.rate, unit: .bytesPerSecond,
                limit: file.limit.rate),
            Figure(
                name: "append.bytes.lmdb", value: lmdb.ours.rate, unit: .bytesPerSecond,
                limit: lmdb.limit.rate),
        ]
    }

    /// Each caller appends to a partition of its own; amounts are payload bytes.
    private static func appendRound(
        _ store: BenchmarkLog, _ batches: RandomBatches, callers: Int, rounds: Int
    ) async throws -> (Measurement, commits: Int) {
        let before = store.log.statistics().counters.commits
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                var batches = batches
                batches.skip(caller)
                group.addTask { [batches] in
                    var batches = batches
                    for _ in 0..<rounds {
                        let append = Commit.Append(
                            try batches.next(), to: store.partitions[caller])
                        _ = try await store.log.commit(Commit(appends: [append]))
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = start.duration(to: .now).inSeconds
        let bytes = Double(callers * rounds * (1 << 16))
        let commits = store.log.statistics().counters.commits - before
        return (Measurement(amount: bytes, seconds: seconds), commits)
    }

    /// One 1 KB event, one caller, beside one 4 KiB `write` and `fdatasync`.
    static let appendLatency = Benchmark("append.latency") { directory in
        let store = try await BenchmarkLog(below: directory)
        let file = try FlushedFile(below: directory, groupByteCount: 4096)
        var batches = try RandomBatches(recordByteCount: 1000, recordCount: 1)
        let sums = try await interleaved(pairs: 40) {
            var latencies: [Double] = []
            for _ in 0..<50 {
                let record = Record(
                    value: batches.nextValue(), timestamp: Timestamp(milliseconds: 0))
                let start = ContinuousClock.now
                _ = try await store.log.append(record, to: store.partitions[0])
                latencies.append(start.duration(to: .now).inSeconds)
            }
            return Measurement(
                amount: 50, seconds: latencies.reduce(0, +), latencies: latencies)
        } limit: {
            try file.run(groups: 50)
        }
        await store.close()
        return [
            Figure(
                name: "append.latency", value: sums.ours.meanLatency * 1e9, unit: .nanoseconds,
                limit: sums.limit.meanLatency * 1e9)
        ]
    }

    /// 2,000 events a second over several rolls with a reader at the end of the log, beside the
    /// limit at its own pace.
    static let appendP99 = Benchmark("append.p99") { directory in
        let store = try await BenchmarkLog(below: directory) {
            $0.segmentByteCount = 16 << 20
        }
        let value = try RandomBatches(recordByteCount: 1000, recordCount: 1)
        let file = try FlushedFile(below: directory, groupByteCount: 4096)
        let follower = Task {
            var seen = 0
            for try await _ in store.log.follow(store.partitions[0], from: .start) { seen += 1 }
            return seen
        }
        let sums = try await interleaved(pairs: 10) {
            try await pacedRound(store, value, events: 2000, perSecond: 2000)
        } limit: {
            try file.run(groups: 500)
        }
        let rolls = store.log.statistics().segmentCount - 1
        guard rolls >= 3 else { throw LimitError(operation: "roll three times", code: 0) }
        follower.cancel()
        guard try await follower.value > 0 else { throw LimitError(operation: "follow", code: 0) }
        await store.close()
        return [
            Figure(
                name: "append.p99", value: sums.ours.latency(atQuantile: 0.99) * 1e9,
                unit: .nanoseconds, limit: sums.limit.latency(atQuantile: 0.99) * 1e9)
        ]
    }

    private static func pacedRound(
        _ store: BenchmarkLog, _ value: RandomBatches, events: Int, perSecond: Int
    ) async throws -> Measurement {
        let start = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: Double.self) { group in
            for event in 0..<events {
                let due = start + .seconds(1) * (Double(event) / Double(perSecond))
                var payload = value
                group.addTask {
                    let record = Record(
                        value: payload.nextValue(), timestamp: Timestamp(milliseconds: 0))
                    try await Task.sleep(until: due, clock: .continuous)
                    let begun = ContinuousClock.now
                    _ = try await store.log.append(record, to: store.partitions[0])
                    return begun.duration(to: .now).inSeconds
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return Measurement(
            amount: Double(events), seconds: start.duration(to: .now).inSeconds,
            latencies: latencies)
    }

    /// 1 KB events, 1,000 in flight, one event a call, beside SQLite with 1,000 rows a transaction.
    static let appendEvents = Benchmark("append.events") { directory in
        let path = "\(directory)/store"
        let store = try await Store(opening: path)
        let stream = try await store.stream(named: StreamName("events"), partitionCount: 16)
        let sqlite = try BareSQLite(below: directory)
        let value = try RandomBatches(recordByteCount: 1000, recordCount: 1)
        let sums = try await interleaved(pairs: 12) {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<1000 {
                    var payload = value
                    group.addTask {
                        for _ in 0..<100 {
                            let record = Record(
                                value: payload.nextValue(), timestamp: Timestamp(milliseconds: 0))
                            _ = try await stream.append(record)
                        }
                    }
                }
                try await group.waitForAll()
            }
            return Measurement(amount: 100_000, seconds: start.duration(to: .now).inSeconds)
        } limit: {
            try sqlite.run(transactions: 50)
        }
        await store.close()
        Scratch.remove(path)
        return [
            Figure(
                name: "append.events", value: sums.ours.rate, unit: .eventsPerSecond,
                limit: sums.limit.rate)
        ]
    }
}
