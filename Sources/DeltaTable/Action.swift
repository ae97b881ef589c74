/// One line of a commit (PROTOCOL.md of Delta, "Actions").
package enum Action: Equatable, Sendable {
    case proto(TableProtocol)
    case metadata(Metadata)
    case add(AddFile)
    case remove(RemoveFile)
    case transaction(TransactionMark)
    case domain(DomainMetadata)
    case commitInfo(JSON)
    /// What takes no part in a table's state, and what a newer protocol may have.
    case other(String)
}

/// Which readers and writers a table demands.
package struct TableProtocol: Equatable, Sendable {
    /// 1 to 3. At 3 `readerFeatures` says what is demanded, below it the number does.
    package var readerVersion: Int
    /// 1 to 7. At 7 `writerFeatures` says what is demanded, below it the number does.
    package var writerVersion: Int
    /// Nil below reader version 3, where the log must not have the list.
    package var readerFeatures: [String]?
    /// Nil below writer version 7, where the log must not have the list.
    package var writerFeatures: [String]?

    /// Unless told otherwise the protocol (1, 2), which every engine knows.
    package init(
        readerVersion: Int = 1, writerVersion: Int = 2, readerFeatures: [String]? = nil,
        writerFeatures: [String]? = nil
    ) {
        self.readerVersion = readerVersion
        self.writerVersion = writerVersion
        self.readerFeatures = readerFeatures
        self.writerFeatures = writerFeatures
    }
}

/// What a table is: its identity, schema, partitioning and properties.
///
/// The whole action is kept as it was read, so that writing it again loses nothing of it.
package struct Metadata: Equatable, Sendable {
    /// The `metaData` action as it was read or will be written.
    package private(set) var json: JSON
    /// The table's UUID as text. Another one in the same place is another table.
    package let id: String
    /// What `schemaString` says.
    package private(set) var schema: TableSchema
    /// Names of columns of the schema, in the order in which paths nest them.
    package let partitionColumns: [String]
    /// `configuration`: the table's properties, such as `delta.appendOnly`.
    package let properties: [String: String]

    init?(_ json: JSON) throws(SchemaError) {
        guard let id = json["id"]?.text, let schemaText = json["schemaString"]?.text,
            let columns = json["partitionColumns"]?.elements?.compactMap(\.text)
        else { return nil }
        self.json = json
        self.id = id
        schema = try TableSchema(schemaText)
        partitionColumns = columns
        properties = Dictionary(
            (json["configuration"]?.members ?? []).compactMap { member in
                member.value.text.map { (member.name, $0) }
            }, uniquingKeysWith: { $1 })
    }

    /// The same table with another schema.
    func with(_ schema: TableSchema) -> Metadata {
        var result = self
        result.schema = schema
        result.json.set("schemaString", to: .string(schema.text))
        return result
    }
}

/// A file that belongs to the table from this commit on.
package struct AddFile: Equatable, Sendable {
    /// Percent-encoded, as the log has it.
    package var path: String
    /// One entry for each partition column, serialised as "Partition Value Serialization" of the
    /// protocol says; nil is SQL's NULL.
    package var partitionValues: [String: String?]
    /// The size of the file; a reader may rely on it instead of asking the storage.
    package var byteCount: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var modificationTime: Int64
    /// False when the rows were in the table before, in other files.
    package var isDataChange: Bool
    /// JSON text: row count, bounds and null counts ("Per-file Statistics" of the protocol).
    package var statistics: String?
    /// Notes of other writers, carried along.
    package var tags: [String: String?]?
    /// Which of the file's rows are deleted, as its descriptor; nil when all count.
    package var deletionVector: JSON?
    /// Members that are only carried along: row tracking, clustering.
    package var rest: [JSON.Member] = []
}

/// A file that belongs to the table no longer.
package struct RemoveFile: Equatable, Sendable {
    /// Percent-encoded, as the log has it; relative to the table, or absolute.
    package var path: String
    /// Milliseconds since 1970-01-01T00:00:00Z. The retention of a vacuum begins then.
    package var deletionTimestamp: Int64?
    /// False when the rows stay in the table, in other files.
    package var isDataChange: Bool
    /// The one the file had while it was live: together with the path it names what is removed.
    package var deletionVector: JSON?
    /// Members that are only carried along.
    package var rest: [JSON.Member] = []
}

/// How far an application has got: the cursor that travels with the data.
package struct TransactionMark: Equatable, Sendable {
    /// `appId`: unique to the application and, with us, to a partition.
    package var application: String
    /// Grows with each commit of the application. Ours are offsets: the next one to be read.
    package var version: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z. Engines may forget a mark that is too old.
    package var lastUpdated: Int64?

    /// A mark that is to move with a commit.
    package init(application: String, version: Int64, lastUpdated: Int64? = nil) {
        self.application = application
        self.version = version
        self.lastUpdated = lastUpdated
    }
}

/// Configuration of a feature, named by its domain ("Domain Metadata" of the protocol). It is kept
/// and checkpointed, never interpreted.
package struct DomainMetadata: Equatable, Sendable {
    /// Names that begin with `delta.` are the engines' own.
    package var domain: String
    /// Whatever the domain's owner makes of it, usually JSON.
    package var configuration: String
    /// A tombstone: the domain has no configuration from this commit on.
    package var isRemoved: Bool
}

/// What tells one file of a table from another: its path, and its deletion vector.
package struct FileKey: Hashable, Sendable {
    let path: String
    let deletionVector: String?

    init(path: String, deletionVector: JSON?) {
        self.path = PathEncoding.decoded(path)
        self.deletionVector = deletionVector.flatMap { vector in
            guard let kind = vector["storageType"]?.text, let place = vector["pathOrInlineDv"]?.text
            else { return nil }
            let offset = vector["offset"]?.integer.map { "@\($0)" } ?? ""
            return kind + place + offset
        }
    }
}

extension AddFile {
    /// What a `remove` has to name to take this file away.
    package var key: FileKey { FileKey(path: path, deletionVector: deletionVector) }
}

extension RemoveFile {
    /// Which live file it takes away.
    package var key: FileKey { FileKey(path: path, deletionVector: deletionVector) }
}
