package import Bytes
package import Compression

/// The fixed head of a Kafka record batch, format 2. Integers are big-endian.
///
///     0           8        12       16      17       21        23         27
///     ┌───────────┬────────┬────────┬───────┬────────┬─────────┬──────────┬───────
///     │ base      │ length │ leader │ magic │ crc32c │ attri-  │ last     │ base
///     │ offset    │        │ epoch  │ (2)   │        │ butes   │ delta    │ time
///     └───────────┴────────┴────────┴───────┴────────┴─────────┴──────────┴───────
///             35          43          51         53         57         61
///     ────────┬───────────┬───────────┬──────────┬──────────┬──────────┬──────────
///             │ max       │ producer  │ producer │ base     │ record   │ records
///             │ time      │ id        │ epoch    │ sequence │ count    │
///     ────────┴───────────┴───────────┴──────────┴──────────┴──────────┴──────────
///
/// `length` counts what follows it. The checksum covers everything from the attributes on, so the
/// base offset and the leader epoch can be set by whoever gives the batch its place.
/// (Kafka protocol guide, "Record Batch".)
package struct RecordBatchHeader: Hashable, Sendable {
    /// How many bytes the head has.
    package static let byteCount = 61

    /// The format this head belongs to.
    package static let magic: Int8 = 2

    /// The offset of the first record, as a number: a stranger may have sent a negative one.
    package var baseOffset: Int64 = 0
    /// The bytes of the batch after this field.
    package var batchLength: Int32 = 0
    /// Set by a broker; -1 in batches that no broker has taken.
    package var partitionLeaderEpoch: Int32 = -1
    /// CRC-32C of everything from the attributes on.
    package var checksum: UInt32 = 0
    /// Bits 0-2: codec. 3: times are the broker's. 4: transactional. 5: control. Others unknown.
    package var attributes: Int16 = 0
    /// The offset of the last record, less the base offset.
    package var lastOffsetDelta: Int32 = 0
    /// The time that the times of the records are relative to, in milliseconds.
    package var baseTimestamp: Int64 = 0
    /// The latest time of a record, in milliseconds.
    package var maxTimestamp: Int64 = 0
    /// -1, or the producer that numbers its records.
    package var producerID: Int64 = -1
    /// Which life of the producer.
    package var producerEpoch: Int16 = -1
    /// The number of the first record in that life, which wraps after `Int32.max`.
    package var baseSequence: Int32 = -1
    /// How many records there are.
    package var recordCount: Int32 = 0

    /// The head of a batch of nothing, from nobody.
    package init() {}
}

extension RecordBatchHeader {
    /// Reads the 61 bytes of a head. Checks their format, and nothing else about them.
    package init(from reader: inout ByteReader) throws(BatchError) {
        let magic: Int8
        do throws(DecodeError) {
            baseOffset = try reader.integer()
            batchLength = try reader.integer()
            partitionLeaderEpoch = try reader.integer()
            magic = try reader.integer()
            checksum = try reader.integer()
            attributes = try reader.integer()
            lastOffsetDelta = try reader.integer()
            baseTimestamp = try reader.integer()
            maxTimestamp = try reader.integer()
            producerID = try reader.integer()
            producerEpoch = try reader.integer()
            baseSequence = try reader.integer()
            recordCount = try reader.integer()
        } catch {
            throw .malformed(error)
        }
        guard magic == Self.magic else { throw .unsupportedMagic(magic) }
    }

    /// Writes the head over the first 61 bytes of `batch`.
    package func encode(over batch: inout [UInt8]) {
        batch.replace(at: 0, bigEndian: baseOffset)
        batch.replace(at: 8, bigEndian: batchLength)
        batch.replace(at: 12, bigEndian: partitionLeaderEpoch)
        batch.replace(at: 16, bigEndian: Self.magic)
        batch.replace(at: Position.checksum, bigEndian: checksum)
        batch.replace(at: Position.attributes, bigEndian: attributes)
        batch.replace(at: 23, bigEndian: lastOffsetDelta)
        batch.replace(at: 27, bigEndian: baseTimestamp)
        batch.replace(at: 35, bigEndian: maxTimestamp)
        batch.replace(at: 43, bigEndian: producerID)
        batch.replace(at: 51, bigEndian: producerEpoch)
        batch.replace(at: 53, bigEndian: baseSequence)
        batch.replace(at: 57, bigEndian: recordCount)
    }

    /// Where the fields begin that are needed by position.
    enum Position {
        static let baseOffset = 0
        static let batchLength = 8
        static let partitionLeaderEpoch = 12
        static let magic = 16
        static let checksum = 17
        static let attributes = 21
        static let lastOffsetDelta = 23
        static let recordCount = 57
    }
}

extension RecordBatchHeader {
    /// Whose clock the times of the records are from.
    package enum TimestampType: Sendable {
        /// The producer's: each record has its own.
        case createTime
        /// The broker's: every record has the batch's `maxTimestamp`.
        case logAppendTime
    }

    /// How the records are compressed, or `nil` if no codec has that number.
    package var codec: Codec? {
        get { Codec(rawValue: UInt8(truncatingIfNeeded: attributes & 0b111)) }
    }

    package var timestampType: TimestampType {
        attributes & 0b1000 == 0 ? .createTime : .logAppendTime
    }

    /// Whether the records count only if their transaction is committed.
    package var isTransactional: Bool { attributes & 0b1_0000 != 0 }

    /// Whether the records are a broker's marks and no events.
    package var isControl: Bool { attributes & 0b10_0000 != 0 }

    /// Who numbered the records, if somebody did.
    package var producer: BatchProducer? {
        guard producerID >= 0 else { return nil }
        return BatchProducer(id: producerID, epoch: producerEpoch, baseSequence: baseSequence)
    }
}

/// Who numbered the records of a batch, so that a second copy of it is known as one.
package struct BatchProducer: Hashable, Sendable {
    /// What the store calls the producer.
    package var id: Int64
    /// Which life of the producer; an earlier one has no say any more.
    package var epoch: Int16
    /// The number of the batch's first record in that life. After `Int32.max` comes 0.
    package var baseSequence: Int32

    package init(id: Int64, epoch: Int16, baseSequence: Int32) {
        self.id = id
        self.epoch = epoch
        self.baseSequence = baseSequence
    }
}
