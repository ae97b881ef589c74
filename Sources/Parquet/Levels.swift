internal import Columns

/// A leaf of a batch: its values without gaps, and which places of the rows they fill.
struct LeafColumn: Sendable {
    let leaf: Leaf
    let column: Column
    let levels: Levels

    /// Levels as Parquet means them (README of parquet-format, "Nested Encoding").
    enum Levels: Sendable {
        /// Every row has a value.
        case required(count: Int)
        /// A row has a value or not. Nothing lies above the column.
        case flat(Validity)
        case nested(Nested)
    }

    /// One definition and one repetition level for each value, null and empty list.
    struct Nested: Sendable {
        var definitions: [UInt8] = []
        var repetitions: [UInt8] = []
    }

    /// The number of levels.
    var levelCount: Int {
        switch levels {
        case .required(let count): count
        case .flat(let validity): validity.count
        case .nested(let nested): nested.definitions.count
        }
    }
}

/// Takes the columns of a batch apart into leaves.
enum Shredder {
    /// The leaves of `batch`, in the order of `schema`, which was made from the batch's schema.
    static func leaves(of batch: ColumnBatch, in schema: ParquetSchema) -> [LeafColumn] {
        var result: [LeafColumn] = []
        result.reserveCapacity(schema.leaves.count)
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            append(column, field, schema, &result)
        }
        assert(result.count == schema.leaves.count, "the schema has other leaves")
        return result
    }

    private static func append(
        _ column: Column, _ field: Field, _ schema: ParquetSchema, _ result: inout [LeafColumn]
    ) {
        precondition(
            field.isNullable || column.validity.nullCount == 0, "\(field.name) must not be null")
        if case .structure = column.values {
        } else if case .lists = column.values {
        } else {
            let levels: LeafColumn.Levels =
                field.isNullable
                ? .flat(column.validity) : .required(count: column.count)
            let leaf = schema.leaves[result.count]
            result.append(LeafColumn(leaf: leaf, column: column, levels: levels))
            return
        }
        let rows = LeafColumn.Nested(
            definitions: [UInt8](repeating: 0, count: column.count),
            repetitions: [UInt8](repeating: 0, count: column.count))
        descend(column, field, rows, Depth(), schema, &result)
    }

    private struct Depth {
        var definition: UInt8 = 0
        var repetition: UInt8 = 0
    }

    /// `levels` are those of the node above; its entries at `depth.definition` each have one place
    /// in `column`.
    private static func descend(
        _ column: Column, _ field: Field, _ levels: LeafColumn.Nested, _ depth: Depth,
        _ schema: ParquetSchema, _ result: inout [LeafColumn]
    ) {
        var levels = levels
        var depth = depth
        if field.isNullable { define(&levels, &depth, by: column.validity) }
        switch column.values {
        case .structure(let columns):
            for (child, childField) in zip(columns, column.type.children) {
                descend(child, childField, levels, depth, schema, &result)
            }
        case .lists(let ends, let columns):
            let (below, belowDepth) = repeated(levels, depth, ends)
            for (child, childField) in zip(columns, column.type.children) {
                descend(child, childField, below, belowDepth, schema, &result)
            }
        default:
            let leaf = schema.leaves[result.count]
            result.append(LeafColumn(leaf: leaf, column: column, levels: .nested(levels)))
        }
    }

    /// Raises the level of the entries whose place holds a value.
    private static func define(
        _ levels: inout LeafColumn.Nested, _ depth: inout Depth, by validity: Validity
    ) {
        var place = 0
        for index in levels.definitions.indices
        where levels.definitions[index] == depth.definition {
            if validity[place] { levels.definitions[index] += 1 }
            place += 1
        }
        precondition(place == validity.count, "\(place) places were found of \(validity.count)")
        depth.definition += 1
    }

    /// An entry for each element, and one for each list that is null or empty.
    private static func repeated(
        _ levels: LeafColumn.Nested, _ depth: Depth, _ ends: [Int]
    ) -> (LeafColumn.Nested, Depth) {
        let below = Depth(definition: depth.definition + 1, repetition: depth.repetition + 1)
        var result = LeafColumn.Nested()
        var list = 0
        var start = 0
        for index in levels.definitions.indices {
            let isList = levels.definitions[index] == depth.definition
            let count = isList ? ends[list] - start : 0
            result.repetitions.append(levels.repetitions[index])
            result.definitions.append(count > 0 ? below.definition : levels.definitions[index])
            for _ in 1..<max(count, 1) {
                result.repetitions.append(below.repetition)
                result.definitions.append(below.definition)
            }
            if isList {
                start = ends[list]
                list += 1
            }
        }
        return (result, below)
    }
}
