package import Columns

/// One table of a pipeline: its columns, and where in the documents its rows come from.
package struct TableLayout: Equatable, Sendable {
    /// What follows the parent table's name; empty for the parent itself.
    package let name: String
    /// Where the rows of a child come from; nil for the parent.
    let origin: TableOrigin?
    /// How many indexes tell a row from others of its event.
    package let level: Int
    /// In the order of the schema.
    package private(set) var columns: [LayoutColumn] = []
    private var names = ColumnNames()

    init(name: String, origin: TableOrigin?, level: Int) {
        self.name = name
        self.origin = origin
        self.level = level
    }

    /// The columns in the table's order.
    package var schema: Schema { Schema(columns.map { Field($0.name, $0.dataType) }) }

    // MARK: Columns

    /// Adds a column whose name is its own, or that the mapping or a record has chosen. Whether the
    /// name was free.
    mutating func add(_ name: String, _ role: ColumnRole) -> Bool {
        columns.append(LayoutColumn(name: name, role: role))
        return names.take(name)
    }

    /// Keeps a name from the columns that are named after their paths.
    mutating func reserve(_ name: String) { names.take(name) }

    /// Adds a column named after its path.
    mutating func add(
        _ path: [String], _ type: ColumnType, _ source: ColumnSource
    ) -> LayoutColumn {
        let column = LayoutColumn(
            name: names.name(for: path), role: .field(path: path, type, source))
        columns.append(column)
        return column
    }

    func isFree(_ name: String) -> Bool {
        var names = names
        return names.take(name)
    }

    func hasColumn(at path: [String]) -> Bool {
        columns.contains {
            if case .field(path, _, _) = $0.role { true } else { false }
        }
    }
}

/// Where in the documents the rows of a child table lie.
struct TableOrigin: Equatable, Sendable {
    /// The table whose rows hold the container, by its index.
    let table: Int
    /// The container's path from that table's value.
    let path: [String]
    let container: Container

    enum Container: Equatable, Sendable { case array, object }
}

/// A column and what it holds.
package struct LayoutColumn: Equatable, Sendable {
    /// Unique in its table, whatever the case.
    package let name: String
    /// What it holds.
    package let role: ColumnRole

    /// The type of its values in the table.
    package var dataType: DataType {
        switch role {
        case .source, .key, .rescued, .text: .string
        case .partition, .index: .integer
        case .offset: .long
        case .binary: .binary
        case .field(_, let type, _): type.dataType
        }
    }
}

/// What a column holds.
package enum ColumnRole: Equatable, Sendable {
    /// Store and incarnation of the stream.
    case source
    case partition
    case offset
    /// The place of the row in the array or map that many levels down, from 1.
    case index(level: Int)
    /// The key of the map that many levels down.
    case key(level: Int)
    /// What did not fit the other columns, as JSON.
    case rescued
    /// The whole body, in the raw modes.
    case text, binary
    case field(path: [String], ColumnType, ColumnSource)
}

/// Who decided that there is a column.
package enum ColumnSource: Equatable, Sendable { case declared, inferred }
