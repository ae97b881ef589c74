/// Takes rows, a value for each column, and hands them on as batches.
///
///     builder[0].append(int64: 7)        a column that a row passes by is null in it
///     builder[2].append(bytes: text)
///     builder.endRow()                   or discardRow(): the row has left no trace
///
/// A column that is passed by costs nothing until its next value, so rows may have few of many
/// columns.
@usableFromInline
package struct BatchBuilder: Sendable {
    /// The columns of the rows; `add` puts more behind them.
    package private(set) var schema: Schema
    /// Some may have fewer places than there are rows; the missing ones are null.
    @usableFromInline var columns: [ColumnBuilder]
    /// The number of rows that have ended.
    @usableFromInline package internal(set) var rowCount = 0
    private let dictionaryBudget: Int

    /// No rows yet. A string column keeps up to `dictionaryBudget` bytes of strings once each.
    package init(_ schema: Schema, dictionaryBudget: Int = ColumnBuilder.dictionaryBudgetDefault) {
        self.schema = schema
        self.dictionaryBudget = dictionaryBudget
        columns = schema.fields.map {
            ColumnBuilder($0.type, dictionaryBudget: dictionaryBudget)
        }
    }

    // MARK: A row

    /// The builder of a column, ready for its place in the current row.
    @inlinable package subscript(column: Int) -> ColumnBuilder {
        _read { yield columns[column] }
        _modify {
            columns[column].appendNulls(upTo: rowCount)
            yield &columns[column]
        }
    }

    /// Whether the column has its place in the current row already.
    @inlinable package func isSet(_ column: Int) -> Bool { columns[column].count > rowCount }

    /// Takes the column's place in the current row back, and what was appended below for a group
    /// that was not completed.
    package mutating func unset(_ column: Int) {
        columns[column].truncate(to: min(columns[column].count, rowCount))
    }

    /// Ends the current row. Columns without a place in it are null.
    @inlinable package mutating func endRow() { rowCount &+= 1 }

    /// Takes back all that was appended since the last row ended.
    package mutating func discardRow() {
        for column in columns.indices { unset(column) }
    }

    // MARK: Between rows

    /// Adds a column behind the others, null in all rows so far.
    package mutating func add(_ field: Field) {
        schema.fields.append(field)
        columns.append(ColumnBuilder(field.type, dictionaryBudget: dictionaryBudget))
    }

    /// The rows so far; afterwards there are none, and the columns are the same.
    ///
    /// The memory goes with the batch, nothing is copied and nothing is kept.
    package mutating func take() -> ColumnBatch {
        let taken = columns.indices.map { column in
            columns[column].appendNulls(upTo: rowCount)
            precondition(
                columns[column].count == rowCount,
                "\(schema.fields[column].name) has a place in a row that has not ended")
            return columns[column].take()
        }
        defer { rowCount = 0 }
        return ColumnBatch(schema: schema, columns: taken, rowCount: rowCount)
    }

    /// What the rows take in memory, with what is reserved for more. Looks at each column.
    package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }
}
