package import Columns
package import Parquet

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
    package let storage: Storage
    /// The table as of the newest commit that has been read.
    package private(set) var state: TableState
    private let surroundings: Surroundings
    /// The newest checkpoint we know of, and how many actions it has.
    private(set) var checkpointVersion: Int64?
    private(set) var checkpointActionCount = 0
    /// What we committed last, to be found again at its version.
    private var last: OwnCommit?

    private struct OwnCommit: Sendable {
        let version: Int64
        let transactionID: String
        let append: Append
    }

    /// So many lost races are no bad luck any more.
    private static var attemptCountMax: Int { 10_000 }

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

    /// Reads what others have committed since.
    package mutating func refresh() async throws(TableError) {
        while let actions = try await LogReader(storage: storage).commitIfPresent(version + 1) {
            state.apply(actions)
        }
    }

    /// The files of the table at the newest version that has been read.
    package func files() async throws(TableError) -> [AddFile] {
        let files = try await LogReader(storage: storage).files(at: version)
        return files.live.values.sorted { $0.path < $1.path }
    }

    // MARK: Writing files

    /// Begins a data file for rows that share the values of the partition columns.
    ///
    /// `newFields` are columns that the table does not have yet; the commit has to name them too.
    package func dataFile(
        partition: [String: PartitionValue] = [:], newFields: [Field] = [],
        options: WriterOptions = WriterOptions()
    ) async throws(TableError) -> DataFileWriter<Storage.Upload> {
        let columns = state.metadata.partitionColumns
        precondition(
            Set(partition.keys) == Set(columns), "a value for each of \(columns), and no other")
        var fields = schema.fields
        fields += newFields.filter { schema.index(of: $0.name) == nil }
        let values = partition.mapValues(\.text)
        let directories = columns.map { PathEncoding.directory($0, values[$0] ?? nil) }
        let name = "part-00000-\(surroundings.uuid())-c000\(options.codec.fileNamePart).parquet"
        let target = DataFileTarget(
            path: (directories + [name]).joined(separator: "/"),
            fileSchema: Schema(fields.filter { !columns.contains($0.name) }),
            partitionValues: values, options: options, properties: state.metadata.properties,
            modificationTime: surroundings.now())
        do {
            return DataFileWriter(target, to: try await storage.upload(target.path))
        } catch { throw .storage(error) }
    }

    // MARK: Committing

    /// Adds rows to the table, behind whatever other writers add in the meantime.
    ///
    /// The files must be durable, as `DataFileWriter.finish` leaves them. On return the commit is
    /// durable and has been read back.
    package mutating func commit(_ append: Append) async throws(TableError) -> CommitOutcome {
        let overwritten = try await repairLastCommit()
        var outcome = try await race(append)
        if case .committed(var receipt) = outcome {
            receipt.overwrittenVersions = overwritten + receipt.overwrittenVersions
            outcome = .committed(receipt)
        }
        return outcome
    }

    /// Makes sure that our newest commit is still there, and commits it again if it is not.
    ///
    /// A Spark on the same local disk renames its commits over ours (contract, section 5.2).
    /// Returns
    /// the version that was overwritten.
    package mutating func repairLastCommit() async throws(TableError) -> [Int64] {
        guard let last, try await owner(of: last.version) != last.transactionID else { return [] }
        self.last = nil
        state = try await LogReader(storage: storage).state().state
        let reached = last.append.transactions.allSatisfy { mark in
            (transaction(of: mark.application) ?? .min) >= mark.version
        }
        if last.append.transactions.isEmpty || !reached { _ = try await race(last.append) }
        return [last.version]
    }

    private mutating func race(_ append: Append) async throws(TableError) -> CommitOutcome {
        let old = state
        var overwritten: [Int64] = []
        for lostRaceCount in 0..<Self.attemptCountMax {
            if let conflict = ConflictCheck.conflict(of: append, with: state, since: old) {
                return .refused(conflict)
            }
            let transactionID = surroundings.uuid()
            let actions = try actions(of: append, transactionID)
            let target = version + 1
            let outcome: CreateOutcome
            do {
                outcome = try await storage.create(
                    LogPath.commit(target), CommitFile.encode(actions))
            } catch { throw .storage(error) }
            // Our own commit may also be what "already exists": a storage may repeat a request.
            if try await owner(of: target) == transactionID {
                state.apply(actions)
                last = OwnCommit(version: target, transactionID: transactionID, append: append)
                return .committed(
                    CommitReceipt(
                        version: target, lostRaceCount: lostRaceCount,
                        overwrittenVersions: overwritten))
            }
            if outcome == .created { overwritten.append(target) }
            try await refresh()
        }
        throw .tooManyLostRaces(Self.attemptCountMax)
    }

    private func owner(of version: Int64) async throws(TableError) -> String? {
        let bytes = try await LogReader(storage: storage).read(LogPath.commit(version))
        return bytes.flatMap(CommitFile.transactionID)
    }

    /// The commit that follows the state as it is now.
    private func actions(
        of append: Append, _ transactionID: String
    ) throws(TableError) -> [Action] {
        let now = surroundings.now()
        let info = CommitInfo.append(append, to: state, at: now, transactionID)
        var actions: [Action] = [.commitInfo(info)]
        let schema: TableSchema
        do { schema = try state.metadata.schema.adding(append.newFields) } catch {
            throw .schema(error)
        }
        if schema != state.metadata.schema {
            actions.append(.metadata(state.metadata.with(schema)))
        }
        for var mark in append.transactions {
            mark.lastUpdated = now
            actions.append(.transaction(mark))
        }
        return actions + append.files.map(Action.add)
    }
}

extension WriterOptions.Codec {
    /// What a file's name says of its codec.
    fileprivate var fileNamePart: String {
        switch self {
        case .uncompressed: ""
        case .snappy: ".snappy"
        case .zstd: ".zstd"
        }
    }
}
