internal import Compression
public import StreamLog
public import StreamModel

/// A producer that numbers its events, so that what it sends twice is stored once.
///
/// It keeps its identity under its name. After a crash it asks for `lastSequence`, and goes on with
/// the event after that one.
public final class Producer: Sendable {
    private let log: StreamLog
    /// The number the store knows it by.
    public let id: ProducerID
    /// Which life of the producer this is. Earlier lives are refused.
    public let epoch: Int16

    init(_ log: StreamLog, id: ProducerID, epoch: Int16) {
        self.log = log
        self.id = id
        self.epoch = epoch
    }

    /// The number of the last event it has stored in a partition, in this life or one before; nil
    /// before the first. After 2^31 - 1 comes 0.
    public func lastSequence(in partition: PartitionIndex, of stream: EventStream) -> Int32? {
        log.lastSequence(of: id, in: stream.id(of: partition))
    }

    /// Appends events that are numbered from `sequence` on as one batch. The first batch of a life
    /// begins with 0.
    ///
    /// The same batch again is answered with `duplicate`, and a batch that leaves numbers out is
    /// refused. Cancellation does not take back what was handed over.
    public func append(
        _ records: [Record], from sequence: Int32, to partition: PartitionIndex,
        of stream: EventStream
    ) async throws(CommitError) -> AppendOutcome {
        precondition(!records.isEmpty, "a producer appends at least one event")
        var builder = RecordBatchBuilder()
        do throws(BatchError) {
            for record in records { try builder.append(record) }
        } catch .recordTooLarge(let byteCount, let limit) {
            throw .tooLarge(.record, byteCount: byteCount, limit: limit)
        } catch .batchTooLarge(let byteCount, let limit) {
            throw .tooLarge(.batch, byteCount: byteCount, limit: limit)
        } catch {
            throw .malformed(error)
        }
        let stamp = BatchProducer(id: id.rawValue, epoch: epoch, baseSequence: sequence)
        var compressor = ZstdCompressor()
        let batch =
            stream.definition.configuration.compression == .zstd
            ? builder.finish(from: stamp, compressor: &compressor) : builder.finish(from: stamp)
        let receipt = try await log.commit(
            Commit(appends: [.init(batch, to: stream.id(of: partition))]))
        return receipt.appends[0]
    }
}
