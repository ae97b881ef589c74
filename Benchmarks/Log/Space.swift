import Glibc
import StreamLog
import StreamModel

extension Benchmark {
    /// Bytes given to write calls per payload byte: 64 KiB commits over 16 partitions, with 1,024
    /// partitions and 10,000 producers in every snapshot. The limit is the payload.
    static let writeAmplification = Benchmark("write.amplification") { directory in
        let store = try await BenchmarkLog(below: directory, partitions: 1024)
        try await makeProducers(10_000, in: store)
        var batches = try RandomBatches(recordByteCount: 4096 - 80, recordCount: 1)
        func commit(_ count: Int) async throws {
            for round in 0..<count {
                var appends: [Commit.Append] = []
                for place in 0..<16 {
                    let partition = store.partitions[(round * 16 + place) % 1024]
                    appends.append(Commit.Append(try batches.next(), to: partition))
                }
                _ = try await store.log.commit(Commit(appends: appends))
            }
        }
        try await commit(1000)
        let before = try bytesWritten()
        let payload = store.log.statistics().counters.payloadByteCount
        try await commit(3000)
        _ = try store.log.verify()
        let written = try bytesWritten() - before
        let appended = store.log.statistics().counters.payloadByteCount - payload
        await store.close()
        return [
            Figure(
                name: "write.amplification", value: Double(written), unit: .bytes,
                limit: Double(appended))
        ]
    }

    private static func makeProducers(_ count: Int, in store: BenchmarkLog) async throws {
        for start in stride(from: 0, to: count, by: 500) {
            var appends: [Commit.Append] = []
            for number in start..<(start + 500) {
                let id = try await store.log.registerProducer(nil).id
                var builder = RecordBatchBuilder()
                try builder.append(
                    key: nil, value: [1], timestamp: Timestamp(milliseconds: 0))
                let producer = BatchProducer(id: id.rawValue, epoch: 0, baseSequence: 0)
                appends.append(
                    Commit.Append(
                        builder.finish(from: producer), to: store.partitions[number % 1024]))
            }
            _ = try await store.log.commit(Commit(appends: appends))
        }
    }

    /// Bytes given to write calls beyond the payload, for each commit of one 1 KB event.
    static let writeOverhead = Benchmark("write.overhead") { directory in
        let store = try await BenchmarkLog(below: directory)
        var batches = try RandomBatches(recordByteCount: 1000, recordCount: 1)
        let count = 3000
        let before = try bytesWritten()
        for _ in 0..<count {
            let record = Record(value: batches.nextValue(), timestamp: Timestamp(milliseconds: 0))
            _ = try await store.log.append(record, to: store.partitions[0])
        }
        let written = try bytesWritten() - before
        await store.close()
        return [
            Figure(
                name: "write.overhead", value: Double(written - count * 1000) / Double(count),
                unit: .bytes)
        ]
    }

    /// What real telemetry takes, in batches of 500 events and one event an append, beside zstd
    /// over the whole file.
    static let storedSize = Benchmark("stored.size", "stored.single") { directory in
        let lines = try Telemetry.lines()
        let whole = "\(directory)/whole.ndjson"
        try Telemetry.write(lines, to: whole)
        let limit = Double(try WholeFileZstd.compressedByteCount(of: whole))

        let batched = try await BenchmarkLog(below: directory, name: "batched", partitions: 1)
        // Sixteen batches are on their way at a time, as `millrace produce` has them: a block that
        // holds several wastes less of its last page.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<16 {
                group.addTask {
                    for start in stride(from: caller * 500, to: lines.count, by: 16 * 500) {
                        let records = lines[start..<min(start + 500, lines.count)].map {
                            Record(value: $0, timestamp: Timestamp(milliseconds: 0))
                        }
                        _ = try await batched.log.append(records, to: batched.partitions[0])
                    }
                }
            }
            try await group.waitForAll()
        }
        let batchedSize = try await size(of: batched)

        let single = try await BenchmarkLog(below: directory, name: "single", partitions: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<1000 {
                group.addTask {
                    for place in stride(from: caller, to: lines.count, by: 1000) {
                        let record = Record(
                            value: lines[place], timestamp: Timestamp(milliseconds: 0))
                        _ = try await single.log.append(record, to: single.partitions[0])
                    }
                }
            }
            try await group.waitForAll()
        }
        let singleSize = try await size(of: single)
        return [
            Figure(name: "stored.size", value: batchedSize, unit: .bytes, limit: limit),
            Figure(name: "stored.single", value: singleSize, unit: .bytes, limit: limit),
        ]
    }

    private static func size(of store: BenchmarkLog) async throws -> Double {
        let paths = try store.segmentPaths
        await store.close(removing: false)
        let size = try paths.reduce(0) { try $0 + BenchmarkFile($1, O_RDONLY).byteCount }
        Scratch.remove(store.path)
        return Double(size)
    }

    /// Anonymous memory with a 10 GB backlog in 1,024 partitions, while appending.
    static let memoryBacklog = Benchmark("memory.backlog") { directory in
        let store = try await BenchmarkLog(below: directory, partitions: 1024)
        try await fill(store, byteCount: 10_000_000_000)
        var batches = try RandomBatches(recordByteCount: 1000, recordCount: 1)
        var largest = 0
        for round in 0..<2000 {
            let record = Record(value: batches.nextValue(), timestamp: Timestamp(milliseconds: 0))
            _ = try await store.log.append(record, to: store.partitions[round % 1024])
            if round.isMultiple(of: 100) { largest = max(largest, try anonymousMemory()) }
        }
        await store.close()
        return [
            Figure(
                name: "memory.backlog", value: Double(largest) / Double(1 << 20), unit: .mebibytes)
        ]
    }

    /// Appends random 64 KiB batches to all partitions in turn.
    static func fill(
        _ store: BenchmarkLog, byteCount: Int, batchesPerCommit: Int = 16
    ) async throws {
        var batches = try RandomBatches(recordByteCount: 1 << 13, recordCount: 8)
        let batchByteCount = 1 << 16
        var partition = 0
        for _ in 0..<max(1, byteCount / (batchesPerCommit * batchByteCount)) {
            var appends: [Commit.Append] = []
            for _ in 0..<batchesPerCommit {
                let id = store.partitions[partition % store.partitions.count]
                appends.append(Commit.Append(try batches.next(), to: id))
                partition += 1
            }
            _ = try await store.log.commit(Commit(appends: appends))
        }
    }
}
