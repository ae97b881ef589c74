/// The names that a mapping chooses itself.
///
/// They are taken as they are, so two that collide are a mistake; names made from paths give way.
enum MappingNames {
    static let byteCountMax = 128

    static func isGood(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, first != "_",
            name.utf8.count <= byteCountMax
        else { return false }
        return name.unicodeScalars.allSatisfy(ColumnNames.isKept)
    }

    static func check(_ mapping: Mapping) throws(MappingError) {
        var tables: Set<String> = []
        var columns: Set<String> = []
        for field in mapping.fields {
            let path = ["fields", field.key]
            try check(field.rule, at: path, columns: &columns, tables: &tables)
        }
    }

    private static func check(
        _ rule: Rule, at path: [String], columns: inout Set<String>, tables: inout Set<String>
    ) throws(MappingError) {
        switch rule {
        case .column(_, let name): try insert(name, into: &columns, path + ["column"])
        case .ignore: break
        case .object(let fields):
            for field in fields {
                try check(
                    field.rule, at: path + ["fields", field.key], columns: &columns,
                    tables: &tables)
            }
        case .explode(let child):
            try check(child, key: nil, at: path, tables: &tables)
        case .map(let child, let key):
            try check(child, key: key, at: path, tables: &tables)
        }
    }

    /// A child table's columns are names of their own; its table is one among all tables.
    private static func check(
        _ child: ChildRule, key: String?, at path: [String], tables: inout Set<String>
    ) throws(MappingError) {
        try insert(child.table, into: &tables, path + ["table"])
        var columns: Set<String> = []
        try insert(key, into: &columns, path + ["key"])
        guard let element = child.element else { return }
        if case .object(let fields) = element {
            for field in fields {
                try check(
                    field.rule, at: path + ["fields", field.key], columns: &columns,
                    tables: &tables)
            }
        } else {
            try check(element, at: path + ["element"], columns: &columns, tables: &tables)
        }
    }

    private static func insert(
        _ name: String?, into names: inout Set<String>, _ path: [String]
    ) throws(MappingError) {
        guard let name else { return }
        guard names.insert(name.lowercased()).inserted else {
            throw MappingError(path, .sameName(name))
        }
    }
}
