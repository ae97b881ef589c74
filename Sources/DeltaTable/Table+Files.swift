package import Columns
package import Parquet

extension Table {
    /// Begins a data file for rows that share the values of the partition columns.
    ///
    /// `newFields` are columns that the table does not have yet; the commit has to name them too.
    /// With a `schema` the rows have its columns alone, which must be among all those; the others
    /// are null in them.
    ///
    /// A `name` is that of the file alone, and what an attempt that failed has left under it is
    /// replaced: it must never be the name of a file that was committed.
    package func dataFile(
        partition: [String: PartitionValue] = [:], newFields: [Field] = [],
        schema rowSchema: Schema? = nil, options: WriterOptions = WriterOptions(),
        name: String? = nil
    ) async throws(TableError) -> DataFileWriter<Storage.Upload> {
        let all = schema.fields + newFields.filter { schema.index(of: $0.name) == nil }
        precondition(
            rowSchema?.fields.allSatisfy(all.contains) ?? true,
            "columns that neither the table has nor the commit adds")
        let layout = FileLayout(
            schema: rowSchema ?? Schema(all),
            partitionColumns: state.metadata.partitionColumns,
            properties: state.metadata.properties)
        return try await dataFile(layout, partition.mapValues(\.text), options, name: name)
    }

    /// Begins a data file for a table that is to be replaced by one of `definition`.
    package func dataFile(
        for definition: TableDefinition, partition: [String: PartitionValue] = [:],
        options: WriterOptions = WriterOptions(), name: String? = nil
    ) async throws(TableError) -> DataFileWriter<Storage.Upload> {
        let layout = FileLayout(
            schema: definition.schema, partitionColumns: definition.partitionColumns,
            properties: definition.properties)
        return try await dataFile(layout, partition.mapValues(\.text), options, name: name)
    }

    /// Begins a data file below the directories that its partition values give.
    func dataFile(
        _ layout: FileLayout, _ values: [String: String?], _ options: WriterOptions, name: String?
    ) async throws(TableError) -> DataFileWriter<Storage.Upload> {
        let columns = layout.partitionColumns
        precondition(
            Set(values.keys) == Set(columns), "a value for each of \(columns), and no other")
        let directories = columns.map { PathEncoding.directory($0, values[$0] ?? nil) }
        let own = "part-00000-\(surroundings.uuid())-c000\(options.codec.fileNamePart).parquet"
        let target = DataFileTarget(
            path: (directories + [name ?? own]).joined(separator: "/"),
            fileSchema: Schema(layout.schema.fields.filter { !columns.contains($0.name) }),
            partitionValues: values, options: options, properties: layout.properties,
            modificationTime: surroundings.now())
        do {
            let upload = try await storage.upload(
                target.path, ifExists: name == nil ? .fail : .replace)
            return DataFileWriter(target, to: upload)
        } catch { throw .storage(error) }
    }

    /// Checks that what is to be committed is there, as large as it says.
    ///
    /// WHY: a vacuum of somebody else may take a file away that was written long ago and belongs to
    /// no table yet; and no reader survives a wrong size.
    func checkPresence(of files: [AddFile]) async throws(TableError) {
        for file in files {
            let path = PathEncoding.decoded(file.path)
            let found: ObjectStatus?
            do { found = try await storage.status(of: path) } catch { throw .storage(error) }
            guard let found else { throw .dataFile(path, .missing) }
            guard found.byteCount == file.byteCount else {
                throw .dataFile(path, .otherSize(found.byteCount, logged: file.byteCount))
            }
        }
    }
}

/// The columns of the files of a table.
struct FileLayout: Sendable {
    let schema: Schema
    let partitionColumns: [String]
    let properties: [String: String]
}

extension WriterOptions.Codec {
    /// What a file's name says of its codec.
    fileprivate var fileNamePart: String {
        switch self {
        case .uncompressed: ""
        case .snappy: ".snappy"
        case .zstd: ".zstd"
        }
    }
}
