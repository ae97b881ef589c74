internal import Bytes
package import Columns

/// The columns of all tables of a pipeline, compiled for a walk over documents.
///
/// Immutable, and shared by all tasks that flatten under the same schema. The fields of a table
/// stand in preorder, so that all that is below a field follows it.
package struct FlattenPlan: Sendable {
    /// What the plan was compiled from.
    package let growth: SchemaGrowth
    /// The columns of each table, the parent first.
    package let schemas: [Schema]
    let fields: [PlanField]
    let columns: [PlanColumn]
    /// For each table the first of its columns, and behind the last table's the end.
    let columnStarts: [Int]
    /// For each table its own value's field.
    let roots: [Int32]
    let tables: [PlanTable]
    let keys: [UInt8]
    let index: FieldIndex

    /// Compiles the tables as they are now.
    package init(_ growth: SchemaGrowth) {
        self.growth = growth
        schemas = growth.tables.map(\.schema)
        var compiler = PlanCompiler(growth)
        compiler.compile()
        fields = compiler.fields
        columns = compiler.columns
        columnStarts = compiler.columnStarts
        roots = compiler.roots
        tables = compiler.tables
        keys = compiler.keys
        index = FieldIndex(fields, keys)
    }

    var mapping: Mapping { growth.mapping }

    /// The keys that lead to a field from its table's value.
    func path(of field: Int32) -> [String] {
        var path: [String] = []
        var field = field
        while fields[Int(field)].parent >= 0 {
            path.append(key(of: field))
            field = fields[Int(field)].parent
        }
        return path.reversed()
    }

    func key(of field: Int32) -> String {
        String(utf8: keys[fields[Int(field)].keyRange].rawSpan)
    }
}

/// Where a table's own columns lie among its columns.
struct PlanTable: Sendable {
    var level = 0
    /// The columns of the keys of the maps above, by their place in the row's path.
    var keys: [(level: Int, column: Int)] = []
    var rescued = 0
    /// Whether fields that have no column may still get one.
    var hasRoom = false

    static let partition = 1
    static let offset = 2
    static let firstIndex = 3
}
