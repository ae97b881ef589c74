/// Reads the log of a table.
///
/// The hint in `_last_checkpoint` is not asked: the listing tells more, and cannot be stale, torn
/// or lying.
struct LogReader<Storage: TableStorage>: Sendable {
    let storage: Storage

    /// The state at the newest version, and the version of the checkpoint it was read from.
    func state() async throws(TableError) -> (state: TableState, checkpoint: Int64?) {
        try await state(at: .max)
    }

    /// The state at `version`, or at the newest one below it that there is.
    func state(
        at version: Int64
    ) async throws(TableError) -> (state: TableState, checkpoint: Int64?) {
        let names = try await names()
        var builder = TableState.Builder()
        let start = try await newestCheckpoint(
            names, upTo: version, CheckpointReader.stateColumns)
        if let start { builder.apply(start.actions, of: start.version) }
        for next in try commits(in: names, after: start?.version ?? -1) where next <= version {
            builder.apply(try await commit(next), of: next)
        }
        do { return (try builder.finish(), start?.version) } catch { throw .damaged(error) }
    }

    /// The files at `version`.
    func files(at version: Int64) async throws(TableError) -> FileSet {
        let names = try await names()
        var files = FileSet()
        let start = try await newestCheckpoint(
            names, upTo: version, CheckpointReader.fileColumns)
        if let start { files.apply(start.actions) }
        for commitVersion in try commits(in: names, after: start?.version ?? -1)
        where commitVersion <= version {
            files.apply(try await commit(commitVersion))
        }
        return files
    }

    /// The version that is meant.
    func version(at place: LogPlace) async throws(TableError) -> Int64 {
        let newest = try await state().state
        switch place {
        case .newest: return newest.version
        case .version(let version):
            let oldest = try await oldestVersion()
            guard version >= oldest, version <= newest.version else {
                throw .damaged(
                    .noVersion(version, oldest: oldest, newest: newest.version))
            }
            return version
        case .time(let time):
            let versions = try await commitVersions()
            let inCommits =
                newest.metadata.properties["delta.enableInCommitTimestamps"] == "true"
            let times = try await CommitTimes(self, versions, inCommits: inCommits)
            guard let version = times.version(at: time),
                case let oldest = try await oldestVersion(), version >= oldest
            else { throw .damaged(.nothingBefore(time)) }
            return version
        }
    }

    /// The versions whose commits are there, in order.
    func commitVersions() async throws(TableError) -> [Int64] {
        try await names().compactMap(LogPath.commitVersion)
    }

    /// The oldest version whose state can still be read.
    private func oldestVersion() async throws(TableError) -> Int64 {
        let names = try await names()
        let commits = names.compactMap(LogPath.commitVersion)
        if commits.first == 0 { return 0 }
        return CheckpointFiles.all(in: names).last?.version ?? 0
    }

    /// The actions of a commit that has to be there.
    func commit(_ version: Int64) async throws(TableError) -> [Action] {
        guard let actions = try await commitIfPresent(version) else {
            throw .damaged(.missingCommit(version: version))
        }
        return actions
    }

    func commitIfPresent(_ version: Int64) async throws(TableError) -> [Action]? {
        guard let bytes = try await read(LogPath.commit(version)) else { return nil }
        return try CommitFile.decode(bytes, version: version)
    }

    func read(_ path: String) async throws(TableError) -> [UInt8]? {
        do { return try await storage.read(path) } catch { throw .storage(error) }
    }

    // MARK: The listing

    func names() async throws(TableError) -> [String] {
        let names: [String]
        do { names = try await storage.names(in: LogPath.directory) } catch {
            throw .storage(error)
        }
        // A commit that was never given its name is none.
        let isThere = names.contains {
            LogPath.version($0.prefix(20)) != nil && !$0.hasSuffix(".tmp")
        }
        guard isThere else {
            throw .noTable
        }
        return names
    }

    /// The versions of the commits behind `version`, without a gap.
    private func commits(
        in names: [String], after version: Int64
    ) throws(TableError) -> [Int64] {
        let versions = names.compactMap(LogPath.commitVersion).filter { $0 > version }
        for (expected, found) in zip((version + 1)..., versions) where expected != found {
            throw .damaged(.missingCommit(version: expected))
        }
        return versions
    }

    // MARK: Checkpoints

    /// The newest checkpoint that can be read; nil when there is none.
    ///
    /// An unreadable one is passed over where the commits reach back far enough without it.
    private func newestCheckpoint(
        _ names: [String], upTo version: Int64, _ columns: Set<String>
    ) async throws(TableError) -> (version: Int64, actions: [Action])? {
        let checkpoints = CheckpointFiles.all(in: names).filter { $0.version <= version }
        for checkpoint in checkpoints {
            if let actions = try await actions(of: checkpoint, columns) {
                return (checkpoint.version, actions)
            }
        }
        guard let newest = checkpoints.first, LogPath.commitVersion(names.min() ?? "") != 0 else {
            return nil
        }
        throw .damaged(.unreadableCheckpoint(version: newest.version))
    }

    /// Whether a checkpoint can be read, with everything that belongs to it.
    func canRead(_ checkpoint: CheckpointFiles) async throws(TableError) -> Bool {
        let columns = CheckpointReader.stateColumns.union(CheckpointReader.fileColumns)
        return try await actions(of: checkpoint, columns) != nil
    }

    /// Nil when it cannot be read as a checkpoint.
    private func actions(
        of checkpoint: CheckpointFiles, _ columns: Set<String>
    ) async throws(TableError) -> [Action]? {
        var lines: [JSON] = []
        for name in checkpoint.names {
            guard let found = try await self.lines(
                of: LogPath.directory + "/" + name, at: checkpoint.version, columns)
            else { return nil }
            lines += found
        }
        for sidecar in lines.compactMap({ $0["sidecar"]?["path"]?.text }) {
            let path = LogPath.directory + "/_sidecars/" + PathEncoding.decoded(sidecar)
            guard let found = try await self.lines(of: path, at: checkpoint.version, columns)
            else { return nil }
            lines += found
        }
        var actions: [Action] = []
        for line in lines where line["sidecar"] == nil {
            do {
                guard let action = try Action(line) else { return nil }
                actions.append(action)
            } catch { throw .schema(error) }
        }
        return actions
    }

    private func lines(
        of path: String, at version: Int64, _ columns: Set<String>
    ) async throws(TableError) -> [JSON]? {
        if path.hasSuffix(".json") {
            guard let bytes = try await read(path) else { return nil }
            let lines = bytes.split(separator: UInt8(ascii: "\n"))
            let parsed = lines.compactMap { try? JSON(parsing: $0) }
            guard parsed.count == lines.count else { return nil }
            return parsed.filter { line in columns.contains { line[$0] != nil } }
        }
        do {
            return try await CheckpointReader.actions(
                of: path, at: version, in: storage, columns: columns)
        } catch { throw .storage(error) }
    }
}
