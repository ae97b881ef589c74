internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import StreamLog

/// Why a flush stopped before its end.
package enum Interruption: Error, Equatable, Sendable {
    case noStream
    case pause(Pause)
    case trouble(Trouble)
    /// An order that is not carried out.
    case refused(OrderRefusal)
    case cancelled
}

/// Everything that a pipeline knows while it follows its stream. A value: a flush that fails leaves
/// the one of before, and it is read anew from the log and the tables.
struct Followed: Sendable {
    let stream: StreamDefinition
    let identity: PipelineIdentity
    var memory: FeedMemory
    var progress: FeedProgress
    /// The next offset of each partition.
    var positions: [Int64]
    var growth: SchemaGrowth
    var plan: FlattenPlan
    var tables: [TableName: Table<LocalStorage>] = [:]
    /// When the columns grew last, and when the parent was made, in boot milliseconds.
    var grownAt: Int64?
    var createdAt: Int64?
    /// About what the live files of each table take of their volume, in bytes: listed now and then.
    var liveByteCounts: [TableName: Int64] = [:]
    /// When old rows and files were last looked for, in boot milliseconds.
    var tidiedAt: Int64?
    /// When room was last made in the budget, in boot milliseconds.
    var relievedAt: Int64?
    /// Commits since the files of a table were last written together.
    var commitsSinceCare: [TableName: Int64] = [:]

    func id(_ partition: UInt32) -> PartitionID { PartitionID(stream.incarnation, partition) }

    /// The columns that the pipeline writes into a table; nil for one that its layout has not.
    func schema(of name: TableName) -> Schema? {
        if name == .quarantine { return QuarantineBuilder.schema }
        return growth.tables.first { TableName(layoutNamed: $0.name) == name }?.schema
    }

    /// The cursors that a commit over `ranges` moves, of the generation in force or of another.
    func marks(
        over ranges: [PartitionRange], generation: UInt32? = nil
    ) -> [TransactionMark] {
        ranges.map { range in
            let cursor = identity.cursor(generation ?? memory.generation, range.partition)
            return TransactionMark(
                application: cursor.text,
                version: range.offsets.upperBound)
        }
    }

    /// Where the log remembers nothing, the tables may: the newest generation of their cursors is
    /// the pipeline's.
    mutating func findGeneration() {
        guard progress.tables.isEmpty, let table = tables[.parent] else { return }
        memory.generation = max(memory.generation, generation(in: table))
    }

    /// One that no table has a cursor of, whatever store has been here before.
    var nextGeneration: UInt32 {
        let newest = tables.values.map { generation(in: $0) }.max() ?? 0
        return max(memory.generation, newest) &+ 1
    }

    /// The newest generation of the pipeline's cursors in a table; 0 for none.
    private func generation(in table: Table<LocalStorage>) -> UInt32 {
        let own = table.state.transactions.keys.compactMap { CursorName($0) }
            .filter { identity.owns($0) }
        return own.map(\.generation).max() ?? 0
    }

    /// What a table says of itself now.
    func sighting(
        of table: Table<LocalStorage>, _ memory: TableMemory?
    ) async throws(TableError) -> TableSighting {
        let reached = positions.indices.map { partition in
            table.transaction(
                of: identity.cursor(self.memory.generation, UInt32(partition)).text)
        }
        guard let memory else {
            return TableSighting(position: try await table.position(), reached: reached)
        }
        let marks = memory.reached.enumerated().compactMap { partition, offset in
            offset.map { offset in
                TransactionMark(
                    application: identity.cursor(self.memory.generation, UInt32(partition)).text,
                    version: offset)
            }
        }
        return TableSighting(
            position: try await table.position(), reached: reached,
            anomalies: try await table.anomalies(since: memory.position, marks: marks))
    }
}
