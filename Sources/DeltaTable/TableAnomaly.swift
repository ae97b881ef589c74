/// Something another did to a table that appends, compactions and new columns do not explain.
///
/// What to do about it is not for us to decide: each says that rows which a cursor claims may not
/// be there, or be there by another history.
package enum TableAnomaly: Equatable, Sendable {
    /// There is another table, with this identity, in its place.
    case recreated(tableID: String)
    /// The log ends before the version that we name: an older copy was put in its place.
    case wentBack(version: Int64)
    /// The commit at that version is not the one we name.
    case commitReplaced(version: Int64)
    /// The cursor of an application has gone, or is behind where we left it.
    case cursorMovedBack(application: String, version: Int64?)
    /// A version whose commit has been cleaned up, so that nobody can tell what was between.
    case historyGone(version: Int64)
    /// The table was set back to an earlier state.
    case restored(version: Int64)
    /// All rows were replaced.
    case overwritten(version: Int64)
    /// Files that had been removed before were removed once more, so that what was written in their
    /// place is there twice: delta-rs does so when another compaction was faster than its own.
    case removedTwice(version: Int64)
    /// Some rows were deleted, updated or merged, by this operation.
    case rowsChanged(version: Int64, operation: String)
}

extension TableAnomaly: CustomStringConvertible {
    /// What happened and at which version, as part of a sentence.
    package var description: String {
        switch self {
        case .recreated(let id): "another table (\(id)) is in its place"
        case .wentBack(let version): "the table ends at version \(version), before what we know"
        case .commitReplaced(let version): "version \(version) is not the commit we made"
        case .cursorMovedBack(let application, let version):
            "the cursor of \(application) is at \(version.map(String.init) ?? "no version")"
        case .historyGone(let version): "the commit of version \(version) is no longer there"
        case .restored(let version): "version \(version) restored an earlier state"
        case .overwritten(let version): "version \(version) replaced all rows"
        case .removedTwice(let version):
            "version \(version) removed files a second time: rows are there twice"
        case .rowsChanged(let version, let operation):
            "version \(version) (\(operation)) changed rows"
        }
    }
}

extension Table {
    /// What others did since `position`, up to the newest version that has been read.
    ///
    /// `marks` are the cursors as they stood there. Gravest first; empty when nothing has happened
    /// that a follower of the table has to know.
    package func anomalies(
        since position: TablePosition, marks: [TransactionMark] = []
    ) async throws(TableError) -> [TableAnomaly] {
        guard state.metadata.id == position.tableID else {
            return [.recreated(tableID: state.metadata.id)]
        }
        var found: [TableAnomaly] = []
        if version < position.version { found.append(.wentBack(version: version)) }
        let log = LogReader(storage: storage)
        if version >= position.version, let ours = position.transactionID {
            if let bytes = try await log.read(LogPath.commit(position.version)) {
                if CommitFile.transactionID(of: bytes) != ours {
                    found.append(.commitReplaced(version: position.version))
                }
            } else {
                found.append(.historyGone(version: position.version))
            }
        }
        for mark in marks {
            let reached = transaction(of: mark.application)
            if (reached ?? .min) < mark.version {
                found.append(
                    .cursorMovedBack(application: mark.application, version: reached))
            }
        }
        guard version > position.version else { return found }
        var removed: Set<FileKey> = []
        for later in position.version + 1...version {
            guard let actions = try await log.commitIfPresent(later) else {
                // The older ones go first, so this is said once.
                if !found.contains(.historyGone(version: position.version)) {
                    found.append(.historyGone(version: later))
                }
                continue
            }
            if let anomaly = Self.anomaly(in: actions, at: later) { found.append(anomaly) }
            if Self.isRemovingTwice(actions, &removed) {
                found.append(.removedTwice(version: later))
            }
        }
        return found
    }

    /// Whether a commit takes away what those before it, and no other since, have taken away.
    private static func isRemovingTwice(
        _ actions: [Action], _ removed: inout Set<FileKey>
    ) -> Bool {
        var isTwice = false
        for case .remove(let file) in actions {
            if !removed.insert(file.key).inserted { isTwice = true }
        }
        for case .add(let file) in actions { removed.remove(file.key) }
        return isTwice
    }

    private static func anomaly(in actions: [Action], at version: Int64) -> TableAnomaly? {
        var operation = ""
        var mode = ""
        var isRemoving = false
        for action in actions {
            switch action {
            case .commitInfo(let info):
                operation = info["operation"]?.text ?? ""
                mode = info["operationParameters"]?["mode"]?.text ?? ""
            case .remove(let file): if file.isDataChange { isRemoving = true }
            default: break
            }
        }
        let upper = operation.uppercased()
        if upper == "RESTORE" { return .restored(version: version) }
        let isOverwrite =
            mode.uppercased() == "OVERWRITE" || upper.contains("REPLACE TABLE")
            || upper.hasPrefix("TRUNCATE")
        if isOverwrite { return .overwritten(version: version) }
        return isRemoving ? .rowsChanged(version: version, operation: operation) : nil
    }

    /// Where the table is now, to be named later.
    package func position() async throws(TableError) -> TablePosition {
        if let last, last.position.version == version { return last.position }
        let bytes = try await LogReader(storage: storage).read(LogPath.commit(version))
        return TablePosition(
            tableID: state.metadata.id, version: version,
            transactionID: bytes.flatMap(CommitFile.transactionID))
    }

    /// The version of the commit that named itself so, among those after `version`; nil when there
    /// is none. Answers what became of a commit whose storage failed.
    package func version(
        ofTransaction id: String, after version: Int64
    ) async throws(TableError) -> Int64? {
        let log = LogReader(storage: storage)
        var next = version + 1
        while let bytes = try await log.read(LogPath.commit(next)) {
            if CommitFile.transactionID(of: bytes) == id { return next }
            next += 1
        }
        return nil
    }
}
