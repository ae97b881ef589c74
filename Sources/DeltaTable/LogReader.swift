/// Reads the log of a table.
struct LogReader<Storage: TableStorage>: Sendable {
    let storage: Storage

    /// The state at the newest version.
    func state() async throws(TableError) -> TableState {
        var builder = TableState.Builder()
        for version in try await versions() {
            builder.apply(try await commit(version), of: version)
        }
        do { return try builder.finish() } catch { throw .damaged(error) }
    }

    /// The files at `version`.
    func files(at version: Int64) async throws(TableError) -> FileSet {
        var files = FileSet()
        for commitVersion in try await versions() where commitVersion <= version {
            files.apply(try await commit(commitVersion))
        }
        return files
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

    /// The versions of all commits, from 0 on without a gap.
    private func versions() async throws(TableError) -> [Int64] {
        let names: [String]
        do { names = try await storage.names(in: LogPath.directory) } catch { throw .storage(error) }
        let versions = names.compactMap(LogPath.commitVersion)
        guard !versions.isEmpty else { throw .noTable }
        for (expected, found) in versions.enumerated() where Int64(expected) != found {
            throw .damaged(.missingCommit(version: Int64(expected)))
        }
        return versions
    }
}
