/// Why a pipeline does not go on by itself: a table and the log say different things, and what to
/// believe is the operator's choice.
package enum Anomaly: Error, Equatable, Sendable {
    /// There is no table where there was one.
    case missing
    /// There is another table in its place.
    case recreated(tableID: String)
    /// The table was set back to an earlier state.
    case restored(version: Int64)
    /// All rows were replaced.
    case overwritten(version: Int64)
    /// Somebody put another commit in the place of one of ours.
    case commitReplaced(version: Int64)
    /// The table has lost its word on how far a partition has got.
    case cursorGone(partition: UInt32)
    /// Somebody moved the table's cursor.
    case cursorMoved(partition: UInt32, table: Int64, log: Int64)
    /// The table has events that the log does not have yet: an old copy of the store was opened.
    case logBehindTable(partition: UInt32, table: Int64, log: Int64)
    /// A column of the table has another type than the mapping gives it.
    case columnChanged(String)

    /// One word for metrics and commands.
    package var name: String {
        switch self {
        case .missing: "missing"
        case .recreated: "recreated"
        case .restored: "restored"
        case .overwritten: "overwritten"
        case .commitReplaced: "commit-replaced"
        case .cursorGone: "cursor-gone"
        case .cursorMoved: "cursor-moved"
        case .logBehindTable: "log-behind-table"
        case .columnChanged: "column-changed"
        }
    }
}

extension Anomaly: CustomStringConvertible {
    /// What was found, as part of a sentence about the table.
    package var description: String {
        switch self {
        case .missing: "there is no table any more"
        case .recreated(let id): "another table (\(id)) is in its place"
        case .restored(let version): "it was restored to an earlier state (version \(version))"
        case .overwritten(let version): "all its rows were replaced (version \(version))"
        case .commitReplaced(let version):
            "another writer put its commit over ours (version \(version))"
        case .cursorGone(let partition):
            "it has lost how far partition \(partition) has got"
        case .cursorMoved(let partition, let table, let log):
            "it says \(table) of partition \(partition) where the log says \(log)"
        case .logBehindTable(let partition, let table, let log):
            "it has partition \(partition) up to \(table), and the log ends at \(log)"
        case .columnChanged(let name):
            "its column \(name) has another type than the mapping gives it"
        }
    }
}

/// What an operator may choose when a pipeline has stopped at an anomaly.
package enum Choice: String, CaseIterable, Sendable {
    /// Make all rows anew from the log, as far as it is still there, and put them in place at once.
    case rebuild
    /// The log is right: go on behind its position, whatever the table has.
    case `continue`
    /// The table is right: go on where its cursors are.
    case accept
}

/// A pipeline that waits for a choice.
package struct Pause: Error, Equatable, Sendable {
    /// The table's name after the parent's: empty for the parent itself.
    package let table: String
    /// What was found there.
    package let anomaly: Anomaly

    /// A pause because of what was found in the table with that suffix.
    package init(_ anomaly: Anomaly, at table: String) {
        self.table = table
        self.anomaly = anomaly
    }
}

extension Pause: CustomStringConvertible {
    /// What was found, and the words that an operator may choose from.
    package var description: String {
        "the table\(table.isEmpty ? "" : " '\(table)'") is not as it was left: \(anomaly); choose "
            + Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
