/// What stands in a file's footer, as far as it is written or read here (parquet.thrift).
struct FileMetadata: Sendable {
    var version: Int32 = 1
    var schema: [SchemaElement] = []
    var rowCount: Int64 = 0
    var rowGroups: [RowGroupMetadata] = []
    var keyValues: [(key: String, value: String)] = []
    var createdBy = ""
}

/// A node of the schema. They stand in the order of a walk, parents first.
struct SchemaElement: Equatable, Sendable {
    var name: String
    var type: PhysicalType?
    var typeLength: Int32?
    var repetition: Repetition?
    var childCount: Int32?
    var convertedType: ConvertedType?
    var logicalType: LogicalType?
    var precision: Int32?
    var scale: Int32?

    init(
        _ name: String, _ type: PhysicalType? = nil, _ repetition: Repetition? = nil,
        childCount: Int32? = nil
    ) {
        self.name = name
        self.type = type
        self.repetition = repetition
        self.childCount = childCount
    }
}

struct RowGroupMetadata: Sendable {
    var chunks: [ChunkMetadata] = []
    var byteCount: Int64 = 0
    var compressedByteCount: Int64 = 0
    var rowCount: Int64 = 0
    var fileOffset: Int64 = 0
    var ordinal: Int16?
}

/// One column of one row group. Offsets count from the start of the file.
struct ChunkMetadata: Sendable {
    var type: PhysicalType
    var encodings: [Encoding] = []
    var path: [String] = []
    /// A stranger's file may name one that is none of `CodecNumber`.
    var codecNumber: Int32
    /// Nulls and empty lists included.
    var valueCount: Int64 = 0
    /// Page headers included, as in the next.
    var uncompressedByteCount: Int64 = 0
    var compressedByteCount: Int64 = 0
    var dataPageOffset: Int64 = 0
    var dictionaryPageOffset: Int64?
    var statistics: StoredStatistics?
    var bloomFilter: (offset: Int64, byteCount: Int32)?
    var offsetIndex: (offset: Int64, byteCount: Int32)?
    var columnIndex: (offset: Int64, byteCount: Int32)?

    init(type: PhysicalType, codec: CodecNumber) {
        self.type = type
        codecNumber = codec.rawValue
    }
}

/// Bounds as a file holds them: PLAIN bytes without a length, and whether they are values.
struct StoredStatistics: Equatable, Sendable {
    var nullCount: Int64?
    var smallest: [UInt8]?
    var largest: [UInt8]?
    var isSmallestExact = true
    var isLargestExact = true
}

/// Where one page lies, and its first row within the row group.
struct PageLocation: Equatable, Sendable {
    var offset: Int64
    /// The header included.
    var byteCount: Int32
    var firstRow: Int64
}
