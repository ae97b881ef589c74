import Glibc
import StreamLog
import StreamModel

extension Benchmark {
    /// Sequential replay of uncompressed batches, warm, each verified, beside reading and
    /// checksumming the same files.
    static let replayBytes = Benchmark("replay.bytes", "decode.records") { directory in
        let store = try await BenchmarkLog(below: directory, partitions: 1, compression: .none)
        var batches = try RandomBatches(recordByteCount: 230, recordCount: 280)
        for _ in 0..<3000 {
            let append = Commit.Append(try batches.next(), to: store.partitions[0])
            _ = try await store.log.commit(Commit(appends: [append]))
        }
        let paths = try store.segmentPaths
        let sums = try await interleaved(pairs: 12) {
            try replay(store)
        } limit: {
            try ChecksummedRead.run(paths).measurement
        }
        let decoded = try decode(store)
        await store.close()
        return [
            Figure(
                name: "replay.bytes", value: sums.ours.rate, unit: .bytesPerSecond,
                limit: sums.limit.rate),
            Figure(
                name: "decode.records", value: decoded.seconds / decoded.amount * 1e9,
                unit: .nanoseconds),
        ]
    }

    private static func replay(_ store: BenchmarkLog) throws -> Measurement {
        let start = ContinuousClock.now
        var next = Offset.start
        var bytes = 0
        while true {
            let result = try store.log.read(store.partitions[0], from: next, byteCount: 1 << 20)
            if result.items.isEmpty { break }
            for case .batch(let stored) in result.items { bytes += stored.batch.byteCount }
            next = result.next
        }
        return Measurement(amount: Double(bytes), seconds: start.duration(to: .now).inSeconds)
    }

    /// Amounts are records; only the decoding is timed.
    private static func decode(_ store: BenchmarkLog) throws -> Measurement {
        var total = Measurement()
        var next = Offset.start
        while true {
            let result = try store.log.read(store.partitions[0], from: next, byteCount: 8 << 20)
            if result.items.isEmpty { return total }
            next = result.next
            let start = ContinuousClock.now
            var count = 0
            var sum = 0
            for case .batch(let stored) in result.items {
                let decoded = try stored.batch.decoded()
                var cursor = decoded.cursor()
                while let record = try cursor.next() {
                    count += 1
                    sum &+= record.value?.byteCount ?? 0
                }
            }
            precondition(sum == count * 230, "the records decoded are not those appended")
            total.add(
                Measurement(amount: Double(count), seconds: start.duration(to: .now).inSeconds))
        }
    }
}
