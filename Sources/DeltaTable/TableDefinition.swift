package import Columns

/// What a new table is to be.
package struct TableDefinition: Equatable, Sendable {
    /// All columns, partition columns included, in the order in which readers see them.
    package var schema: Schema
    /// Names of columns of `schema`; one at least has to remain that is none.
    package var partitionColumns: [String]
    /// Kept as they are: `delta.logRetentionDuration` and so on.
    package var properties: [String: String]

    /// Checked when the table is made or edited, not here.
    package init(
        schema: Schema, partitionColumns: [String] = [], properties: [String: String] = [:]
    ) {
        self.schema = schema
        self.partitionColumns = partitionColumns
        self.properties = properties
    }

    func metadata(id: String, at now: Int64) throws(SchemaError) -> Metadata {
        let tableSchema = try checked()
        let json: JSON = [
            "id": .string(id), "format": ["provider": "parquet", "options": [:]],
            "schemaString": .string(tableSchema.text),
            "partitionColumns": .array(partitionColumns.map(JSON.string)),
            "createdTime": .integer(now), "configuration": JSON(properties),
        ]
        guard let metadata = try Metadata(json) else { throw .malformed }
        return metadata
    }

    /// What becomes of `old`, which keeps its identity and whatever is not said here.
    func metadata(replacing old: Metadata) throws(SchemaError) -> Metadata {
        var json = old.json
        json.set("schemaString", to: .string(try checked().text))
        json.set("partitionColumns", to: .array(partitionColumns.map(JSON.string)))
        json.set("configuration", to: JSON(properties))
        guard let metadata = try Metadata(json) else { throw .malformed }
        return metadata
    }

    private func checked() throws(SchemaError) -> TableSchema {
        let tableSchema = try TableSchema(schema)
        for name in partitionColumns {
            guard let index = schema.index(of: name),
                PartitionValue.isSupported(schema.fields[index].type)
            else { throw .badPartitionColumn(name) }
        }
        guard Set(partitionColumns).count == partitionColumns.count,
            partitionColumns.count < schema.fields.count
        else { throw .noColumns }
        try refuseWallClocks(schema.fields)
        return tableSchema
    }

    /// A column of `timestamp_ntz` would need a feature that locks engines out.
    private func refuseWallClocks(_ fields: [Field]) throws(SchemaError) {
        for field in fields {
            if field.type == .timestampNTZ { throw .unknownType("timestamp_ntz") }
            try refuseWallClocks(field.type.children)
        }
    }
}
