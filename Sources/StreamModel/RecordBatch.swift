internal import Bytes
package import Compression

/// One whole record batch in Kafka's format 2: a head, and the records, compressed or not.
///
/// The bytes are what is stored and what is sent; `header` is read from them. A batch is a value
/// that has been looked at: which checks it has passed depends on the initialiser.
package struct RecordBatch: Hashable, Sendable {
    /// How many bytes a batch may have, head included.
    package static let byteCountMax = 4 << 20

    /// How many bytes its records may have once decompressed, where nothing else is said.
    package static let decompressedByteCountMax = 32 << 20

    /// What the first 61 of `bytes` say.
    package private(set) var header: RecordBatchHeader

    /// The whole batch.
    package private(set) var bytes: ArraySlice<UInt8>

    /// A batch that somebody wants to append: everything about it is right but perhaps its records,
    /// which `validateRecords` looks at.
    package init(validating bytes: ArraySlice<UInt8>) throws(BatchError) {
        try self.init(framed: bytes)
        try checkChecksum()
        guard header.recordCount > 0, header.recordCount - 1 == header.lastOffsetDelta else {
            throw badCount
        }
    }

    /// The same for a whole array.
    package init(validating bytes: [UInt8]) throws(BatchError) {
        try self.init(validating: bytes[...])
    }

    /// A batch from another log, from which compaction may have taken records.
    package init(compacted bytes: ArraySlice<UInt8>) throws(BatchError) {
        try self.init(framed: bytes)
        try checkChecksum()
    }

    /// A batch that was valid when it was stored, and whose bytes a checksum of the store covers.
    ///
    /// Only its frame is looked at, which costs a few nanoseconds.
    package init(verified bytes: ArraySlice<UInt8>) throws(BatchError) {
        try self.init(framed: bytes)
    }

    /// What a builder has made.
    init(header: RecordBatchHeader, built bytes: [UInt8]) {
        self.header = header
        self.bytes = bytes[...]
    }
}

extension RecordBatch {
    /// How many bytes the batch has.
    package var byteCount: Int { bytes.count }

    /// How many records the batch has.
    package var count: Int { Int(header.recordCount) }

    /// The place of the first record.
    package var baseOffset: Offset { Offset(unchecked: header.baseOffset) }

    /// The place after the last record.
    package var endOffset: Offset {
        Offset(unchecked: header.baseOffset + Int64(header.lastOffsetDelta) + 1)
    }

    /// How the records are compressed.
    package var codec: Codec {
        guard let codec = header.codec else {
            preconditionFailure("a batch was made with the attributes \(header.attributes)")
        }
        return codec
    }

    /// Gives the batch its place in this log. The checksum covers nothing that changes.
    package mutating func assign(baseOffset: Offset) {
        precondition(
            baseOffset.rawValue < Int64.max - Int64(header.lastOffsetDelta),
            "there are no offsets left for a batch at \(baseOffset)")
        header.baseOffset = baseOffset.rawValue
        header.partitionLeaderEpoch = 0
        bytes.replace(
            at: bytes.startIndex + RecordBatchHeader.Position.baseOffset,
            bigEndian: header.baseOffset)
        bytes.replace(
            at: bytes.startIndex + RecordBatchHeader.Position.partitionLeaderEpoch,
            bigEndian: header.partitionLeaderEpoch)
    }

    /// The records in a form that can be read, at most `limit` bytes of them.
    ///
    /// Copies nothing if they are not compressed.
    package func decoded(
        limit: Int = decompressedByteCountMax
    ) throws(BatchError) -> DecodedBatch {
        let records = bytes.dropFirst(RecordBatchHeader.byteCount)
        guard codec != .none else { return DecodedBatch(header: header, recordBytes: records) }
        do {
            let decompressed = try codec.decompress(records.rawSpan, limit: limit)
            return DecodedBatch(header: header, recordBytes: decompressed[...])
        } catch {
            throw .compression(error)
        }
    }

    /// The records as values.
    package func records(
        limit: Int = decompressedByteCountMax
    ) throws(BatchError) -> [StoredRecord] {
        try decoded(limit: limit).records()
    }

    /// Reads every record, and returns from when to when they are.
    ///
    /// The head's `maxTimestamp` is only what the producer says.
    @discardableResult
    package func validateRecords(
        limit: Int = decompressedByteCountMax
    ) throws(BatchError) -> ClosedRange<Timestamp>? {
        try decoded(limit: limit).timestamps()
    }
}

extension RecordBatch {
    /// How many bytes the batch that begins `bytes` has, or `nil` if too few are there to tell.
    ///
    /// A record set, in a request or a segment of Kafka's, is batches one behind the other.
    package static func byteCount(ofFirstIn bytes: RawSpan) throws(BatchError) -> Int? {
        var reader = ByteReader(bytes)
        let length: Int32
        do {
            try reader.skip(RecordBatchHeader.Position.batchLength)
            length = try reader.integer()
        } catch {
            return nil
        }
        return try byteCount(forLength: length)
    }

    private static func byteCount(forLength length: Int32) throws(BatchError) -> Int {
        let byteCount = Int(length) + RecordBatchHeader.Position.partitionLeaderEpoch
        guard byteCount >= RecordBatchHeader.byteCount else {
            throw .malformed(.badLength(position: RecordBatchHeader.Position.batchLength))
        }
        guard byteCount <= byteCountMax else {
            throw .batchTooLarge(byteCount: byteCount, limit: byteCountMax)
        }
        return byteCount
    }

    /// Checks what everything else relies on: size, codec, and that offsets and counts make sense.
    private init(framed bytes: ArraySlice<UInt8>) throws(BatchError) {
        var reader = ByteReader(bytes.rawSpan)
        header = try RecordBatchHeader(from: &reader)
        self.bytes = bytes
        let byteCount = try Self.byteCount(forLength: header.batchLength)
        guard byteCount <= bytes.count else {
            throw .malformed(.truncated(position: bytes.count, count: byteCount - bytes.count))
        }
        guard byteCount == bytes.count else {
            throw .malformed(.badLength(position: RecordBatchHeader.Position.batchLength))
        }
        guard header.codec != nil else {
            throw .malformed(.badValue(position: RecordBatchHeader.Position.attributes))
        }
        guard header.recordCount >= 0, header.recordCount - 1 <= header.lastOffsetDelta,
            header.lastOffsetDelta >= 0
        else { throw badCount }
        guard header.baseOffset >= 0,
            header.baseOffset < Int64.max - Int64(header.lastOffsetDelta)
        else { throw .malformed(.badValue(position: RecordBatchHeader.Position.baseOffset)) }
    }

    private func checkChecksum() throws(BatchError) {
        let covered = bytes.dropFirst(RecordBatchHeader.Position.attributes)
        let found = CRC32C.checksum(covered.rawSpan)
        guard found == header.checksum else {
            throw .checksumMismatch(expected: header.checksum, found: found)
        }
    }

    private var badCount: BatchError {
        .badCount(recordCount: header.recordCount, lastOffsetDelta: header.lastOffsetDelta)
    }
}
