import Glibc
import StreamLog
import StreamModel

extension Benchmark {
    /// Opening a store of 10 GB, the first read and the first acknowledged append, warm, beside the
    /// same on a store of one full segment.
    static let openLarge = Benchmark("open.large") { directory in
        let large = try await BenchmarkLog(below: directory, name: "large")
        try await fill(large, byteCount: 10_000_000_000)
        await large.close(removing: false)
        let small = try await BenchmarkLog(below: directory, name: "small")
        try await fill(small, byteCount: 62 << 20)
        await small.close(removing: false)
        let sums = try await interleaved(pairs: 5) {
            try await openReadAppend(directory, "large")
        } limit: {
            try await openReadAppend(directory, "small")
        }
        Scratch.remove(large.path)
        Scratch.remove(small.path)
        return [
            Figure(
                name: "open.large", value: sums.ours.meanLatency, unit: .seconds,
                limit: sums.limit.meanLatency)
        ]
    }

    /// Opening a store whose one segment of 64 MiB is full, and the first acknowledged append,
    /// beside reading and checksumming as many bytes.
    static let openSegment = Benchmark("open.segment") { directory in
        let store = try await BenchmarkLog(below: directory, name: "small")
        try await fill(store, byteCount: 50 << 20, batchesPerCommit: 1)
        let path = try store.segmentPaths[0]
        await store.close(removing: false)
        let sums = try await interleaved(pairs: 20) {
            try await openReadAppend(directory, "small", reading: false)
        } limit: {
            let read = try ChecksummedRead.run([path]).measurement
            return Measurement(amount: 1, seconds: read.seconds, latencies: [read.seconds])
        }
        Scratch.remove(store.path)
        return [
            Figure(
                name: "open.segment", value: sums.ours.meanLatency, unit: .seconds,
                limit: sums.limit.meanLatency)
        ]
    }

    /// The append begins a segment that the next opening finds nearly empty; so what it added is
    /// taken away again, and every round opens the same full segment.
    private static func openReadAppend(
        _ directory: String, _ name: String, reading: Bool = true
    ) async throws -> Measurement {
        let path = "\(directory)/\(name)"
        let start = ContinuousClock.now
        let store = try await BenchmarkLog(below: directory, name: name)
        if reading { _ = try store.log.read(store.partitions[0], from: .start, byteCount: 1) }
        let record = Record(
            value: [UInt8](repeating: 1, count: 1000), timestamp: Timestamp(milliseconds: 0))
        _ = try await store.log.append(record, to: store.partitions[0])
        let seconds = start.duration(to: .now).inSeconds
        let paths = try store.segmentPaths
        await store.close(removing: false)
        if let newest = paths.last { unsafe _ = unlink(newest) }
        precondition(path == store.path, "another store was opened")
        return Measurement(amount: 1, seconds: seconds, latencies: [seconds])
    }
}
