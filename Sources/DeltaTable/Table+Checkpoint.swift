extension Table {
    /// How many commits lie between checkpoints, unless the table says otherwise.
    private static var checkpointIntervalDefault: Int64 { 100 }
    /// Whether so many commits lie behind the newest checkpoint, whoever wrote it, that the next is
    /// due.
    ///
    /// WHY: the distance also grows with the table, because a checkpoint repeats every file; so the
    /// share of it in each commit stays the same.
    package var isCheckpointDue: Bool {
        guard (try? FeatureCheck.checkCheckpoint(of: state.proto, state.metadata)) != nil else {
            return false
        }
        let stated = state.metadata.properties["delta.checkpointInterval"].flatMap { Int64($0) }
        let interval = max(
            stated ?? Self.checkpointIntervalDefault, Int64(checkpointActionCount / 10))
        return version - (checkpointVersion ?? -1) >= interval
    }

    /// Writes a checkpoint of the newest version that has been read, and the hint to it.
    package mutating func checkpoint() async throws(TableError) {
        do { try FeatureCheck.checkCheckpoint(of: state.proto, state.metadata) } catch {
            throw .unsupported(error)
        }
        let files = try await LogReader(storage: storage).files(at: version)
        let (bytes, actionCount) = CheckpointWriter.encode(
            state, files, retainedSince: now() - state.metadata.fileRetention)
        let hint: JSON = [
            "version": .integer(version), "size": .integer(actionCount),
            "sizeInBytes": .integer(bytes.count), "numOfAddFiles": .integer(files.live.count),
        ]
        do {
            // Whoever was first has written the same state.
            _ = try await storage.create(LogPath.checkpoint(version), bytes)
            try await storage.replace(LogPath.lastCheckpoint, hint.encoded)
        } catch { throw .storage(error) }
        noteCheckpoint(at: version, actionCount: actionCount)
    }
}
