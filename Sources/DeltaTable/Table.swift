package import Columns

/// A Delta table that we append to, beside other writers.
///
///     files, durable ──▶ commit N+1, created if absent ──▶ read back ──▶ receipt
///                              │ taken by another writer
///                              ▼
///                read N+1 … head, check for conflicts, try again behind it
///
/// A value for one writer: two that work at the same time take two copies, and race as two
/// processes would.
package struct Table<Storage: TableStorage>: Sendable {
    /// Where the table lies. The log and the data files are read and written through it alone.
    package let storage: Storage
    /// The table as of the newest commit that has been read.
    package internal(set) var state: TableState
    let surroundings: Surroundings
    /// The newest checkpoint we know of, and how many actions it has.
    private(set) var checkpointVersion: Int64?
    private(set) var checkpointActionCount = 0
    /// What we committed last, to be found again at its version.
    var last: OwnCommit?

    struct OwnCommit: Sendable {
        let position: TablePosition
        let change: Change
    }

    private init(_ storage: Storage, _ state: TableState, _ surroundings: Surroundings) {
        self.storage = storage
        self.state = state
        self.surroundings = surroundings
    }

    /// The newest version that has been read.
    package var version: Int64 { state.version }

    /// The table's columns, partition columns included.
    package var schema: Schema { state.metadata.schema.schema }

    /// How far an application has got, by the table's own word.
    package func transaction(of application: String) -> Int64? {
        state.transactions[application]?.version
    }

    func now() -> Int64 { surroundings.now() }

    mutating func noteCheckpoint(at version: Int64, actionCount: Int) {
        checkpointVersion = version
        checkpointActionCount = actionCount
    }

    // MARK: Creating and opening

    /// Makes a table that every engine reads and writes: protocol (1, 2), no features.
    package static func create(
        in storage: Storage, _ definition: TableDefinition, _ surroundings: Surroundings
    ) async throws(TableError) -> Table {
        let transactionID = surroundings.uuid()
        let actions: [Action]
        do {
            actions = [
                .commitInfo(
                    CommitInfo.create(definition, at: surroundings.now(), transactionID)),
                .proto(TableProtocol()),
                .metadata(
                    try definition.metadata(id: surroundings.uuid(), at: surroundings.now())),
            ]
        } catch { throw .schema(error) }
        let outcome: CreateOutcome
        do {
            outcome = try await storage.create(LogPath.commit(0), CommitFile.encode(actions))
        } catch { throw .storage(error) }
        guard outcome == .created else { throw .tableExists }
        var builder = TableState.Builder()
        builder.apply(actions, of: 0)
        do { return Table(storage, try builder.finish(), surroundings) } catch {
            throw .damaged(error)
        }
    }

    /// Opens a table for appending. Refuses one whose features an append would break.
    package static func open(
        in storage: Storage, _ surroundings: Surroundings
    ) async throws(TableError) -> Table {
        let (state, checkpoint) = try await LogReader(storage: storage).state()
        do { try FeatureCheck.checkAppend(to: state.proto, state.metadata) } catch {
            throw .unsupported(error)
        }
        var table = Table(storage, state, surroundings)
        table.checkpointVersion = checkpoint
        return table
    }

    /// Reads what others have committed since, and says what that was.
    @discardableResult
    package mutating func refresh() async throws(TableError) -> [ForeignCommit] {
        var found: [ForeignCommit] = []
        while let actions = try await LogReader(storage: storage).commitIfPresent(version + 1) {
            state.apply(actions)
            found.append(ForeignCommit(version: version, actions: actions))
        }
        return found
    }

    /// The files of the table at the newest version that has been read.
    package func files() async throws(TableError) -> [AddFile] {
        try await LogReader(storage: storage).files(at: version).liveFiles
    }
}
