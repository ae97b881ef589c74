internal import Compression
internal import StreamLog
internal import StreamModel

/// Sorts records into batches, one or more for each partition.
struct BatchDraft: ~Copyable {
    struct Finished {
        let partition: PartitionIndex
        let batch: RecordBatch
        /// Which of the records given the batch has, in its order.
        let places: [Int]
    }

    private struct Open {
        var builder = RecordBatchBuilder()
        var places: [Int] = []
    }

    private let compression: StreamConfiguration.Compression
    private var compressor = ZstdCompressor()
    private var open: [PartitionIndex: Open] = [:]
    private var finished: [Finished] = []
    private var count = 0

    init(compression: StreamConfiguration.Compression) { self.compression = compression }

    mutating func add(_ record: Record, to partition: PartitionIndex) throws(CommitError) {
        do throws(BatchError) {
            try open[partition, default: Open()].builder.append(record)
        } catch .batchTooLarge {
            close(partition)
            return try add(record, to: partition)
        } catch .recordTooLarge(let byteCount, let limit) {
            throw .tooLarge(.record, byteCount: byteCount, limit: limit)
        } catch {
            throw .malformed(error)
        }
        open[partition]?.places.append(count)
        count += 1
    }

    /// All of it, in the order of the partitions.
    mutating func finish() -> [Finished] {
        for partition in open.keys.sorted() { close(partition) }
        return finished
    }

    private mutating func close(_ partition: PartitionIndex) {
        guard var batch = open.removeValue(forKey: partition), !batch.builder.isEmpty else {
            return
        }
        finished.append(
            Finished(
                partition: partition,
                batch: compression == .zstd
                    ? batch.builder.finish(compressor: &compressor) : batch.builder.finish(),
                places: batch.places))
    }
}
