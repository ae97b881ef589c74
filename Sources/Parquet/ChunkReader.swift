internal import Bytes
internal import Columns
internal import Compression

/// A leaf's levels and values, read from one column chunk.
struct ReadLeaf {
    let leaf: Leaf
    var definitions: [UInt8] = []
    var repetitions: [UInt8] = []
    var values: StoredValues

    init(_ leaf: Leaf, _ kind: LeafKind) {
        self.leaf = leaf
        values = StoredValues(kind)
    }

    /// What a level and its value take: the levels, a list's end, and the value in its widest form.
    var byteCountPerLevel: Int {
        (leaf.definitionMax > 0 ? 1 : 0) + (leaf.repetitionMax > 0 ? 9 : 0) + 16
    }
}

extension Encoding {
    /// Whether values of a type can be in this encoding (Encodings.md of parquet-format).
    fileprivate func holds(_ type: PhysicalType) -> Bool {
        switch self {
        case .plain, .rleDictionary, .plainDictionary: true
        case .rle: type == .boolean
        case .deltaBinaryPacked: type == .int32 || type == .int64
        case .deltaLengthByteArray: type == .byteArray
        case .deltaByteArray: type == .byteArray || type == .fixedLengthByteArray
        case .byteStreamSplit:
            type != .boolean && type != .byteArray && type != .int96
        case .bitPacked: false
        }
    }
}

/// Reads the pages of one column chunk.
struct ChunkReader {
    private var result: ReadLeaf
    private var hasDictionary = false
    private let kind: LeafKind
    private let codecNumber: Int32
    private var levelsLeft: Int

    /// Everything the chunk holds, as far as `allowance` lets it.
    static func read(
        _ metadata: ChunkMetadata, _ leaf: Leaf, _ kind: LeafKind, from file: FileParts,
        fileByteCount: Int, _ allowance: inout ReadAllowance
    ) throws(ParquetError) -> ReadLeaf {
        guard metadata.type == kind.physical, metadata.path == leaf.path,
            metadata.valueCount >= 0
        else { throw .inconsistent(.schema) }
        guard metadata.valueCount <= ReaderLimits.chunkValueCountMax else {
            throw .tooLarge(
                count: metadata.valueCount, limit: Int64(ReaderLimits.chunkValueCountMax))
        }
        let range = try metadata.byteRange(in: fileByteCount)
        guard let place = file.place(of: range) else {
            throw .missingBytes(offset: range.lowerBound)
        }
        var chunk = ChunkReader(metadata, leaf, kind)
        let part = file[place.part]
        var reader = ByteReader(part.rawSpan.extracting(place.range))
        while chunk.levelsLeft > 0 { try chunk.readPage(&reader, &allowance) }
        return chunk.result
    }

    private init(_ metadata: ChunkMetadata, _ leaf: Leaf, _ kind: LeafKind) {
        result = ReadLeaf(leaf, kind)
        self.kind = kind
        codecNumber = metadata.codecNumber
        levelsLeft = Int(metadata.valueCount)
    }

    private mutating func readPage(
        _ reader: inout ByteReader, _ allowance: inout ReadAllowance
    ) throws(ParquetError) {
        var thrift = ThriftReader(reader)
        let header: PageHeader
        do { header = try PageHeader(&thrift) } catch { throw .malformed(error) }
        reader = thrift.reader
        guard header.byteCount >= 0, header.storedByteCount >= 0, header.valueCount >= 0 else {
            throw .inconsistent(.pageSize)
        }
        guard header.byteCount <= ReaderLimits.pageByteCountMax else {
            throw .tooLarge(
                count: Int64(header.byteCount), limit: Int64(ReaderLimits.pageByteCountMax))
        }
        let stored: RawSpan
        do { stored = try reader.span(Int(header.storedByteCount)) } catch {
            throw .malformed(error)
        }
        if let checksum = header.checksum {
            guard CRC32.checksum(stored) == UInt32(bitPattern: checksum) else {
                throw .inconsistent(.checksum)
            }
        }
        // Whatever the kind, its bytes and its values are what it can make us hold.
        try allowance.take(Int(header.byteCount))
        try allowance.take(Int(header.valueCount) * result.byteCountPerLevel)
        switch PageKind(rawValue: header.kind) {
        case .dictionary: try readDictionary(header, stored)
        case .data: try readData(header, stored, &allowance)
        case .dataV2: try readDataV2(header, stored, &allowance)
        case .index: break
        case nil: throw .unsupported(.pageKind(header.kind))
        }
    }

    private mutating func readDictionary(
        _ header: PageHeader, _ stored: RawSpan
    ) throws(ParquetError) {
        guard !hasDictionary, result.definitions.isEmpty, result.values.count == 0 else {
            throw .inconsistent(.dictionary)
        }
        let bytes = try decompressed(stored, Int(header.byteCount))
        var reader = ByteReader(bytes.rawSpan)
        do { try result.values.readDictionary(Int(header.valueCount), &reader) } catch {
            throw .malformed(error)
        }
        hasDictionary = true
    }

    private mutating func readData(
        _ header: PageHeader, _ stored: RawSpan, _ allowance: inout ReadAllowance
    ) throws(ParquetError) {
        let bytes = try decompressed(stored, Int(header.byteCount))
        var reader = ByteReader(bytes.rawSpan)
        let count = try takeLevels(header)
        do {
            let leaf = result.leaf
            if leaf.repetitionMax > 0 {
                let length = Int(try reader.littleEndian(as: UInt32.self))
                var levels = try reader.slice(length)
                try Self.append(count, leaf.repetitionMax, &levels, to: &result.repetitions)
            }
            if leaf.definitionMax > 0 {
                let length = Int(try reader.littleEndian(as: UInt32.self))
                var levels = try reader.slice(length)
                try Self.append(count, leaf.definitionMax, &levels, to: &result.definitions)
            }
        } catch { throw .malformed(error) }
        try readValues(header.encoding, count, &reader, &allowance)
    }

    private mutating func readDataV2(
        _ header: PageHeader, _ stored: RawSpan, _ allowance: inout ReadAllowance
    ) throws(ParquetError) {
        var reader = ByteReader(stored)
        let count = try takeLevels(header)
        let levelByteCount = Int64(header.definitionByteCount) + Int64(header.repetitionByteCount)
        guard header.definitionByteCount >= 0, header.repetitionByteCount >= 0,
            levelByteCount <= Int64(header.byteCount)
        else { throw .inconsistent(.pageSize) }
        let values: RawSpan
        do {
            var levels = try reader.slice(Int(header.repetitionByteCount))
            if result.leaf.repetitionMax > 0 {
                try Self.append(
                    count, result.leaf.repetitionMax, &levels, to: &result.repetitions)
            }
            levels = try reader.slice(Int(header.definitionByteCount))
            if result.leaf.definitionMax > 0 {
                try Self.append(
                    count, result.leaf.definitionMax, &levels, to: &result.definitions)
            }
            values = try reader.span(reader.remaining)
        } catch { throw .malformed(error) }
        let byteCount = Int(header.byteCount) - Int(levelByteCount)
        if header.isCompressed && values.byteCount > 0 {
            let bytes = try decompressed(values, byteCount)
            var reader = ByteReader(bytes.rawSpan)
            try readValues(header.encoding, count, &reader, &allowance)
        } else {
            var reader = ByteReader(values)
            try readValues(header.encoding, count, &reader, &allowance)
        }
    }

    private mutating func takeLevels(_ header: PageHeader) throws(ParquetError) -> Int {
        let count = Int(header.valueCount)
        guard count <= levelsLeft else { throw .inconsistent(.valueCount) }
        levelsLeft -= count
        return count
    }

    private static func append(
        _ count: Int, _ maximum: UInt8, _ reader: inout ByteReader, to levels: inout [UInt8]
    ) throws(DecodeError) {
        let position = reader.position
        let start = levels.count
        let width = HybridEncoder.width(of: Int(maximum))
        try HybridDecoder.append(count, width: width, from: &reader, to: &levels)
        guard levels[start...].allSatisfy({ $0 <= maximum }) else {
            throw .badValue(position: position)
        }
    }

    /// Reads the values of the last `count` levels.
    private mutating func readValues(
        _ encoding: Int32, _ count: Int, _ reader: inout ByteReader,
        _ allowance: inout ReadAllowance
    ) throws(ParquetError) {
        var valueCount = count
        let maximum = result.leaf.definitionMax
        if maximum > 0 {
            valueCount = result.definitions.suffix(count).count { $0 == maximum }
        }
        guard let known = Encoding(rawValue: encoding), known != .bitPacked else {
            throw .unsupported(.encoding(encoding))
        }
        if known == .rleDictionary || known == .plainDictionary {
            guard hasDictionary else { throw .inconsistent(.dictionary) }
        }
        guard known.holds(kind.physical) else { throw .inconsistent(.encoding) }
        let copied: Int
        do {
            copied = try result.values.append(
                valueCount, known, &reader, copying: allowance.byteCount)
        } catch { throw .malformed(error) }
        try allowance.take(copied)
    }

    /// Exactly `byteCount` bytes, which is what the page's header claims.
    private func decompressed(
        _ stored: RawSpan, _ byteCount: Int
    ) throws(ParquetError) -> [UInt8] {
        guard let codec = CodecNumber(rawValue: codecNumber) else {
            throw .unsupported(.codec(codecNumber))
        }
        let bytes: [UInt8]
        do {
            switch codec {
            case .uncompressed: bytes = [UInt8](copying: stored)
            case .snappy: bytes = try Snappy.decompress(stored, limit: byteCount)
            case .gzip: bytes = try Gzip.decompress(stored, limit: byteCount)
            case .zstd: bytes = try Zstd.decompress(stored, limit: byteCount)
            case .lz4Raw: bytes = try LZ4Block.decompress(stored, byteCount: byteCount)
            case .lz4:
                bytes = try LZ4Block.decompressHadoop(stored, byteCount: byteCount)
            case .brotli: throw ParquetError.unsupported(.codec(codecNumber))
            }
        } catch let error as CompressionError {
            throw .compression(error)
        } catch let error as ParquetError {
            throw error
        } catch {
            throw .inconsistent(.pageSize)
        }
        guard bytes.count == byteCount else { throw .inconsistent(.pageSize) }
        return bytes
    }
}
