internal import DeltaTable
internal import StreamLog
internal import Synchronization

/// Keeping the tables quick and small, between flushes and never beside them.
extension PipelineRunner {
    /// Nothing here stops the pipeline: what fails is said, and tried again another time.
    func care(for followed: inout Followed) async {
        let now = clock.read()
        let isTidyDue = now.boot - (followed.tidiedAt ?? .min / 2) >= Self.tidyInterval
        if isTidyDue { followed.tidiedAt = now.boot }
        for name in followed.progress.tables.map(\.table) {
            guard let known = followed.tables[name] else { continue }
            var table = known
            do throws(TableError) {
                if table.isCheckpointDue { try await table.checkpoint() }
                if isCompactionDue(name, followed) {
                    followed.commitsSinceCare[name] = 0
                    try await compact(&table)
                }
                if isTidyDue {
                    try await tidy(&table, now.wall)
                    followed.liveByteCounts[name] = TableSpace.allocation(
                        of: try await table.files())
                }
                if table.version != known.version {
                    followed.remember(name, at: try await table.position(), [])
                }
            } catch { board.withLock { $0.note("upkeep of a table: \(error)") } }
            followed.tables[name] = table
        }
        if isTidyDue { space.measure(definition.root) }
        noteUse(of: followed)
    }

    /// Old rows, old files and old commits are looked for this often, in milliseconds.
    private static let tidyInterval: Int64 = 600_000
    /// A pipeline that has this much to catch up with does so first.
    private static let lagMax: Int64 = 200_000
    /// What is written together at once is in memory for a while.
    private static let compactionByteCount: Int64 = 64 << 20

    private func isCompactionDue(_ name: TableName, _ followed: Followed) -> Bool {
        guard let count = definition.care.commitsBetweenCompactions else { return false }
        return followed.commitsSinceCare[name, default: 0] >= count && !space.isTight
            && lag(of: followed) < Self.lagMax
    }

    /// As of the last flush.
    private func lag(of followed: Followed) -> Int64 {
        board.withLock { $0.lag }
    }

    private func compact(_ table: inout Table<LocalStorage>) async throws(TableError) {
        let options = OptimizeOptions(
            targetByteCount: Self.compactionByteCount,
            commitByteCount: Self.compactionByteCount)
        // Old and new files are there together for a while.
        let small = try await table.files().filter { $0.byteCount < Self.compactionByteCount }
        guard TableSpace.allocation(of: small) <= space.room else { return }
        let report = try await table.optimize(options)
        space.measure(definition.root)
        board.withLock { $0.compactionCount += Int64(report.commits.count) }
    }

    // MARK: Retention

    private func tidy(
        _ table: inout Table<LocalStorage>, _ now: Int64
    ) async throws(TableError) {
        let care = definition.care
        if care.retentionAge != nil || care.byteCountMax != nil {
            try await trim(&table, now)
            let isTight = care.byteCountMax != nil
            _ = try await table.vacuum(
                VacuumOptions(
                    retention: isTight ? Self.tightRetention : nil,
                    isShortRetentionAllowed: isTight))
        }
        _ = try await table.cleanUpLog()
    }

    /// Where a table has a budget, removed files are kept this long for those that still read them.
    private static let tightRetention: Int64 = 3_600_000

    private func trim(
        _ table: inout Table<LocalStorage>, _ now: Int64
    ) async throws(TableError) {
        let files = try await table.files()
        let expired = Retention(definition.care).expired(
            files.map { ($0.modificationTime, $0.byteCount) }, now: now)
        try await remove(expired.map { files[$0] }, from: &table)
    }

    /// Removes files with their rows, as retention does.
    func remove(
        _ files: [AddFile], from table: inout Table<LocalStorage>
    ) async throws(TableError) {
        guard !files.isEmpty else { return }
        let edit = Edit(
            .delete, removed: .files(files), basis: table.version,
            info: [JSON.Member("millrace", .object([JSON.Member("retention", .bool(true))]))])
        // Refused is no harm: the next time finds what is still too old.
        _ = try await table.commit(edit)
    }

    /// Removes files of ours that belong to nothing: a crash came before the plan that would have
    /// named them. What others have written is never touched.
    func removeOrphans(of followed: Followed) async throws(Interruption) {
        let prefix = "part-\(followed.identity.fileLabel)-"
        for (name, table) in followed.tables {
            do throws(TableError) {
                let own = try await table.fileNames { $0.hasPrefix(prefix) }
                guard !own.isEmpty else { continue }
                let snapshot = try await TableSnapshot(newestIn: table.storage)
                var known = Set(snapshot.files.live.values.map(\.path))
                known.formUnion(snapshot.files.removed.values.map(\.path))
                for commit in followed.progress.plan?.commits ?? [] where commit.table == name {
                    known.formUnion(commit.files.map(\.path))
                }
                for orphan in own where !known.contains(orphan) {
                    try await table.removeFile(orphan)
                }
            } catch { throw .trouble(Trouble(error, at: name)) }
        }
    }
}

extension Table {
    /// The names of files in the table's root that satisfy `isWanted`.
    fileprivate func fileNames(
        _ isWanted: (String) -> Bool
    ) async throws(TableError) -> [String] {
        do { return try await storage.names(in: "").filter(isWanted) } catch {
            throw .storage(error)
        }
    }

    func removeFile(_ name: String) async throws(TableError) {
        do { try await storage.remove(name) } catch { throw .storage(error) }
    }
}
