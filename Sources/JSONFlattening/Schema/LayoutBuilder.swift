/// Lays out the tables that a mapping declares.
struct LayoutBuilder {
    private var tables: [TableLayout] = []
    private var tableNames = ColumnNames()
    private let mapping: Mapping

    static func tables(for mapping: Mapping) -> [TableLayout] {
        var builder = LayoutBuilder(mapping: mapping)
        builder.build()
        return builder.tables
    }

    private init(mapping: Mapping) { self.mapping = mapping }

    private mutating func build() {
        // The quarantine's name has the same form as a child's.
        tableNames.take("quarantine")
        reserveTables(of: .object(mapping.fields))
        begin(TableLayout(name: "", origin: nil, level: 0), keys: [:])
        switch mapping.body {
        case .json: lay(.object(mapping.fields), table: 0, path: [], keys: [:])
        case .text: _ = tables[0].add("body", .text)
        case .binary: _ = tables[0].add("body", .binary)
        }
    }

    // MARK: Tables

    /// Adds a table with the columns that tell its rows apart. `keys` are the names of the keys of
    /// the maps above, by level.
    private mutating func begin(_ layout: TableLayout, keys: [Int: String?]) {
        var table = layout
        _ = table.add("_source", .source)
        _ = table.add("_partition", .partition)
        _ = table.add("_offset", .offset)
        for level in 1..<(table.level + 1) {
            _ = table.add("_index_\(level)", .index(level: level))
        }
        for level in 1..<(table.level + 1) {
            guard let name = keys[level] else { continue }
            let isFree = name.map { table.isFree($0) } ?? false
            _ = table.add(isFree ? name ?? "" : "_key_\(level)", .key(level: level))
        }
        _ = table.add("_rescued_data", .rescued)
        tables.append(table)
    }

    private mutating func addChild(
        _ child: ChildRule, _ origin: TableOrigin, keys: [Int: String?]
    ) {
        let parent = tables[origin.table]
        let name =
            child.table
            ?? tableNames.name(
                for: (parent.name.isEmpty ? [] : [parent.name])
                    + (origin.path.isEmpty ? ["rows"] : origin.path))
        let index = tables.count
        begin(TableLayout(name: name, origin: origin, level: parent.level + 1), keys: keys)
        lay(child.element ?? .object([]), table: index, path: [], keys: keys)
    }

    /// The names that the mapping chooses come before those made from paths.
    private mutating func reserveTables(of rule: Rule) {
        switch rule {
        case .column, .ignore: break
        case .object(let fields): for field in fields { reserveTables(of: field.rule) }
        case .explode(let child), .map(let child, _):
            if let name = child.table { tableNames.take(name) }
            if let element = child.element { reserveTables(of: element) }
        }
    }

    // MARK: Columns

    /// Lays out what is declared of a table's value: first the columns whose names are given.
    private mutating func lay(_ rule: Rule, table: Int, path: [String], keys: [Int: String?]) {
        let declared = Self.columns(of: rule, at: path)
        // A key of a map above may have taken the name.
        let given = declared.compactMap(\.name).filter { tables[table].isFree($0) }
        for name in given { tables[table].reserve(name) }
        for (path, type, name) in declared {
            if let name, given.contains(name) {
                _ = tables[table].add(name, .field(path: path, type, .declared))
            } else {
                _ = tables[table].add(path, type, .declared)
            }
        }
        layChildren(of: rule, table: table, path: path, keys: keys)
    }

    private static func columns(
        of rule: Rule, at path: [String]
    ) -> [(path: [String], type: ColumnType, name: String?)] {
        switch rule {
        case .column(let type, let name): [(path, type, name)]
        case .object(let fields):
            fields.flatMap { columns(of: $0.rule, at: path + [$0.key]) }
        case .ignore, .explode, .map: []
        }
    }

    private mutating func layChildren(
        of rule: Rule, table: Int, path: [String], keys: [Int: String?]
    ) {
        switch rule {
        case .column, .ignore: break
        case .object(let fields):
            for field in fields {
                layChildren(of: field.rule, table: table, path: path + [field.key], keys: keys)
            }
        case .explode(let child):
            addChild(child, TableOrigin(table: table, path: path, container: .array), keys: keys)
        case .map(let child, let key):
            var keys = keys
            keys[tables[table].level + 1] = .some(key)
            addChild(child, TableOrigin(table: table, path: path, container: .object), keys: keys)
        }
    }
}
