internal import Bytes
package import Columns

/// Where the bytes of a file go, in order.
package protocol ByteSink<Failure> {
    associatedtype Failure: Error

    mutating func write(_ bytes: [UInt8]) throws(Failure)
}

extension [UInt8]: ByteSink {
    /// Appends the bytes. Never fails.
    package mutating func write(_ bytes: [UInt8]) { append(contentsOf: bytes) }
}

/// Writes one Parquet file: a row group for each batch, and the footer at the end.
///
/// The same batches with the same options give the same bytes. Between two row groups only what the
/// footer will say is kept in memory.
package struct FileWriter<Sink: ByteSink>: ~Copyable {
    /// Where the bytes go.
    package internal(set) var sink: Sink
    /// How many bytes have gone to the sink.
    package private(set) var byteCount = 0
    private let schema: Schema
    let parquetSchema: ParquetSchema
    let options: WriterOptions
    private var encoder: ChunkEncoder
    private var metadata = FileMetadata()
    private var indexes: [[ChunkIndexes]] = []
    private var statistics: [ColumnStatistics]
    /// Of all that has gone to the sink.
    private var checksum: UInt32 = 0

    /// What is written behind the row groups for one chunk.
    private struct ChunkIndexes {
        let offsets: [UInt8]
        let bounds: [UInt8]?
        let bloomFilter: [UInt8]?
    }

    /// A file without rows; nothing has gone to `sink` yet.
    package init(_ schema: Schema, to sink: Sink, options: WriterOptions = WriterOptions()) {
        self.schema = schema
        self.sink = sink
        self.options = options
        parquetSchema = ParquetSchema(schema)
        encoder = ChunkEncoder(options)
        statistics = parquetSchema.leaves.map { _ in ColumnStatistics() }
        metadata.schema = parquetSchema.elements
        metadata.keyValues = options.keyValues
        metadata.createdBy = "millrace version 0.1.0 (build 1)"
    }

    /// Writes `batch` as a row group. Without rows nothing is written: no reader likes an empty
    /// one.
    package mutating func append(_ batch: ColumnBatch) throws(Sink.Failure) {
        guard batch.rowCount > 0 else { return }
        let group = beginRowGroup(of: batch)
        var chunks: [EncodedChunk] = []
        for leaf in Shredder.leaves(of: batch, in: parquetSchema) {
            chunks.append(encoder.encode(leaf))
        }
        try append(chunks, to: group)
    }

    func beginRowGroup(of batch: ColumnBatch) -> RowGroupMetadata {
        precondition(batch.schema == schema, "the batch has another schema than the file")
        var group = RowGroupMetadata()
        group.rowCount = Int64(batch.rowCount)
        group.ordinal = Int16(exactly: metadata.rowGroups.count)
        return group
    }

    mutating func append(
        _ chunks: [EncodedChunk], to group: RowGroupMetadata
    ) throws(Sink.Failure) {
        var group = group
        var groupIndexes: [ChunkIndexes] = []
        if byteCount == 0 { try write(magic) }
        group.fileOffset = Int64(byteCount)
        for (index, chunk) in chunks.enumerated() {
            let start = Int64(byteCount)
            var metadata = chunk.metadata
            metadata.dataPageOffset += start
            if let offset = metadata.dictionaryPageOffset {
                metadata.dictionaryPageOffset = offset + start
            }
            group.byteCount += metadata.uncompressedByteCount
            group.compressedByteCount += metadata.compressedByteCount
            group.chunks.append(metadata)
            let leaf = parquetSchema.leaves[index]
            groupIndexes.append(
                ChunkIndexes(
                    offsets: PageIndex.offsets(of: chunk, from: start),
                    bounds: PageIndex.bounds(
                        of: chunk, leaf, byteCountMax: options.boundByteCountMax),
                    bloomFilter: chunk.bloomFilter))
            statistics[index].widen(by: chunk.statistics)
            try write(chunk.bytes)
        }
        metadata.rowCount += group.rowCount
        metadata.rowGroups.append(group)
        indexes.append(groupIndexes)
    }

    /// Writes the indexes and the footer, and says what the file holds.
    package consuming func finish() throws(Sink.Failure) -> FileSummary<Sink> {
        if byteCount == 0 { try write(magic) }
        try writeIndexes(\.bloomFilter) { $0.bloomFilter = $1 }
        try writeIndexes(\.bounds) { $0.columnIndex = $1 }
        try writeIndexes({ $0.offsets }) { $0.offsetIndex = $1 }
        metadata.keyValues += [
            (key: bodyChecksumKey, value: String(checksum, radix: 16)),
            (key: Seal.name, value: Seal.blank),
        ]
        var footer = metadata.encoded()
        footerSeal.close(&footer)
        precondition(footer.count <= Int32.max, "a footer of \(footer.count) bytes")
        try write(footer + UInt32(footer.count).littleEndianBytes + magic)
        return FileSummary(
            sink: sink, byteCount: byteCount, rowCount: Int(metadata.rowCount),
            columns: zip(parquetSchema.leaves, statistics).map { ($0.path, $1) })
    }

    private mutating func writeIndexes(
        _ index: (ChunkIndexes) -> [UInt8]?,
        _ note: (inout ChunkMetadata, (offset: Int64, byteCount: Int32)) -> Void
    ) throws(Sink.Failure) {
        for group in indexes.indices {
            for chunk in indexes[group].indices {
                guard let bytes = index(indexes[group][chunk]) else { continue }
                note(
                    &metadata.rowGroups[group].chunks[chunk],
                    (Int64(byteCount), Int32(bytes.count)))
                try write(bytes)
            }
        }
    }

    private mutating func write(_ bytes: [UInt8]) throws(Sink.Failure) {
        try sink.write(bytes)
        byteCount += bytes.count
        checksum = CRC32C.extend(checksum, by: bytes.rawSpan)
    }
}

/// What a finished file holds.
package struct FileSummary<Sink: ByteSink> {
    /// Where all bytes have gone.
    package let sink: Sink
    /// The size of the file.
    package let byteCount: Int
    /// The rows of all row groups.
    package let rowCount: Int
    /// The statistics of each leaf, by its path.
    package let columns: [(path: [String], statistics: ColumnStatistics)]
}
