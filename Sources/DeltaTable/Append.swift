package import Columns

/// Rows to be added to a table in one commit, with the cursors that move with them.
package struct Append: Equatable, Sendable {
    package var files: [AddFile]
    /// How far applications have got with this commit. A commit with nothing else is legal.
    package var transactions: [TransactionMark]
    /// Columns that the files have and the table may not.
    package var newFields: [Field]
    /// The columns that the files were written with, partition columns included.
    package var schema: Schema

    package init(
        files: [AddFile], transactions: [TransactionMark] = [], newFields: [Field] = [],
        schema: Schema
    ) {
        self.files = files
        self.transactions = transactions
        self.newFields = newFields
        self.schema = schema
    }
}

/// How a commit ended. Losing to another writer is an answer, not an error.
package enum CommitOutcome: Equatable, Sendable {
    case committed(CommitReceipt)
    /// Nothing of it is in the table, and it cannot be repeated as it is.
    case refused(Conflict)
}

package struct CommitReceipt: Equatable, Sendable {
    package let version: Int64
    /// How many versions other writers took first.
    package var lostRaceCount = 0
    /// Versions at which a foreign writer put its commit over one of ours, which was committed
    /// again.
    package var overwrittenVersions: [Int64] = []
}

/// Why an append does not go with what other writers did.
package enum Conflict: Equatable, Sendable {
    /// The application has got further, or as far, by another commit.
    case transactionMoved(application: String, version: Int64)
    /// The table has no such column any more, or one of another type.
    case columnChanged(String)
    /// There is another table, or another partitioning, in its place.
    case tableReplaced
    case featureRefused(FeatureRefusal)
}

/// Decides whether an append goes with the state of a table that others may have changed.
enum ConflictCheck {
    static func conflict(of append: Append, with state: TableState, since old: TableState)
        -> Conflict?
    {
        guard state.metadata.id == old.metadata.id,
            state.metadata.partitionColumns == old.metadata.partitionColumns
        else { return .tableReplaced }
        for mark in append.transactions {
            if let reached = state.transactions[mark.application], reached.version >= mark.version {
                return .transactionMoved(application: mark.application, version: reached.version)
            }
            // WHY: somebody who moves our cursor back is a twin of ours, or means to replay.
            guard state.transactions[mark.application] == old.transactions[mark.application] else {
                let reached = state.transactions[mark.application]?.version ?? -1
                return .transactionMoved(application: mark.application, version: reached)
            }
        }
        for field in append.schema.fields {
            let isNew = append.newFields.contains { $0.name == field.name }
            guard let index = state.metadata.schema.schema.index(of: field.name) else {
                if isNew { continue }
                return .columnChanged(field.name)
            }
            guard state.metadata.schema.schema.fields[index].type == field.type else {
                return .columnChanged(field.name)
            }
        }
        do { try FeatureCheck.checkAppend(to: state.proto, state.metadata) } catch {
            return .featureRefused(error)
        }
        return nil
    }
}
