internal import DeltaTable
internal import StreamLog

/// Keeping the tables quick and small, between flushes and never beside them.
extension PipelineRunner {
    func care(for followed: inout Followed) async throws(Interruption) {
        for name in followed.progress.tables.map(\.table) {
            guard var table = followed.tables[name] else { continue }
            do throws(TableError) {
                if table.isCheckpointDue { try await table.checkpoint() }
            } catch { throw .trouble(Trouble(error, at: name)) }
            followed.tables[name] = table
        }
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

    fileprivate func removeFile(_ name: String) async throws(TableError) {
        do { try await storage.remove(name) } catch { throw .storage(error) }
    }
}
