internal import Bytes
package import Columns

/// Reads a Parquet file that anybody may have written, from all of its bytes or from parts of them.
///
///     last bytes ──▶ footerByteCount ──▶ init(tail:) ──▶ byteRanges ──▶ read(rowGroup:from:)
///
/// Nothing in it is believed: what cannot be is a `ParquetError`, and what a page, a chunk or a row
/// group may claim is bounded.
package struct FileReader: Sendable {
    private let metadata: FileMetadata
    private let readSchema: ReadSchema
    private let byteCount: Int
    /// What our writer says of everything before the footer; nil in a file of anybody else.
    package let body: FileBody?
    /// All of the file, when it was made from that.
    private let whole: FileParts?

    /// Bytes of a file, and where in it they begin.
    package typealias Part = (offset: Int, bytes: [UInt8])

    /// Of the magic number and the footer's length, at the end of each file.
    private static let trailerByteCount = 8

    /// A reader over all of a file.
    package init(_ bytes: [UInt8]) throws(ParquetError) {
        guard bytes.count >= 12, bytes.prefix(4) == magic[...] else { throw .notParquet }
        try self.init(bytes, fileByteCount: bytes.count, whole: FileParts([(0, bytes)]))
    }

    /// A reader that knows only the footer: `tail` are the file's last bytes, `footerByteCount` of
    /// them or more.
    package init(tail: [UInt8], fileByteCount: Int) throws(ParquetError) {
        try self.init(tail, fileByteCount: fileByteCount, whole: nil)
    }

    /// How many bytes from a file's end hold all of its footer. `tail` are its last bytes, eight of
    /// them or more.
    package static func footerByteCount(
        tail: [UInt8], fileByteCount: Int
    ) throws(ParquetError) -> Int {
        guard tail.count >= trailerByteCount, fileByteCount >= tail.count else { throw .notParquet }
        guard tail.suffix(4) == magic[...] else {
            throw tail.suffix(4) == encryptedMagic[...] ? .encrypted : .notParquet
        }
        let start = tail.count - trailerByteCount
        let length = (0..<4).reduce(0) { $0 | Int(tail[start + $1]) << ($1 * 8) }
        guard length <= fileByteCount - trailerByteCount - magic.count else {
            throw .inconsistent(.pageSize)
        }
        return length + trailerByteCount
    }

    private init(
        _ tail: [UInt8], fileByteCount: Int, whole: FileParts?
    ) throws(ParquetError) {
        let count = try Self.footerByteCount(tail: tail, fileByteCount: fileByteCount)
        guard count <= tail.count else { throw .missingBytes(offset: fileByteCount - count) }
        let place = tail.count - count..<tail.count - Self.trailerByteCount
        let footer = tail.rawSpan.extracting(place)
        let verdict = footerSeal.check(footer)
        guard verdict != .broken else { throw .inconsistent(.checksum) }
        var reader = ThriftReader(ByteReader(footer))
        do { metadata = try FileMetadata(&reader) } catch { throw .malformed(error) }
        readSchema = try ReadSchema(metadata.schema)
        byteCount = fileByteCount
        body = verdict == .whole ? metadata.body(byteCount: fileByteCount - count) : nil
        self.whole = whole
    }

    // MARK: What the footer says

    /// The columns, with the types their values have in a Delta table.
    package var schema: Schema { Schema(readSchema.columns.map(\.field)) }

    /// How many row groups the file has.
    package var rowGroupCount: Int { metadata.rowGroups.count }

    /// How many rows the footer says there are.
    package var rowCount: Int64 { metadata.rowCount }

    /// The value of one of the footer's key-value pairs; nil when there is none of that key.
    package func text(of key: String) -> String? { metadata.text(of: key) }

    /// How many nulls a leaf of a row group has by the file's own word; nil when it does not say.
    package func nullCount(of path: [String], inRowGroup index: Int) -> Int64? {
        metadata.rowGroups[index].chunks.first { $0.path == path }?.statistics?.nullCount
    }

    /// How many rows a row group claims to have.
    package func rowCount(inRowGroup index: Int) -> Int64 { metadata.rowGroups[index].rowCount }

    // MARK: Rows

    /// Where the columns of these names lie in the file, for one row group: in order, with ranges
    /// that nearly touch as one.
    package func byteRanges(
        rowGroup index: Int, columns names: Set<String>? = nil
    ) throws(ParquetError) -> [Range<Int>] {
        let group = try checkedGroup(index)
        var ranges: [Range<Int>] = []
        for leaf in nodes(names).flatMap(\.leaves) {
            ranges.append(try group.chunks[leaf].byteRange(in: byteCount))
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        return ranges.reduce(into: []) { joined, range in
            guard let last = joined.last, range.lowerBound - last.upperBound <= Self.gapMax else {
                return joined.append(range)
            }
            joined[joined.count - 1] =
                last.lowerBound..<max(last.upperBound, range.upperBound)
        }
    }

    /// Reading over a gap costs less than asking twice.
    private static let gapMax = 16 << 10

    /// The rows of one row group, with the columns of these names, in the file's order.
    ///
    /// `parts` cover the group's `byteRanges`; a reader over all of a file needs none.
    package func read(
        rowGroup index: Int, columns names: Set<String>? = nil, from parts: [Part]? = nil
    ) throws(ParquetError) -> ColumnBatch {
        let group = try checkedGroup(index)
        guard let rowCount = Int(exactly: group.rowCount), rowCount >= 0 else {
            throw .inconsistent(.rowCount)
        }
        let source = parts.map(FileParts.init) ?? whole ?? FileParts([])
        var allowance = ReadAllowance()
        let nodes = nodes(names)
        var leaves = [ReadLeaf?](repeating: nil, count: readSchema.leaves.count)
        for (position, kind) in nodes.flatMap(\.leafKinds) {
            leaves[position] = try ChunkReader.read(
                group.chunks[position], readSchema.leaves[position], kind,
                from: source, fileByteCount: byteCount, &allowance)
        }
        let assembler = Assembler(leaves: leaves)
        var columns: [Column] = []
        for node in nodes { columns.append(try assembler.column(node, rowCount: rowCount)) }
        return ColumnBatch(
            schema: Schema(nodes.map(\.field)), columns: columns, rowCount: rowCount)
    }

    private func checkedGroup(_ index: Int) throws(ParquetError) -> RowGroupMetadata {
        let group = metadata.rowGroups[index]
        guard group.chunks.count == readSchema.leaves.count else { throw .inconsistent(.schema) }
        return group
    }

    private func nodes(_ names: Set<String>?) -> [ReadNode] {
        readSchema.columns.filter { names?.contains($0.name) ?? true }
    }
}

/// The bytes of a file before its footer, and their CRC-32C.
///
/// It covers what the checksums of the pages leave out, and says without decoding anything that a
/// file is as it was written.
package struct FileBody: Equatable, Sendable {
    /// From the file's beginning on.
    package let byteCount: Int
    /// As it was when the file was written.
    package let checksum: UInt32
}

extension FileMetadata {
    fileprivate func text(of key: String) -> String? {
        keyValues.last { $0.key == key }?.value
    }

    fileprivate func body(byteCount: Int) -> FileBody? {
        guard let text = text(of: bodyChecksumKey), let checksum = UInt32(text, radix: 16)
        else { return nil }
        return FileBody(byteCount: byteCount, checksum: checksum)
    }
}

/// Pieces of a file.
struct FileParts: Sendable {
    private let parts: [FileReader.Part]

    init(_ parts: [FileReader.Part]) { self.parts = parts }

    /// The part that holds all of `range`, and where in it the range lies.
    func place(of range: Range<Int>) -> (part: Int, range: Range<Int>)? {
        for (index, part) in parts.enumerated() where part.offset <= range.lowerBound {
            let start = range.lowerBound - part.offset
            if start <= part.bytes.count, range.count <= part.bytes.count - start {
                return (index, start..<start + range.count)
            }
        }
        return nil
    }

    subscript(part: Int) -> [UInt8] { parts[part].bytes }
}

extension ChunkMetadata {
    /// Where the chunk's pages lie in a file of `fileByteCount` bytes.
    func byteRange(in fileByteCount: Int) throws(ParquetError) -> Range<Int> {
        var start = dataPageOffset
        if let offset = dictionaryPageOffset, offset > 0 { start = min(start, offset) }
        guard let from = Int(exactly: start), let count = Int(exactly: compressedByteCount),
            from >= 0, count >= 0, from <= fileByteCount, count <= fileByteCount - from
        else { throw .inconsistent(.pageSize) }
        return from..<from + count
    }
}

extension ReadNode {
    /// The leaves at and below this node, by their positions in the file.
    fileprivate var leafKinds: [(position: Int, kind: LeafKind)] {
        if case .leaf(let kind) = kind { return [(leaves.lowerBound, kind)] }
        return children.flatMap(\.leafKinds)
    }
}
