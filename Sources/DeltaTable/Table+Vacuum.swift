/// What a vacuum may remove.
package struct VacuumOptions: Sendable {
    /// Milliseconds; nil for what the table says.
    package var retention: Int64?
    /// Nothing is removed.
    package var isDryRun: Bool
    /// Whether a retention below that of the table is meant.
    package var isShortRetentionAllowed: Bool
    /// Only files that a commit has removed: nobody can be about to commit them, however short the
    /// retention is.
    package var isRemovedOnly: Bool

    /// Unless told otherwise removes what the table's own retention allows.
    package init(
        retention: Int64? = nil, isDryRun: Bool = false, isShortRetentionAllowed: Bool = false,
        isRemovedOnly: Bool = false
    ) {
        self.retention = retention
        self.isDryRun = isDryRun
        self.isShortRetentionAllowed = isShortRetentionAllowed
        self.isRemovedOnly = isRemovedOnly
    }
}

/// What a vacuum has removed, or would.
package struct VacuumReport: Equatable, Sendable {
    /// Removed, or in a dry run to be removed; by path.
    package var files: [ObjectStatus] = []
    /// Whether nothing was removed.
    package var isDryRun = false

    /// What all of them take on the disk.
    package var byteCount: Int64 { files.reduce(0) { $0 + $1.byteCount } }
}

/// How a vacuum ended.
package enum VacuumOutcome: Equatable, Sendable {
    case done(VacuumReport)
    /// Readers of older versions, and writers that have not committed yet, would lose files.
    case retentionTooShort(asked: Int64, needed: Int64)
}

extension Table {
    /// Removes files below the table's root that no version within the retention needs.
    ///
    /// Left alone: whatever a live file or a young removal names, deletion vectors and changes
    /// included; whatever is younger than the retention, because a writer may be about to commit
    /// it; names that begin with `_` or `.`, but for partition directories; links.
    package mutating func vacuum(
        _ options: VacuumOptions = VacuumOptions()
    ) async throws(TableError) -> VacuumOutcome {
        try await refresh()
        let needed = state.metadata.fileRetention
        let retention = options.retention ?? needed
        guard retention >= needed || options.isShortRetentionAllowed else {
            return .retentionTooShort(asked: retention, needed: needed)
        }
        let cutoff = now() - max(0, retention)
        let (kept, removed) = try await paths(since: cutoff)
        let partitioning = Set(
            state.metadata.partitionColumns.map {
                PathEncoding.directory($0, nil).prefix { $0 != "=" }
            })
        let found: [ObjectStatus]
        do {
            found = try await storage.objects { name in
                Self.isHidden(name, partitioning: partitioning)
            }
        } catch { throw .storage(error) }
        try await checkPresence(of: found)
        var report = VacuumReport(isDryRun: options.isDryRun)
        report.files = found.filter { object in
            let name = object.path.split(separator: "/").last ?? ""
            return !Self.isHidden(String(name), partitioning: [])
                && !kept.contains(object.path)
                && (options.isRemovedOnly
                    ? removed.contains(object.path) : object.modificationTime < cutoff)
        }.sorted { $0.path < $1.path }
        guard !options.isDryRun else { return .done(report) }
        // WHY: a file that was listed as dead may have been added since, by a restore.
        try await refresh()
        let live = try await paths(since: cutoff).kept
        report.files.removeAll { live.contains($0.path) }
        for file in report.files {
            do { try await storage.remove(file.path) } catch { throw .storage(error) }
        }
        return .done(report)
    }

    /// Checks that every live file is where we look for it.
    ///
    /// WHY: if its name were read otherwise than its writer meant, we would remove it as an orphan.
    private func checkPresence(of found: [ObjectStatus]) async throws(TableError) {
        let paths = Set(found.map(\.path))
        for file in try await files() {
            let path = storage.relative(PathEncoding.decoded(file.path))
            let isListed =
                !path.hasPrefix("/") && !path.contains("://")
                && !path.split(separator: "/").contains { $0.hasPrefix("_") || $0.hasPrefix(".") }
            guard !isListed || paths.contains(path) else { throw .dataFile(path, .missing) }
        }
    }

    /// The paths of what live files and the removals since `cutoff` name, and of what older
    /// removals name.
    private func paths(
        since cutoff: Int64
    ) async throws(TableError) -> (kept: Set<String>, removed: Set<String>) {
        let files = try await LogReader(storage: storage).files(at: version)
        var (kept, removed): (Set<String>, Set<String>) = ([], [])
        for file in files.live.values {
            kept.formUnion(storage.paths(of: file.path, file.deletionVector))
        }
        for file in files.removed.values {
            let paths = storage.paths(of: file.path, file.deletionVector)
            if (file.deletionTimestamp ?? 0) >= cutoff {
                kept.formUnion(paths)
            } else {
                removed.formUnion(paths)
            }
        }
        return (kept, removed)
    }

    private static func isHidden(_ name: String, partitioning: Set<Substring>) -> Bool {
        guard name.hasPrefix("_") || name.hasPrefix(".") else { return false }
        return !partitioning.contains(name.prefix { $0 != "=" })
    }
}
