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
    package var readerVersion: Int
    package var writerVersion: Int
    package var readerFeatures: [String]?
    package var writerFeatures: [String]?

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
    package private(set) var json: JSON
    package let id: String
    package private(set) var schema: TableSchema
    package let partitionColumns: [String]
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
    package var partitionValues: [String: String?]
    package var byteCount: Int64
    package var modificationTime: Int64
    package var isDataChange: Bool
    package var statistics: String?
    package var tags: [String: String?]?
    package var deletionVector: JSON?
    /// Members that are only carried along: row tracking, clustering.
    package var rest: [JSON.Member] = []
}

/// A file that belongs to the table no longer.
package struct RemoveFile: Equatable, Sendable {
    package var path: String
    package var deletionTimestamp: Int64?
    package var isDataChange: Bool
    package var deletionVector: JSON?
    /// Members that are only carried along.
    package var rest: [JSON.Member] = []
}

/// How far an application has got: the cursor that travels with the data.
package struct TransactionMark: Equatable, Sendable {
    package var application: String
    package var version: Int64
    package var lastUpdated: Int64?

    package init(application: String, version: Int64, lastUpdated: Int64? = nil) {
        self.application = application
        self.version = version
        self.lastUpdated = lastUpdated
    }
}

package struct DomainMetadata: Equatable, Sendable {
    package var domain: String
    package var configuration: String
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
    package var key: FileKey { FileKey(path: path, deletionVector: deletionVector) }
}

extension RemoveFile {
    package var key: FileKey { FileKey(path: path, deletionVector: deletionVector) }
}
