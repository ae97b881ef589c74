internal import Bytes
internal import Columns

/// Turns the values of tapes into rows of all tables.
///
/// A row is made in two steps. First the document is walked, and what was found for which field is
/// put on a stack; here every decision falls, so that the last of several equal keys can win. Then
/// the row is appended, which cannot fail. Child rows follow, deeper on the same stack. So a row is
/// appended whole or not at all, and nothing is allocated once the stacks have grown.
struct RowWriter: ~Copyable, Sendable {
    let plan: FlattenPlan
    let fields: Slots<PlanField>
    let landings: Slots<Landing>
    let depthMax: Int
    /// The columns of all tables. A column may be behind its table by the nulls at its end.
    var columns: Slots<ColumnBuilder>
    var rowCounts: [Int]
    /// The field that followed each field in the last document, and the first of each object.
    var following: Slots<Int32>
    var leading: Slots<Int32>
    /// For each field the row in which it was seen last, and where.
    var seen: Slots<Sighting>
    var row: UInt64 = 0
    var entries = Stack<Entry>()
    var quick = Stack<QuickValue>()
    var rescues: [Rescue] = []
    /// The place of the row in the arrays and maps above it, and the keys of those maps.
    var path: [Step] = []
    var place = Place(partition: 0, offset: 0, word: 0)
    var text = TextBuffer()
    var rescued = TextBuffer()
    var discoveries = Discoveries()
    /// For each field how many of its values were rescued, and those of fields it does not know.
    var rescueCounts: [Int]
    var undeclaredCounts: [Int]

    struct Sighting: BitwiseCopyable {
        let row: UInt64
        let value: Int
    }

    /// A value that was found for a field.
    struct Entry: BitwiseCopyable {
        let field: Int32
        let value: Int32
    }

    /// A value that lands in no column, and the object it is in; -1 for a table's own value.
    struct Rescue {
        let parent: Int32
        /// -1 when the mapping and the schema do not know it.
        let field: Int32
        let value: Int32
    }

    struct Step {
        let index: Int32
        /// The key's place on the tape; -1 in arrays.
        let key: Int32
    }

    init(_ plan: FlattenPlan, dictionaryBudget: Int) {
        self.plan = plan
        let fieldCount = plan.fields.count
        fields = Slots(plan.fields)
        depthMax = plan.mapping.depthMax
        landings = Slots(plan.columns.map(\.landing))
        columns = Slots(
            plan.columns.map { ColumnBuilder($0.type, dictionaryBudget: dictionaryBudget) })
        rowCounts = Array(repeating: 0, count: plan.tables.count)
        following = Slots(Array(repeating: -1, count: fieldCount))
        leading = Slots(Array(repeating: -1, count: fieldCount))
        seen = Slots(Array(repeating: Sighting(row: 0, value: 0), count: fieldCount))
        rescueCounts = Array(repeating: 0, count: fieldCount)
        undeclaredCounts = Array(repeating: 0, count: fieldCount)
    }

    // MARK: Rows

    /// Appends the rows of one document. Returns how many values were rescued.
    mutating func land(_ tape: Tape, partition: Int32, offset: Int64) -> Int {
        place = Place(partition: partition, offset: offset, word: 0)
        return landRow(table: 0, value: Tape.rootValue, tape)
    }

    /// Appends the row of the value at `value`, and the rows of the tables below it.
    private mutating func landRow(table: Int, value: Int, _ tape: Tape) -> Int {
        let base = entries.count
        row &+= 1
        visit(plan.roots[table], value, tape)
        let end = entries.count
        appendIdentity(table, tape)
        var hasChildren = false
        let rowCount = rowCounts[table]
        for place in base..<end {
            hasChildren = append(entries[place], to: rowCount, tape) || hasChildren
        }
        var rescuedCount = appendRescued(table, tape)
        rowCounts[table] += 1
        if hasChildren {
            for place in base..<end { rescuedCount += landChildren(entries[place], tape) }
        }
        entries.pop(to: base)
        return rescuedCount
    }

    private mutating func appendIdentity(_ table: Int, _ tape: Tape) {
        let start = plan.columnStarts[table]
        columns[start + PlanTable.partition].append(int32: place.partition)
        columns[start + PlanTable.offset].append(int64: place.offset)
        guard table > 0 else { return }
        for (level, step) in path.enumerated() {
            columns[start + PlanTable.firstIndex + level].append(int32: step.index)
        }
        for (level, column) in plan.tables[table].keys {
            columns[start + column].append(bytes: tape.string(Int(path[level - 1].key)))
        }
    }

    /// Appends a value to its column. Whether it is the container of child rows instead.
    @inline(__always)
    private mutating func append(_ entry: Entry, to rowCount: Int, _ tape: Tape) -> Bool {
        let column = Int(fields[Int(entry.field)].column)
        guard column >= 0 else { return true }
        let missing = rowCount &- columns[column].count
        if missing > 0 { columns[column].appendNulls(missing) }
        let isLanded = columns[column].land(
            Int(entry.value), of: tape, landings[column], scratch: &text)
        if !isLanded { rescue(entry.field, value: Int(entry.value)) }
        return false
    }

    // MARK: Children

    private mutating func landChildren(_ entry: Entry, _ tape: Tape) -> Int {
        let field = fields[Int(entry.field)]
        guard field.child >= 0, field.column < 0 else { return 0 }
        let container = Int(entry.value)
        let closing = tape.closing(of: container)
        let isMap = field.treatment.contains(.isMap)
        var word = container + 1
        var index: Int32 = 0
        var rescuedCount = 0
        while word < closing {
            let value = isMap ? word + 1 : word
            path.append(Step(index: index, key: isMap ? Int32(word) : -1))
            rescuedCount += landRow(table: Int(field.child), value: value, tape)
            path.removeLast()
            word = tape.end(of: value)
            index += 1
        }
        return rescuedCount
    }
}
