package import Columns
internal import Parquet

/// Reads the rows of a table's files, a row group at a time.
///
/// Columns have the table's types and order. Partition values come from the log, columns that a
/// file does not have are null, and rows that a deletion vector takes away are left out.
package struct RowReader<Storage: TableStorage>: Sendable {
    /// The columns of the batches.
    package let schema: Schema
    /// The file that the newest batch is from.
    package private(set) var file: AddFile?
    private let storage: Storage
    private let partitionColumns: Set<String>
    private var waiting: ArraySlice<AddFile>
    private var open: OpenFile?

    private struct OpenFile: Sendable {
        let path: String
        let parquet: StoredParquet<Storage>
        let deletionVector: DeletionVector?
        var group = 0
        var rowCount: Int64 = 0
    }

    init(
        _ storage: Storage, _ schema: Schema, partitionColumns: [String], files: [AddFile]
    ) {
        self.storage = storage
        self.schema = schema
        self.partitionColumns = Set(partitionColumns)
        waiting = files[...]
    }

    /// The next rows; nil when all have been read. Batches may be without rows.
    package mutating func next() async throws(TableError) -> ColumnBatch? {
        while true {
            if var current = open, let file {
                if current.group < current.parquet.reader.rowGroupCount {
                    let batch = try await read(&current, of: file)
                    open = current
                    return batch
                }
                open = nil
            }
            guard let file = waiting.popFirst() else { return nil }
            self.file = file
            open = try await begin(file)
        }
    }

    private func begin(_ file: AddFile) async throws(TableError) -> OpenFile {
        let path = PathEncoding.decoded(file.path)
        let parquet: StoredParquet<Storage>?
        do { parquet = try await StoredParquet.open(path, in: storage) } catch {
            throw error.error(of: path)
        }
        guard let parquet else { throw .dataFile(path, .missing) }
        var vector: DeletionVector?
        if let descriptor = file.deletionVector {
            do throws(DeletionVectorFault) {
                vector = try await DeletionVector(descriptor, in: storage)
            } catch {
                switch error {
                case .storage(let fault): throw .storage(fault)
                case .damage(let damage): throw .dataFile(path, .deletionVector(damage))
                }
            }
            guard vector?.isWithin(parquet.reader.rowCount) ?? true else {
                throw .dataFile(path, .deletionVector(.beyondTheRows))
            }
        }
        return OpenFile(path: path, parquet: parquet, deletionVector: vector)
    }

    /// The rows of the file's next row group.
    private func read(
        _ open: inout OpenFile, of file: AddFile
    ) async throws(TableError) -> ColumnBatch {
        let inFile = Dictionary(
            open.parquet.reader.schema.fields.map { ($0.name.lowercased(), $0.name) },
            uniquingKeysWith: { first, _ in first })
        let exact = Set(open.parquet.reader.schema.fields.map(\.name))
        var sources: [String: String] = [:]
        for field in schema.fields where !partitionColumns.contains(field.name) {
            sources[field.name] =
                exact.contains(field.name) ? field.name : inFile[field.name.lowercased()]
        }
        let batch: ColumnBatch
        do {
            batch = try await open.parquet.read(
                rowGroup: open.group, columns: Set(sources.values))
        } catch { throw error.error(of: open.path) }
        let range = open.rowCount..<open.rowCount + Int64(batch.rowCount)
        open.rowCount = range.upperBound
        open.group += 1
        var columns: [Column] = []
        for field in schema.fields {
            columns.append(
                try column(field, of: batch, sources[field.name], file, open.path))
        }
        let whole = ColumnBatch(schema: schema, columns: columns, rowCount: batch.rowCount)
        guard let vector = open.deletionVector else { return whole }
        return whole.rows(vector.kept(in: range))
    }

    private func column(
        _ field: Field, of batch: ColumnBatch, _ source: String?, _ file: AddFile, _ path: String
    ) throws(TableError) -> Column {
        if partitionColumns.contains(field.name) {
            let text = file.partitionValues[field.name] ?? nil
            guard
                let column = PartitionColumn.column(text, field.type, count: batch.rowCount)
            else { throw .dataFile(path, .badPartitionValue(column: field.name)) }
            return column
        }
        guard let source, let index = batch.schema.index(of: source) else {
            return ColumnConversion.nulls(batch.rowCount, of: field.type)
        }
        guard let column = ColumnConversion.column(batch.columns[index], as: field.type) else {
            throw .dataFile(path, .otherType(column: field.name))
        }
        return column
    }
}

extension ColumnBatch {
    /// The rows whose bit is set.
    package func rows(_ kept: Bits) -> ColumnBatch {
        if kept.ones(in: 0..<kept.count) == kept.count { return self }
        var builder = BatchBuilder(schema)
        builder.append(self, kept: kept)
        return builder.take()
    }
}

extension TableSnapshot {
    /// A reader of the rows of `files`, or of all; with `columns` in their order, or all in the
    /// table's. A name that the table does not have is left out.
    package func rows<Storage: TableStorage>(
        in storage: Storage, columns: [String]? = nil, of files: [AddFile]? = nil
    ) -> RowReader<Storage> {
        let fields =
            columns?.compactMap { name in schema.index(of: name).map { schema.fields[$0] } }
            ?? schema.fields
        return RowReader(
            storage, Schema(fields), partitionColumns: state.metadata.partitionColumns,
            files: files ?? liveFiles)
    }
}
