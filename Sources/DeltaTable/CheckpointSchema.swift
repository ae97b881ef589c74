internal import Columns

/// The columns of a classic checkpoint (contract, section 10.1): one structure for each kind of
/// action, of which a row has exactly one.
enum CheckpointSchema {
    static let schema = Schema([
        Field("txn", transaction), Field("add", add), Field("remove", remove),
        Field("metaData", metadata), Field("protocol", proto), Field("domainMetadata", domain),
    ])

    private static let texts = DataType.map(key: .string, value: .string, valueContainsNull: true)
    private static let names = DataType.array(element: .string, containsNull: true)

    private static let transaction = DataType.structure([
        required("appId", .string), required("version", .long), Field("lastUpdated", .long),
    ])

    private static let deletionVector = DataType.structure([
        required("storageType", .string), required("pathOrInlineDv", .string),
        Field("offset", .integer), required("sizeInBytes", .integer),
        required("cardinality", .long),
    ])

    private static let add = DataType.structure([
        required("path", .string), required("partitionValues", texts), required("size", .long),
        required("modificationTime", .long), required("dataChange", .boolean),
        Field("stats", .string), Field("tags", texts), Field("deletionVector", deletionVector),
        Field("baseRowId", .long), Field("defaultRowCommitVersion", .long),
        Field("clusteringProvider", .string),
    ])

    private static let remove = DataType.structure([
        required("path", .string), Field("deletionTimestamp", .long),
        required("dataChange", .boolean), Field("extendedFileMetadata", .boolean),
        Field("partitionValues", texts), Field("size", .long),
        Field("deletionVector", deletionVector), Field("baseRowId", .long),
        Field("defaultRowCommitVersion", .long),
    ])

    private static let metadata = DataType.structure([
        required("id", .string), Field("name", .string), Field("description", .string),
        required(
            "format",
            .structure([required("provider", .string), required("options", texts)])),
        required("schemaString", .string), required("partitionColumns", names),
        Field("createdTime", .long), required("configuration", texts),
    ])

    private static let proto = DataType.structure([
        required("minReaderVersion", .integer), required("minWriterVersion", .integer),
        Field("readerFeatures", names), Field("writerFeatures", names),
    ])

    private static let domain = DataType.structure([
        required("domain", .string), required("configuration", .string),
        required("removed", .boolean),
    ])

    private static func required(_ name: String, _ type: DataType) -> Field {
        Field(name, type, isNullable: false)
    }
}
