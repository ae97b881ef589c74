/// Takes rows, a value for each column, and hands them on as batches.
@usableFromInline
package struct BatchBuilder: Sendable {
    package let schema: Schema
    /// One builder for each column. Between rows all have the same number of places.
    ///
    /// WHY: usable from inline, so that an append does not go through an accessor of this module.
    @usableFromInline package var columns: [ColumnBuilder]

    package init(_ schema: Schema, dictionaryBudget: Int = ColumnBuilder.dictionaryBudgetDefault) {
        self.schema = schema
        columns = schema.fields.map {
            ColumnBuilder($0.type, dictionaryBudget: dictionaryBudget)
        }
    }

    /// The number of whole rows.
    @inlinable package var rowCount: Int { columns.first?.count ?? 0 }

    /// About what the rows take in memory.
    package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }

    /// The rows so far; afterwards there are none.
    package mutating func take() -> ColumnBatch {
        let rowCount = rowCount
        let taken = columns.indices.map { columns[$0].take() }
        return ColumnBatch(schema: schema, columns: taken, rowCount: rowCount)
    }
}
