internal import Columns

/// What a change does to the table as it is now, kept up to date while others commit.
struct CommitPlan {
    private let change: Change
    /// The files that the change takes away.
    private var removed: [AddFile] = []
    private var removedKeys: Set<FileKey> = []
    /// What others did to the files since the change was made up.
    private var conflict: Conflict?

    init(
        _ change: Change, _ log: LogReader<some TableStorage>, _ state: TableState
    ) async throws(TableError) {
        self.change = change
        guard case .edit(let edit) = change else { return }
        switch edit.removed {
        case .files(let files):
            remove(files)
            guard edit.basis != state.version, !files.isEmpty else { return }
            let live = try await log.files(at: state.version).live
            conflict = files.first { live[$0.key] == nil }.map { .fileRemoved($0.path) }
        case .everything:
            remove(try await log.files(at: state.version).liveFiles)
            guard edit.basis < state.version else { return }
            for version in edit.basis + 1...state.version {
                note(
                    ForeignCommit(version: version, actions: try await log.commit(version)))
            }
        }
    }

    private mutating func remove(_ files: [AddFile]) {
        removed = files
        removedKeys = Set(files.map(\.key))
    }

    /// Takes in what somebody has committed.
    mutating func note(_ commit: ForeignCommit) {
        guard case .edit(let edit) = change else { return }
        for action in commit.actions {
            switch action {
            case .metadata, .proto: conflict = conflict ?? .metadataChanged(commit.version)
            case .add(let file):
                if edit.removed == .everything {
                    if file.isDataChange { conflict = conflict ?? .rowsChanged(commit.version) }
                    if removedKeys.insert(file.key).inserted { removed.append(file) }
                }
            case .remove(let file):
                if edit.removed == .everything {
                    if file.isDataChange { conflict = conflict ?? .rowsChanged(commit.version) }
                    if removedKeys.remove(file.key) != nil {
                        removed.removeAll { $0.key == file.key }
                    }
                } else if removedKeys.contains(file.key) {
                    conflict = conflict ?? .fileRemoved(file.path)
                }
            case .transaction, .domain, .commitInfo, .other: break
            }
        }
    }

    /// Why the change does not go with the state that others have made of `old`; nil when it does.
    func conflict(with state: TableState, since old: TableState) -> Conflict? {
        switch change {
        case .append(let append):
            ConflictCheck.conflict(of: append, with: state, since: old)
        case .edit(let edit):
            conflict
                ?? ConflictCheck.conflict(of: edit.transactions, with: state, since: old)
        }
    }

    /// The commit that follows `state`.
    func actions(
        on state: TableState, at now: Int64, _ transactionID: String
    ) throws(TableError) -> [Action] {
        let metadata: Metadata?
        do { metadata = try self.metadata(on: state) } catch { throw .schema(error) }
        let info = CommitInfo.json(of: change, removing: removed, state, at: now, transactionID)
        var actions: [Action] = [.commitInfo(info)]
        if let metadata { actions.append(.metadata(metadata)) }
        for var mark in change.transactions {
            mark.lastUpdated = now
            actions.append(.transaction(mark))
        }
        guard case .edit(let edit) = change else { return actions + change.files.map(Action.add) }
        for file in removed {
            actions.append(.remove(RemoveFile(file, at: now, isDataChange: edit.isDataChange)))
        }
        for var file in edit.added {
            file.isDataChange = edit.isDataChange
            actions.append(.add(file))
        }
        return actions
    }

    /// What the table is to be, where it is to be something else than it is.
    private func metadata(on state: TableState) throws(SchemaError) -> Metadata? {
        switch change {
        case .append(let append):
            let schema = try state.metadata.schema.adding(append.newFields)
            return schema == state.metadata.schema ? nil : state.metadata.with(schema)
        case .edit(let edit):
            guard let definition = edit.definition else { return nil }
            let replaced = try definition.metadata(replacing: state.metadata)
            return replaced == state.metadata ? nil : replaced
        }
    }
}
