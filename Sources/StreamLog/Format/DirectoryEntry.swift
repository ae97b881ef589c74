internal import Bytes
internal import StreamModel

/// Where in a block a batch lies, and all of it that the state of the log follows from.
///
///     0             4           8             16      20         24       28    32
///     ┌─────────────┬───────────┬─────────────┬───────┬──────────┬────────┬─────┐
///     │ incarnation │ partition │ base offset │ count │ position │ length │ crc │
///     └─────────────┴───────────┴─────────────┴───────┴──────────┴────────┴─────┘
///     32             40            48            56         64      66      68       72
///     ┌──────────────┬─────────────┬─────────────┬──────────┬───────┬───────┬────────┐
///     │ first create │ last create │ append time │ producer │ epoch │ flags │ base   │
///     │ time         │ time        │             │ id       │       │       │ seq.   │
///     └──────────────┴─────────────┴─────────────┴──────────┴───────┴───────┴────────┘
///
/// The checksum covers the batch's place and its first bytes; those hold Kafka's own checksum of
/// all the rest, so that together the two cover every byte and the bytes are read only once.
struct DirectoryEntry: Equatable, Sendable {
    static let byteCount = 72
    /// Kafka's base offset, length, leader epoch, magic and checksum.
    static let coveredByteCount = 21

    var partition: PartitionID
    var baseOffset: Int64
    var recordCount: Int
    var position: Int
    var length: Int
    var checksum: UInt32
    var firstCreateTime: Int64
    var lastCreateTime: Int64
    var appendTime: Int64
    var producer: ProducerStamp?
    /// Set when a create time is too far from the append time to be believed in a time search.
    var hasDoubtfulCreateTime: Bool

    var endOffset: Int64 { baseOffset + Int64(recordCount) }

    /// The create time that a time search goes by.
    var searchableCreateTime: Int64 { hasDoubtfulCreateTime ? appendTime : lastCreateTime }

    static func checksum(
        of block: BlockNumber, _ partition: PartitionID, baseOffset: Int64,
        head: ArraySlice<UInt8>
    ) -> UInt32 {
        var crc = CRC32C.extend(0, byBigEndian: block.rawValue)
        crc = CRC32C.extend(crc, byBigEndian: partition.incarnation.rawValue)
        crc = CRC32C.extend(crc, byBigEndian: partition.index)
        crc = CRC32C.extend(crc, byBigEndian: baseOffset)
        return CRC32C.extend(crc, by: head.rawSpan.extracting(0..<coveredByteCount))
    }

    func encode(into writer: inout ByteWriter) {
        let start = writer.count
        writer.append(bigEndian: partition.incarnation.rawValue)
        writer.append(bigEndian: partition.index)
        writer.append(bigEndian: baseOffset)
        writer.append(bigEndian: UInt32(recordCount))
        writer.append(bigEndian: UInt32(position))
        writer.append(bigEndian: UInt32(length))
        writer.append(bigEndian: checksum)
        writer.append(bigEndian: firstCreateTime)
        writer.append(bigEndian: lastCreateTime)
        writer.append(bigEndian: appendTime)
        writer.append(bigEndian: producer?.id.rawValue ?? -1)
        writer.append(bigEndian: producer?.epoch ?? -1)
        writer.append(bigEndian: UInt16(hasDoubtfulCreateTime ? 1 : 0))
        writer.append(bigEndian: producer?.baseSequence ?? -1)
        assert(writer.count - start == Self.byteCount, "the drawing above is out of date")
    }

    /// Nil when the entry cannot be one that `encode` made for a block of `blockByteCount` bytes.
    init?(_ reader: inout ByteReader, blockByteCount: Int) throws(DecodeError) {
        partition = PartitionID(
            StreamIncarnation(rawValue: try reader.integer()), try reader.integer())
        baseOffset = try reader.integer()
        recordCount = Int(try reader.integer(as: UInt32.self))
        position = Int(try reader.integer(as: UInt32.self))
        length = Int(try reader.integer(as: UInt32.self))
        checksum = try reader.integer()
        firstCreateTime = try reader.integer()
        lastCreateTime = try reader.integer()
        appendTime = try reader.integer()
        let id = try reader.integer(as: Int64.self)
        let epoch = try reader.integer(as: Int16.self)
        hasDoubtfulCreateTime = try reader.integer(as: UInt16.self) & 1 != 0
        let baseSequence = try reader.integer(as: Int32.self)
        let stamp = ProducerStamp(
            id: ProducerID(rawValue: id), epoch: epoch, baseSequence: baseSequence)
        producer = id < 0 ? nil : stamp
        guard partition.index < LogLimits.partitionCountMax,
            partition.incarnation.rawValue < .max, producer?.isPossible ?? true,
            baseOffset >= 0, recordCount > 0,
            baseOffset <= LogLimits.offsetMax - Int64(recordCount),
            length >= Self.coveredByteCount, position + length <= blockByteCount
        else { return nil }
    }

    init(
        partition: PartitionID, baseOffset: Int64, recordCount: Int, position: Int, length: Int,
        checksum: UInt32, createTimes: ClosedRange<Int64>, appendTime: Int64,
        producer: ProducerStamp?, hasDoubtfulCreateTime: Bool
    ) {
        self.partition = partition
        self.baseOffset = baseOffset
        self.recordCount = recordCount
        self.position = position
        self.length = length
        self.checksum = checksum
        self.firstCreateTime = createTimes.lowerBound
        self.lastCreateTime = createTimes.upperBound
        self.appendTime = appendTime
        self.producer = producer
        self.hasDoubtfulCreateTime = hasDoubtfulCreateTime
    }
}
