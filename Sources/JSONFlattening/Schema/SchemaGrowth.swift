/// What the tables of a pipeline look like, and how they grow.
///
/// A pure value: the columns follow from the mapping, from the changes that were applied, and from
/// the discoveries it was shown, and from nothing else. Whoever follows a stream applies the
/// changes the log has recorded, so that a replay makes the same columns.
package struct SchemaGrowth: Equatable, Sendable {
    /// What is declared.
    package let mapping: Mapping
    /// The parent, then its children in the order of the mapping. Their number never changes.
    package private(set) var tables: [TableLayout]

    /// The tables before anything was inferred.
    package init(_ mapping: Mapping) {
        self.mapping = mapping
        tables = LayoutBuilder.tables(for: mapping)
    }

    /// The tables under `mapping`, with those columns of `record` that it leaves to inference.
    ///
    /// For a mapping that takes over the tables of another one.
    package init(_ mapping: Mapping, adopting record: SchemaChange) {
        self.init(mapping)
        for column in record.columns where !mapping.isDeclared(column) { try? add(column) }
    }

    // MARK: Growing

    /// Gives each path of `discoveries` a column while there is room; nil when none is added.
    ///
    /// Columns come in the order in which their paths first came in the log. `avoiding` are names
    /// that other writers have given to columns, for each table.
    package mutating func grow(
        with discoveries: Discoveries, avoiding: [[String]] = []
    ) -> SchemaChange? {
        for (table, names) in avoiding.enumerated() where table < tables.count {
            for name in names { tables[table].reserve(name) }
        }
        var added: [RecordedColumn] = []
        for found in discoveries.inLogOrder where found.table < tables.count {
            guard hasRoom(found.table), !tables[found.table].hasColumn(at: found.path) else {
                continue
            }
            let column = tables[found.table].add(found.path, found.kind.type, .inferred)
            added.append(
                RecordedColumn(
                    table: tables[found.table].name, path: found.path, name: column.name,
                    type: found.kind.type))
        }
        return added.isEmpty ? nil : SchemaChange(columns: added)
    }

    /// Whether inference may still add a column to the table.
    func hasRoom(_ table: Int) -> Bool { tables[table].columns.count < mapping.columnMax }

    // MARK: Records

    /// Adds the columns of a recorded change. When it throws, those before the one it names are
    /// there.
    package mutating func apply(_ change: SchemaChange) throws(SchemaChangeError) {
        for column in change.columns { try add(column) }
    }

    /// All inferred columns so far, as one change: what makes these tables of the empty ones.
    package var record: SchemaChange {
        SchemaChange(
            columns: tables.flatMap { table in
                table.columns.compactMap { column in
                    guard case .field(let path, let type, .inferred) = column.role else {
                        return nil
                    }
                    return RecordedColumn(
                        table: table.name, path: path, name: column.name, type: type)
                }
            })
    }

    private mutating func add(_ column: RecordedColumn) throws(SchemaChangeError) {
        guard let table = tables.firstIndex(where: { $0.name == column.table }) else {
            throw .unknownTable(column.table)
        }
        guard tables[table].isFree(column.name) else { throw .sameColumn(column.name) }
        guard !tables[table].hasColumn(at: column.path) else { throw .samePath(column.path) }
        let isFree = tables[table].add(
            column.name, .field(path: column.path, column.type, .inferred))
        assert(isFree, "the name \(column.name) was free a line above")
    }

    // MARK: Notices

    /// What the operator should know of the tables.
    package var notices: [SchemaNotice] {
        guard mapping.undeclared == .infer, mapping.body == .json else { return [] }
        return tables.indices.filter { !hasRoom($0) }.map {
            .columnLimit(
                table: tables[$0].name, limit: mapping.columnMax, crowded: mostCrowded($0))
        }
    }

    /// The object with the most inferred columns in it.
    private func mostCrowded(_ table: Int) -> [String] {
        var counts: [[String]: Int] = [:]
        for column in tables[table].columns {
            guard case .field(let path, _, .inferred) = column.role else { continue }
            for length in 0..<path.count { counts[Array(path.prefix(length)), default: 0] += 1 }
        }
        // The innermost object that still holds most of them.
        let total = counts[[]] ?? 0
        let crowded = counts.filter { $0.value * 2 > total }
        return crowded.keys.max {
            $0.count != $1.count ? $0.count < $1.count : $1.lexicographicallyPrecedes($0)
        } ?? []
    }
}

/// Something about the tables that the operator should know.
package enum SchemaNotice: Equatable, Sendable {
    /// The table has as many columns as inference may make; further fields are rescued.
    case columnLimit(table: String, limit: Int, crowded: [String])
}

extension SchemaNotice: CustomStringConvertible {
    /// What has happened, and what the operator can do.
    package var description: String {
        switch self {
        case .columnLimit(let table, let limit, let crowded):
            let name = table.isEmpty ? "the table" : "the child table \"\(table)\""
            let place = crowded.isEmpty ? "the object" : "\"\(crowded.joined(separator: "."))\""
            return "\(name) has reached \(limit) columns, so new fields go to _rescued_data. "
                + "If the keys of \(place) are data, declare it as a map: {as: map}"
        }
    }
}
