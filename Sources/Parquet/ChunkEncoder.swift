internal import Bytes
internal import Columns
internal import Compression

/// One column of one row group as bytes. Offsets count from its first byte.
struct EncodedChunk: Sendable {
    var bytes: [UInt8] = []
    var metadata: ChunkMetadata
    var pages: [EncodedPage] = []
    var statistics = ColumnStatistics()
    var bloomFilter: [UInt8]?
}

struct EncodedPage: Sendable {
    let location: PageLocation
    let statistics: ColumnStatistics
}

/// Turns leaves into the pages of their column chunks.
struct ChunkEncoder: ~Copyable {
    private let options: WriterOptions
    private var compressor: PageCompressor
    /// The page that is being filled, kept for its memory.
    private var body: [UInt8] = []

    init(_ options: WriterOptions) {
        self.options = options
        compressor = PageCompressor(options.codec)
    }

    mutating func encode(_ leaf: LeafColumn) -> EncodedChunk {
        var chunk = EncodedChunk(
            metadata: ChunkMetadata(type: leaf.leaf.type, codec: compressor.number))
        chunk.metadata.path = leaf.leaf.path
        chunk.metadata.valueCount = Int64(leaf.levelCount)
        let dictionary = ChunkDictionary.make(leaf, budget: options.dictionaryBudget)
        if let dictionary { appendDictionary(dictionary, to: &chunk) }
        chunk.metadata.dataPageOffset = Int64(chunk.bytes.count)

        let order: [UInt32]? =
            if case .strings(let values) = leaf.column.values { values.dictionaryOrder() } else {
                nil
            }
        let sizes = ValueSizes(leaf, dictionary)
        for extent in PageCutter.pages(of: leaf, sizes, options) {
            let statistics = leaf.column.statistics(
                of: extent.values, nullCount: extent.levels.count - extent.values.count,
                order: order)
            chunk.statistics.widen(by: statistics)
            appendPage(leaf, extent, dictionary, statistics, to: &chunk)
        }
        chunk.metadata.encodings.append(.rle)
        chunk.metadata.compressedByteCount = Int64(chunk.bytes.count)
        chunk.metadata.statistics = StoredStatistics(
            chunk.statistics, leaf.leaf, byteCountMax: options.boundByteCountMax)
        if leaf.leaf.path.count == 1 && options.bloomFilterColumns.contains(leaf.leaf.path[0]) {
            chunk.bloomFilter = BloomFilter(leaf, dictionary)?.encoded()
        }
        return chunk
    }

    private mutating func appendDictionary(
        _ dictionary: ChunkDictionary, to chunk: inout EncodedChunk
    ) {
        chunk.metadata.dictionaryPageOffset = 0
        chunk.metadata.encodings.append(.plain)
        appendPage(dictionary.page, .dictionary, to: &chunk) { writer in
            writer.field(7) { writer in
                writer.field(1, int32: Int32(dictionary.entryCount))
                writer.field(2, int32: Encoding.plain.rawValue)
            }
        }
    }

    private mutating func appendPage(
        _ leaf: LeafColumn, _ extent: PageExtent, _ dictionary: ChunkDictionary?,
        _ statistics: ColumnStatistics, to chunk: inout EncodedChunk
    ) {
        body.removeAll(keepingCapacity: true)
        appendLevels(leaf, extent.levels)
        let encoding = appendValues(leaf, extent.values, dictionary)
        if !chunk.metadata.encodings.contains(encoding) {
            chunk.metadata.encodings.append(encoding)
        }
        let start = chunk.bytes.count
        appendPage(body, .data, to: &chunk) { writer in
            writer.field(5) { writer in
                writer.field(1, int32: Int32(extent.levels.count))
                writer.field(2, int32: encoding.rawValue)
                writer.field(3, int32: Encoding.rle.rawValue)
                writer.field(4, int32: Encoding.rle.rawValue)
            }
        }
        let location = PageLocation(
            offset: Int64(start), byteCount: Int32(chunk.bytes.count - start),
            firstRow: Int64(extent.rows.lowerBound))
        chunk.pages.append(EncodedPage(location: location, statistics: statistics))
    }

    private mutating func appendLevels(_ leaf: LeafColumn, _ range: Range<Int>) {
        switch leaf.levels {
        case .required: break
        case .flat(let validity):
            body.appendPrefixed { HybridEncoder.append(validity, in: range, to: &$0) }
        case .nested(let nested):
            for (levels, maximum) in [
                (nested.repetitions, leaf.leaf.repetitionMax),
                (nested.definitions, leaf.leaf.definitionMax),
            ] where maximum > 0 {
                let width = HybridEncoder.width(of: Int(maximum))
                body.appendPrefixed {
                    HybridEncoder.append(levels.span.extracting(range), width: width, to: &$0)
                }
            }
        }
    }

    private mutating func appendValues(
        _ leaf: LeafColumn, _ range: Range<Int>, _ dictionary: ChunkDictionary?
    ) -> Encoding {
        if let dictionary, range.upperBound <= dictionary.numbers.count {
            // Early pages know only the first entries, and need fewer bits.
            let numbers = dictionary.numbers.span.extracting(range)
            let width = HybridEncoder.width(ofLargestIn: numbers)
            body.append(UInt8(width))
            HybridEncoder.append(numbers, width: width, to: &body)
            return .rleDictionary
        }
        if options.profile == .compact, let encoding = ValueEncoder.compactEncoding(of: leaf) {
            ValueEncoder.appendCompact(leaf, range, to: &body)
            return encoding
        }
        ValueEncoder.appendPlain(leaf, range, to: &body)
        return .plain
    }

    /// Appends a page's header and its compressed bytes.
    private mutating func appendPage(
        _ body: [UInt8], _ kind: PageKind, to chunk: inout EncodedChunk,
        _ writeKind: (inout ThriftWriter) -> Void
    ) {
        precondition(body.count <= Int32.max, "a page of \(body.count) bytes cannot be written")
        let stored = compressor.compress(body)
        let header = ThriftWriter.encode { writer in
            writer.field(1, int32: kind.rawValue)
            writer.field(2, int32: Int32(body.count))
            writer.field(3, int32: Int32(stored.count))
            writer.field(4, int32: Int32(bitPattern: CRC32.checksum(stored.rawSpan)))
            writeKind(&writer)
        }
        chunk.bytes.append(contentsOf: header)
        chunk.bytes.append(contentsOf: stored)
        chunk.metadata.uncompressedByteCount += Int64(header.count + body.count)
    }
}
