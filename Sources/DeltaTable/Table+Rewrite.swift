package import Columns
package import Parquet

extension Table {
    /// The rows of a file that `keeping` names, in a new file; nil when none of them is left.
    ///
    /// A `name` is that of the new file alone. It belongs to no table until an `Edit` adds it and
    /// takes the old one away.
    package func rewritten(
        _ file: AddFile, options: WriterOptions = WriterOptions(), name: String? = nil,
        keeping: @Sendable (ColumnBatch) -> Bits
    ) async throws(TableError) -> AddFile? {
        var rows = rows(of: [file])
        var rewriter = Rewriter<Storage>(fileSchema, options, name: name)
        while let batch = try await rows.next() {
            let kept = batch.rows(keeping(batch))
            try await rewriter.append(stored(kept), to: self, file.partitionValues)
        }
        return try await rewriter.finish()
    }

    /// The rows of files that belong to the table as of the newest version that has been read.
    package func rows(of files: [AddFile], columns: [String]? = nil) -> RowReader<Storage> {
        let fields =
            columns?.compactMap { name in schema.index(of: name).map { schema.fields[$0] } }
            ?? schema.fields
        return RowReader(
            storage, Schema(fields), partitionColumns: state.metadata.partitionColumns,
            files: files)
    }

    /// The table's columns that its files have.
    var fileSchema: Schema {
        let partitioning = Set(state.metadata.partitionColumns)
        return Schema(schema.fields.filter { !partitioning.contains($0.name) })
    }

    /// A batch without the partition columns.
    func stored(_ batch: ColumnBatch) -> ColumnBatch {
        let partitioning = Set(state.metadata.partitionColumns)
        guard !partitioning.isEmpty else { return batch }
        let kept = batch.schema.fields.indices.filter {
            !partitioning.contains(batch.schema.fields[$0].name)
        }
        return ColumnBatch(
            schema: Schema(kept.map { batch.schema.fields[$0] }),
            columns: kept.map { batch.columns[$0] }, rowCount: batch.rowCount)
    }
}

/// Gathers small batches to row groups of one file.
struct Rewriter<Storage: TableStorage>: ~Copyable {
    private var builder: BatchBuilder
    private let options: WriterOptions
    private let name: String?
    private var file: DataFileWriter<Storage.Upload>?
    private(set) var rowCount: Int64 = 0

    /// So many rows, or bytes in memory, make a row group.
    private static var rowCountMax: Int { 1 << 20 }
    private static var byteCountMax: Int { 64 << 20 }

    init(_ schema: Schema, _ options: WriterOptions, name: String? = nil) {
        self.name = name
        builder = BatchBuilder(schema)
        self.options = options
    }

    mutating func append(
        _ batch: ColumnBatch, to table: Table<Storage>, _ values: [String: String?]
    ) async throws(TableError) {
        guard batch.rowCount > 0 else { return }
        if file == nil {
            let metadata = table.state.metadata
            let layout = FileLayout(
                schema: table.schema, partitionColumns: metadata.partitionColumns,
                properties: metadata.properties)
            file = try await table.dataFile(layout, values, options, name: name)
        }
        rowCount += Int64(batch.rowCount)
        builder.append(batch)
        if builder.rowCount >= Self.rowCountMax || builder.byteCount >= Self.byteCountMax {
            try await flush()
        }
    }

    private mutating func flush() async throws(TableError) {
        guard builder.rowCount > 0 else { return }
        do { try await file?.append(builder.take()) } catch { throw .storage(error) }
    }

    /// The file; nil when there were no rows.
    consuming func finish() async throws(TableError) -> AddFile? {
        try await flush()
        guard let file = file.take() else { return nil }
        do { return try await file.finish() } catch { throw .storage(error) }
    }
}
