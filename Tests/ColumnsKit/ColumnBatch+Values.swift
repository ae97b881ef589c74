package import Columns

extension ColumnBatch {
    /// The values, row by row.
    package var values: [[ColumnValue]] {
        var cursors = columns.map { ColumnCursor($0) }
        return (0..<rowCount).map { _ in cursors.indices.map { cursors[$0].next() } }
    }
}
