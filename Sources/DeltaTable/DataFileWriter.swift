package import Columns
internal import Parquet

/// Writes one data file of a table. It belongs to the table only once it has been committed.
package struct DataFileWriter<Upload: TableUpload>: ~Copyable {
    private var upload: Upload
    private var writer: FileWriter<[UInt8]>
    private let target: DataFileTarget

    init(_ target: DataFileTarget, to upload: Upload) {
        self.target = target
        self.upload = upload
        writer = FileWriter(target.fileSchema, to: [], options: target.options)
    }

    /// How many bytes the file has so far.
    package var byteCount: Int { writer.byteCount }

    /// Writes the rows as a row group, its columns on as many cores as there are.
    package mutating func append(_ batch: ColumnBatch) async throws(StorageFault) {
        await writer.appendConcurrently(batch)
        try await upload.append(writer.takeBytes())
    }

    /// Completes the file. On return it is durable, and what is returned can be committed.
    package consuming func finish() async throws(StorageFault) -> AddFile {
        let target = target
        var upload = upload
        let summary = writer.finish()
        try await upload.append(summary.sink)
        try await upload.finish()
        let statistics = FileStatistics.json(
            rowCount: summary.rowCount, columns: summary.columns, schema: target.fileSchema,
            properties: target.properties)
        return AddFile(
            path: PathEncoding.encoded(target.path), partitionValues: target.partitionValues,
            byteCount: Int64(summary.byteCount), modificationTime: target.modificationTime,
            isDataChange: true, statistics: statistics.encodedText)
    }
}

/// What is settled about a data file before its first row.
struct DataFileTarget: Sendable {
    /// Below the table's root, not yet percent-encoded for the log.
    let path: String
    /// The table's columns without those it is partitioned by, which no file has.
    let fileSchema: Schema
    let partitionValues: [String: String?]
    let options: WriterOptions
    let properties: [String: String]
    let modificationTime: Int64
}
