internal import Bytes
package import Columns

/// Reads a Parquet file that anybody may have written.
///
/// Nothing in it is believed: what cannot be is a `ParquetError`, and what a page or a chunk may
/// claim is bounded.
package struct FileReader: Sendable {
    private let bytes: [UInt8]
    private let metadata: FileMetadata
    private let readSchema: ReadSchema

    package init(_ bytes: [UInt8]) throws(ParquetError) {
        guard bytes.count >= 12, bytes.prefix(4) == magic[...] else { throw .notParquet }
        guard bytes.suffix(4) == magic[...] else {
            throw bytes.suffix(4) == [0x50, 0x41, 0x52, 0x45] ? .encrypted : .notParquet
        }
        let lengthStart = bytes.count - 8
        let length = (0..<4).reduce(0) { $0 | Int(bytes[lengthStart + $1]) << ($1 * 8) }
        guard length <= lengthStart - 4 else { throw .inconsistent(.pageSize) }
        var reader = ThriftReader(
            ByteReader(bytes.rawSpan.extracting(lengthStart - length..<lengthStart)))
        do { metadata = try FileMetadata(&reader) } catch { throw .malformed(error) }
        readSchema = try ReadSchema(metadata.schema)
        self.bytes = bytes
    }

    /// The columns, with the types their values have in a Delta table.
    package var schema: Schema { Schema(readSchema.columns.map(\.field)) }

    package var rowGroupCount: Int { metadata.rowGroups.count }

    package var rowCount: Int64 { metadata.rowCount }

    /// How many nulls a leaf of a row group has by the file's own word; nil when it does not say.
    package func nullCount(of path: [String], inRowGroup index: Int) -> Int64? {
        metadata.rowGroups[index].chunks.first { $0.path == path }?.statistics?.nullCount
    }

    /// How many rows a row group claims to have.
    package func rowCount(inRowGroup index: Int) -> Int64 { metadata.rowGroups[index].rowCount }

    /// The rows of one row group, with the columns of these names, in the file's order.
    package func read(
        rowGroup index: Int, columns names: Set<String>? = nil
    ) throws(ParquetError) -> ColumnBatch {
        let group = metadata.rowGroups[index]
        guard group.chunks.count == readSchema.leaves.count else { throw .inconsistent(.schema) }
        guard let rowCount = Int(exactly: group.rowCount), rowCount >= 0 else {
            throw .inconsistent(.rowCount)
        }
        let nodes = readSchema.columns.filter { names?.contains($0.name) ?? true }
        var leaves = [ReadLeaf?](repeating: nil, count: readSchema.leaves.count)
        for node in nodes { try readLeaves(of: node, group, into: &leaves) }
        let assembler = Assembler(leaves: leaves)
        var columns: [Column] = []
        for node in nodes { columns.append(try assembler.column(node, rowCount: rowCount)) }
        return ColumnBatch(
            schema: Schema(nodes.map(\.field)), columns: columns, rowCount: rowCount)
    }

    private func readLeaves(
        of node: ReadNode, _ group: RowGroupMetadata, into leaves: inout [ReadLeaf?]
    ) throws(ParquetError) {
        if case .leaf(let kind) = node.kind {
            let index = node.leaves.lowerBound
            leaves[index] = try ChunkReader.read(
                group.chunks[index], readSchema.leaves[index], kind, of: bytes)
        }
        for child in node.children { try readLeaves(of: child, group, into: &leaves) }
    }
}
