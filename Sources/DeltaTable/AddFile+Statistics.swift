extension AddFile {
    /// How many rows the file has, those that a deletion vector takes away included; nil when its
    /// writer did not say.
    package var rowCount: Int64? { statisticsJSON?["numRecords"]?.integer }

    /// How many of its rows belong to the table; nil when that is not said.
    package var liveRowCount: Int64? {
        guard let rowCount else { return nil }
        guard let deletionVector else { return rowCount }
        guard let deleted = deletionVector["cardinality"]?.integer else { return nil }
        return rowCount &- deleted
    }

    /// The smallest and the largest value of a column of integers; nil where they are not said.
    package func bounds(of column: String) -> ClosedRange<Int64>? {
        let statistics = statisticsJSON
        guard let low = statistics?["minValues"]?[column]?.integer,
            let high = statistics?["maxValues"]?[column]?.integer, low <= high
        else { return nil }
        return low...high
    }

    /// What the `add` says of its file's rows.
    var statisticsJSON: JSON? { statistics.flatMap { try? JSON(parsing: $0) } }
}
