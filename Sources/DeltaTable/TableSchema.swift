package import Columns

/// A table's schema in Columns' form, and the JSON it came from.
///
/// The JSON is kept so that what other writers noted beside a column survives our changes.
package struct TableSchema: Equatable, Sendable {
    private(set) var json: JSON
    /// The same in the types that data files are written and read with.
    package private(set) var schema: Schema

    /// The text that goes into `schemaString`.
    var text: String { json.encodedText }

    /// The schema that another writer, or we, put into the log.
    init(_ text: String) throws(SchemaError) {
        let parsed: JSON
        do { parsed = try JSON(parsing: text) } catch { throw .malformed }
        guard case .structure(let fields) = try DataType(delta: parsed) else { throw .malformed }
        json = parsed
        schema = Schema(fields)
    }

    /// The schema of a new table.
    package init(_ schema: Schema) throws(SchemaError) {
        try SchemaRules.check(schema.fields)
        guard !schema.fields.isEmpty else { throw .noColumns }
        self.schema = schema
        json = DataType.structure(schema.fields).deltaJSON
    }

    /// This schema with `fields` behind the others; those it has already must be of the same type.
    func adding(_ fields: [Field]) throws(SchemaError) -> TableSchema {
        var result = self
        for field in fields {
            if let index = schema.index(of: field.name) {
                guard schema.fields[index].type == field.type else {
                    throw .otherType(field.name)
                }
                continue
            }
            result.schema.fields.append(field)
            guard case .array(let others) = result.json["fields"] else { throw .malformed }
            result.json.set("fields", to: .array(others + [field.deltaJSON]))
        }
        try SchemaRules.check(Array(result.schema.fields.dropFirst(schema.fields.count)))
        try SchemaRules.checkUnique(result.schema.fields)
        return result
    }

    /// The first column, at any depth of structures, whose metadata has `key`.
    func column(withMetadata key: String) -> String? {
        Self.column(withMetadata: key, in: json)
    }

    private static func column(withMetadata key: String, in json: JSON) -> String? {
        for field in json["fields"]?.elements ?? [] {
            if field["metadata"]?[key] != nil { return field["name"]?.text ?? "" }
            if let type = field["type"], let found = column(withMetadata: key, in: type) {
                return found
            }
        }
        return nil
    }
}

/// Why a schema cannot be a table's.
package enum SchemaError: Error, Equatable, Sendable {
    case malformed
    case noColumns
    /// Spark refuses names with a space or one of `,;{}()=`, a tab or a line feed.
    case badName(String)
    /// Two names that differ in nothing but case, or not at all.
    case sameName(String)
    /// There would be rows without a value for it.
    case notNullable(String)
    case otherType(String)
    case unknownType(String)
    case badPartitionColumn(String)
}

extension SchemaError: CustomStringConvertible {
    /// Which column, and what is wrong with it.
    package var description: String {
        switch self {
        case .malformed: "the table's schema is not what Delta calls a schema"
        case .noColumns: "a table needs a column that is not a partition column"
        case .badName(let name): "the column name \"\(name)\" has a character Spark refuses"
        case .sameName(let name): "there are two columns called \"\(name)\" but for case"
        case .notNullable(let name): "the column \"\(name)\" has to be nullable"
        case .otherType(let name): "the column \"\(name)\" exists with another type"
        case .unknownType(let name): "values of type \"\(name)\" cannot be written"
        case .badPartitionColumn(let name): "the table cannot be partitioned by \"\(name)\""
        }
    }
}

/// What Delta demands of names and types, without column mapping.
enum SchemaRules {
    private static let refused = Set(" ,;{}()\n\t=".unicodeScalars)

    static func check(_ fields: [Field]) throws(SchemaError) {
        try checkUnique(fields)
        for field in fields {
            guard !field.name.isEmpty, !field.name.unicodeScalars.contains(where: refused.contains)
            else { throw .badName(field.name) }
            guard field.isNullable else { throw .notNullable(field.name) }
            try check(field.type)
        }
    }

    static func checkUnique(_ fields: [Field]) throws(SchemaError) {
        var seen: Set<String> = []
        for field in fields {
            guard seen.insert(field.name.lowercased()).inserted else {
                throw .sameName(field.name)
            }
        }
    }

    private static func check(_ type: DataType) throws(SchemaError) {
        switch type {
        case .structure(let fields): try check(fields)
        case .array(let element, _): try check(element)
        case .map(let key, let value, _):
            try check(key)
            try check(value)
        case .decimal(let precision, let scale):
            guard (1...DataType.precisionMax).contains(precision), (0...precision).contains(scale)
            else { throw .unknownType("decimal(\(precision),\(scale))") }
        default: break
        }
    }
}
