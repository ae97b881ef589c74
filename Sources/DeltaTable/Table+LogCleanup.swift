/// Decides which files of a log nobody needs any more (PROTOCOL.md, "Metadata Cleanup").
enum LogCleanup {
    /// The names that can go, oldest first; none where no checkpoint stands in for them.
    ///
    /// `times` are those of the commits that are there, in order; `midnight` is the start of the
    /// day at which what is kept begins.
    static func names(
        in names: [String], _ times: [(version: Int64, time: Int64)], before midnight: Int64
    ) -> [String] {
        guard let cutoff = times.last(where: { $0.time <= midnight })?.version else { return [] }
        let commits = Set(times.map(\.version))
        // WHY: the checkpoint's own commit stays; delta-rs cannot append without it.
        let kept = CheckpointFiles.all(in: names).first {
            $0.version <= cutoff && commits.contains($0.version)
        }
        guard let kept else { return [] }
        return names.filter { name in
            guard let version = LogPath.version(name.prefix(20)) else { return false }
            let rest = name.dropFirst(20)
            if rest.hasSuffix(".compacted.json") { return version <= kept.version }
            let isOfLog =
                rest == ".json" || rest == ".crc" || rest.hasPrefix(".checkpoint.")
            return isOfLog && version < kept.version
        }
    }
}

extension Table {
    private static var day: Int64 { 86_400_000 }

    /// Removes commits and checkpoints older than the table's retention, and says how many.
    ///
    /// Nothing goes that a checkpoint which stays does not stand in for.
    package mutating func cleanUpLog() async throws(TableError) -> Int {
        try await refresh()
        let properties = state.metadata.properties
        guard properties["delta.enableExpiredLogCleanup"] != "false",
            !isCheckpointProtected
        else { return 0 }
        let log = LogReader(storage: storage)
        let left = try await removeAttempts(log)
        let inCommits = properties["delta.enableInCommitTimestamps"] == "true"
        let times = try await CommitTimes(
            log, try await log.commitVersions(), inCommits: inCommits)
        let cutoff = now() - state.metadata.logRetention
        let midnight = cutoff.flooredQuotient(Self.day) * Self.day
        let names = LogCleanup.names(in: try await log.names(), times.times, before: midnight)
        for name in names {
            do { try await storage.remove(LogPath.directory + "/" + name) } catch {
                throw .storage(error)
            }
        }
        return names.count + left
    }

    /// Removes what writers of ours that were killed have left of their attempts.
    private func removeAttempts(
        _ log: LogReader<Storage>
    ) async throws(TableError) -> Int {
        var count = 0
        for name in try await log.names() where name.hasSuffix(".tmp") {
            let path = LogPath.directory + "/" + name
            do {
                guard let status = try await storage.status(of: path),
                    status.modificationTime < now() - Self.day
                else { continue }
                try await storage.remove(path)
            } catch { throw .storage(error) }
            count += 1
        }
        return count
    }

    /// Whether old checkpoints may only go with a writer that knows all of the table's features.
    private var isCheckpointProtected: Bool {
        state.proto.writerFeatures?.contains("checkpointProtection") ?? false
    }
}
