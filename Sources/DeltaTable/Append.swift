package import Columns

/// Rows to be added to a table in one commit, with the cursors that move with them.
package struct Append: Equatable, Sendable {
    /// Complete and durable before the commit is tried.
    package var files: [AddFile]
    /// How far applications have got with this commit. A commit with nothing else is legal.
    package var transactions: [TransactionMark]
    /// Columns that the files have and the table may not.
    package var newFields: [Field]
    /// The columns that the files were written with, partition columns included.
    package var schema: Schema
    /// Members of our own for `commitInfo`.
    package var info: [JSON.Member]

    /// `files` may be empty, for a commit that does nothing but move cursors.
    package init(
        files: [AddFile], transactions: [TransactionMark] = [], newFields: [Field] = [],
        schema: Schema, info: [JSON.Member] = []
    ) {
        self.files = files
        self.transactions = transactions
        self.newFields = newFields
        self.schema = schema
        self.info = info
    }
}

/// How a commit ended. Losing to another writer is an answer, not an error.
package enum CommitOutcome: Equatable, Sendable {
    case committed(CommitReceipt)
    /// Nothing of it is in the table, and it cannot be repeated as it is.
    case refused(Conflict)
}

/// Where a commit landed, after it was read back, and what it met on the way.
package struct CommitReceipt: Equatable, Sendable {
    /// Where the commit can be found again.
    package let position: TablePosition
    /// How many versions other writers took first.
    package var lostRaceCount = 0
    /// Versions at which a foreign writer put its commit over one of ours, which was committed
    /// again.
    package var overwrittenVersions: [Int64] = []

    /// The version that the commit made.
    package var version: Int64 { position.version }
}

/// A commit of a table, named so that it can be told from another at its place.
package struct TablePosition: Equatable, Sendable {
    /// The table's identity from its metadata: another one is another table.
    package let tableID: String
    /// Versions count from 0, without gaps.
    package let version: Int64
    /// Nil for a commit that names none.
    package let transactionID: String?

    /// A position noted earlier, to be compared with the table as it is now.
    package init(tableID: String, version: Int64, transactionID: String?) {
        self.tableID = tableID
        self.version = version
        self.transactionID = transactionID
    }
}

/// Why a change does not go with what other writers did.
package enum Conflict: Equatable, Sendable {
    /// The application has got further, or as far, by another commit.
    case transactionMoved(application: String, version: Int64)
    /// The table has no such column any more, or one of another type, or demands it.
    case columnChanged(String)
    /// There is another table, or another partitioning, in its place.
    case tableReplaced
    case featureRefused(FeatureRefusal)
    /// A file that was to be taken away is gone, or fewer of its rows are left.
    case fileRemoved(String)
    /// Somebody has changed the rows that were all to be replaced.
    case rowsChanged(Int64)
    /// Somebody has changed what the table is.
    case metadataChanged(Int64)
    /// A commit of ours was overwritten, and does not go with the table any more. The table's own
    /// cursors say where to go on.
    case ownCommitLost(Int64)
}

extension Conflict: CustomStringConvertible {
    /// What the other writer did, as part of a sentence.
    package var description: String {
        switch self {
        case .transactionMoved(let application, let version):
            "another commit has moved the cursor of \(application) to \(version)"
        case .columnChanged(let name):
            "the column \(name) is no longer there, or has another type"
        case .tableReplaced: "there is another table, or another partitioning, in its place"
        case .featureRefused(let refusal): refusal.description
        case .fileRemoved(let path): "another writer has removed or changed \(path)"
        case .rowsChanged(let version): "another writer has changed rows in version \(version)"
        case .metadataChanged(let version):
            "another writer has changed the table's schema or properties in version \(version)"
        case .ownCommitLost(let version):
            "another writer has put its commit over ours at version \(version)"
        }
    }
}

/// Decides whether an append goes with the state of a table that others may have changed.
enum ConflictCheck {
    static func conflict(of append: Append, with state: TableState, since old: TableState)
        -> Conflict?
    {
        guard state.metadata.id == old.metadata.id,
            state.metadata.partitionColumns == old.metadata.partitionColumns
        else { return .tableReplaced }
        if let moved = conflict(of: append.transactions, with: state, since: old) { return moved }
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
        for field in state.metadata.schema.schema.fields
        where !field.isNullable && append.schema.index(of: field.name) == nil {
            return .columnChanged(field.name)
        }
        do { try FeatureCheck.checkAppend(to: state.proto, state.metadata) } catch {
            return .featureRefused(error)
        }
        return nil
    }

    /// Whether another commit has moved a cursor that is to be moved.
    static func conflict(
        of marks: [TransactionMark], with state: TableState, since old: TableState
    ) -> Conflict? {
        for mark in marks {
            if let reached = state.transactions[mark.application], reached.version >= mark.version {
                return .transactionMoved(application: mark.application, version: reached.version)
            }
            // WHY: somebody who moves our cursor back is a twin of ours, or means to replay.
            guard state.transactions[mark.application] == old.transactions[mark.application] else {
                let reached = state.transactions[mark.application]?.version ?? -1
                return .transactionMoved(application: mark.application, version: reached)
            }
        }
        return nil
    }
}
