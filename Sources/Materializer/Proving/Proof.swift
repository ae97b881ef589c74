internal import Columns
package import DeltaTable

/// What the rows of a table show of the events of one store's stream: where each offset is.
package struct Proof: Sendable {
    /// One partition, up to the cursor of the pipeline.
    package struct Partition: Equatable, Sendable {
        /// From 0.
        package let index: UInt32
        /// Where a replay began; 0 for a pipeline.
        package let start: Int64
        /// The next offset that the table does not have, by its own cursor.
        package let end: Int64
        /// Rows of the table with an offset of these.
        package let rows: Int64
        /// Rows of the quarantine with an offset of these.
        package let quarantined: Int64
        /// Offsets that gap records of the log name.
        package let missing: Int64
        /// Offsets that are nowhere.
        package let lost: [Range<Int64>]
        /// How many rows there are too many.
        package let twice: Int64

        /// Whether every offset is in the table, in the quarantine or named by a gap, none twice.
        package var isWhole: Bool { lost.isEmpty && twice == 0 }
    }

    /// What stands in `_source`.
    package let source: String
    /// Whose cursors these are; `replay` for a replay.
    package let pipeline: String
    /// Those of which the table has a cursor, by their index.
    package let partitions: [Partition]
    /// The table's version that was read.
    package let version: Int64

    /// Whether all its partitions are.
    package var isWhole: Bool { partitions.allSatisfy(\.isWhole) }
}

/// Why nothing can be shown.
package enum ProofError: Error, Equatable, Sendable {
    case table(TableError)
    /// The table has no cursor of a pipeline.
    case noPipeline
    /// The identity columns are not there, or of other types.
    case noIdentity
}

extension ProofError: CustomStringConvertible {
    /// Why there is no proof, and what was looked for.
    package var description: String {
        switch self {
        case .table(let error): error.description
        case .noPipeline: "no pipeline has written into the table: it has none of their cursors"
        case .noIdentity:
            "the table has no columns _source, _partition and _offset to tell events by"
        }
    }
}

/// Reads the identities of a table and its quarantine, and holds them against cursors and gaps.
package struct Prover: Sendable {
    private let root: String
    private let surroundings: Surroundings
    /// Called with the rows that have been read.
    private let progress: @Sendable (Int) -> Void

    /// Looks at the table in the directory `root`, and the quarantine beside it.
    package init(
        _ root: String, _ surroundings: Surroundings,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.root = root
        self.surroundings = surroundings
        self.progress = progress
    }

    /// One proof for each pipeline whose cursors the table has. `gaps` are those of the log, for
    /// the cursor of a partition; a cursor of another store has none that we know.
    package func proofs(
        gaps: @Sendable (CursorName) async -> [Range<Int64>]
    ) async throws(ProofError) -> [Proof] {
        let table = try await open(root)
        let cursors = Self.newestCursors(of: table)
        guard !cursors.isEmpty else { throw .noPipeline }
        var ledger = Ledger()
        try await read(table, into: &ledger, isQuarantine: false)
        let quarantineRoot = TableName.quarantine.root(of: root)
        if let quarantine = try? await Table.open(in: LocalStorage(quarantineRoot), surroundings) {
            try await read(quarantine, into: &ledger, isQuarantine: true)
        }
        var proofs: [Proof] = []
        for (identity, ends) in cursors.sorted(by: { $0.key.source < $1.key.source }) {
            let isReplay = identity.pipeline == "replay"
            let starts = isReplay ? ReplayStore.bounds(in: root) ?? [] : []
            var partitions: [Proof.Partition] = []
            for (cursor, end) in ends.sorted(by: { $0.key.partition < $1.key.partition }) {
                let place = Int(cursor.partition)
                let start = starts.indices.contains(place) ? starts[place].lowerBound : 0
                partitions.append(
                    ledger.partition(
                        identity.source, cursor.partition, start..<max(start, end),
                        gaps: await gaps(cursor)))
            }
            proofs.append(
                Proof(
                    source: identity.source, pipeline: identity.pipeline, partitions: partitions,
                    version: table.version))
        }
        return proofs
    }

    private func open(_ root: String) async throws(ProofError) -> Table<LocalStorage> {
        do throws(TableError) {
            return try await Table.open(in: LocalStorage(root), surroundings)
        } catch { throw .table(error) }
    }

    /// The cursors of the newest generation of each pipeline.
    static func newestCursors(
        of table: Table<LocalStorage>
    ) -> [PipelineIdentity: [CursorName: Int64]] {
        var found: [PipelineIdentity: [CursorName: Int64]] = [:]
        for (text, mark) in table.state.transactions {
            guard let cursor = CursorName(text) else { continue }
            let identity = PipelineIdentity(
                store: cursor.store, incarnation: cursor.incarnation, pipeline: cursor.pipeline)
            found[identity, default: [:]][cursor] = mark.version
        }
        return found.mapValues { cursors in
            let newest = cursors.keys.map(\.generation).max()
            return cursors.filter { $0.key.generation == newest }
        }
    }

    private func read(
        _ table: Table<LocalStorage>, into ledger: inout Ledger, isQuarantine: Bool
    ) async throws(ProofError) {
        do throws(TableError) {
            let files = try await table.files()
            var rows = table.rows(of: files, columns: Ledger.columns)
            var count = 0
            while let batch = try await rows.next() {
                guard ledger.add(batch, isQuarantine: isQuarantine) else {
                    throw TableError.schema(.malformed)
                }
                count += batch.rowCount
                progress(count)
            }
        } catch {
            if case .schema(.malformed) = error { throw .noIdentity }
            throw .table(error)
        }
    }
}
