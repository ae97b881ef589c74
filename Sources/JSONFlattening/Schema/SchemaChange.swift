/// Columns that inference added, as the log records them.
package struct SchemaChange: Equatable, Sendable {
    /// In the order in which the tables got them.
    package let columns: [RecordedColumn]

    /// A change that adds these columns.
    package init(columns: [RecordedColumn]) { self.columns = columns }
}

/// One column that inference added.
package struct RecordedColumn: Equatable, Sendable {
    /// The table's name; empty for the parent.
    package let table: String
    /// The keys that lead to the value from the table's own value.
    package let path: [String]
    /// The column's name in its table.
    package let name: String
    /// What its values are.
    package let type: ColumnType
}

/// Why a recorded change cannot be applied.
package enum SchemaChangeError: Error, Equatable, Sendable {
    /// The bytes are not what `encoded` writes.
    case malformed
    case unknownTable(String)
    case sameColumn(String)
    case samePath([String])
}

extension SchemaChangeError: CustomStringConvertible {
    /// For the operator: which record is wrong, and why.
    package var description: String {
        switch self {
        case .malformed: "the record of a schema change cannot be read"
        case .unknownTable(let name): "the mapping has no child table \"\(name)\""
        case .sameColumn(let name): "there is a column \"\(name)\" already"
        case .samePath(let path): "\(path.joined(separator: ".")) has a column already"
        }
    }
}

extension SchemaChange {
    /// The change as JSON, always the same for the same change.
    package var encoded: [UInt8] {
        var output = TextBuffer()
        output.append(utf8: "{\"version\":1,\"columns\":[")
        for (number, column) in columns.enumerated() {
            if number > 0 { output.append(UInt8(ascii: ",")) }
            output.append(utf8: "{\"table\":")
            JSONText.append(quoted: column.table, to: &output)
            output.append(utf8: ",\"path\":[")
            for (place, key) in column.path.enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                JSONText.append(quoted: key, to: &output)
            }
            output.append(utf8: "],\"column\":")
            JSONText.append(quoted: column.name, to: &output)
            output.append(utf8: ",\"type\":")
            JSONText.append(quoted: column.type.name, to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output.append(utf8: "]}")
        return output.array
    }

    /// The change that `encoded` wrote.
    package init(decoding bytes: [UInt8]) throws(SchemaChangeError) {
        do {
            let keys = try MappingKeys(
                try MappingTree(parsing: bytes), at: [], known: ["version", "columns"])
            guard try keys.integer("version", in: 1...1) != nil,
                case .list(let trees) = keys["columns"]
            else { throw SchemaChangeError.malformed }
            var columns: [RecordedColumn] = []
            for tree in trees { columns.append(try RecordedColumn(tree)) }
            self.init(columns: columns)
        } catch {
            throw .malformed
        }
    }
}

extension RecordedColumn {
    fileprivate init(_ tree: MappingTree) throws {
        let keys = try MappingKeys(tree, at: [], known: ["table", "path", "column", "type"])
        guard let table = try keys.text("table"), let name = try keys.text("column"),
            let type = try keys.text("type").flatMap(ColumnType.init(named:)),
            case .list(let path) = keys["path"], !name.isEmpty,
            name.unicodeScalars.allSatisfy(ColumnNames.isKept)
        else { throw SchemaChangeError.malformed }
        var steps: [String] = []
        for step in path {
            guard case .text(let key) = step else { throw SchemaChangeError.malformed }
            steps.append(key)
        }
        self.init(table: table, path: steps, name: name, type: type)
    }
}
