import Glibc
import StreamLog
import StreamModel

extension Benchmark {
    /// Verifying a closed store of several segments, read from the disk, beside
    /// reading and checksumming the same files from end to end.
    static let verifyDisk = Benchmark("verify.disk") { directory in
        let store = try await BenchmarkLog(below: directory)
        var next = try RandomBatches(recordByteCount: 500, recordCount: 500)
        for round in 0..<1600 {
            let append = Commit.Append(
                try next.next(), to: store.partitions[round % store.partitions.count])
            _ = try await store.log.commit(Commit(appends: [append]))
        }
        let paths = try store.segmentPaths
        await store.close(removing: false)
        let sums = try await interleaved(pairs: 5) {
            try forgetCached(paths)
            let start = ContinuousClock.now
            let report = try StreamLog.verify(storeAt: store.path)
            guard report.isClean else { throw LimitError(operation: "verify", code: 0) }
            let seconds = start.duration(to: .now).inSeconds
            return Measurement(amount: Double(report.byteCount), seconds: seconds)
        } limit: {
            try forgetCached(paths)
            return try ChecksummedRead.run(paths, pieceByteCount: 1 << 20).measurement
        }
        Scratch.remove(store.path)
        return [
            Figure(
                name: "verify.disk", value: sums.ours.rate, unit: .bytesPerSecond,
                limit: sums.limit.rate)
        ]
    }

    /// Has the system read the files from the disk the next time.
    private static func forgetCached(_ paths: [String]) throws {
        for path in paths {
            let file = try BenchmarkFile(path, O_RDONLY)
            fdatasync(file.descriptor)
            _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
        }
    }
}
