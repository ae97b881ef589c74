import Columns
import DeltaTable
import JSONFlattening
import Materializer
import StreamLog
import StreamModel
import Synchronization
import TestKit

/// The pipeline that makes tables of the first stream. It lives as long as a process does; the
/// tables stay.
struct SimulatedTables {
    static let pipeline = "telemetry"

    /// A row, by what says which event it is of.
    struct Row: Hashable {
        let source: String
        let partition: Int64
        let offset: Int64
        /// The event's own number, where the table has it in a column.
        let id: Int64?
    }

    let pipeline: SteppedPipeline
    let surroundings: Surroundings
    let root: String

    /// A pipeline that has not begun yet.
    init(
        _ log: StreamLog, root: String, mapping: String, clock: SimulatedClock, seed: UInt64
    ) throws {
        let draws = Draws(seed: seed)
        let random: @Sendable () -> UInt64 = { draws.next() }
        var definition = PipelineDefinition(
            name: try FeedName(Self.pipeline), stream: try StreamName(Simulation.firstStream),
            mapping: try Mapping(parsing: Array(mapping.utf8)), root: root)
        definition.care.commitsBetweenCompactions = 5
        var limits = MachineLimits()
        limits.taskCount = 1
        pipeline = SteppedPipeline(definition, log, limits, clock: clock, random: random)
        surroundings = Surroundings(now: { clock.read().wall }, random: random)
        self.root = root
    }

    /// The table for somebody who is not the pipeline; nil where there is none yet.
    func openForeign() async -> Table<LocalStorage>? {
        try? await Table.open(in: LocalStorage(root), surroundings)
    }

    /// All rows of the table, or of its quarantine; none where there is no such table.
    func rows(ofQuarantine isQuarantine: Bool) async throws -> [Row] {
        let storage = LocalStorage(root + (isQuarantine ? "_quarantine" : ""))
        let snapshot: TableSnapshot
        do throws(TableError) { snapshot = try await TableSnapshot(newestIn: storage) } catch {
            guard case .noTable = error else { throw error }
            return []
        }
        var rows: [Row] = []
        var reader = snapshot.rows(in: storage)
        while let batch = try await reader.next() { rows += Self.rows(of: batch) }
        return rows
    }

    private static func rows(of batch: ColumnBatch) -> [Row] {
        let names = batch.schema.fields.map(\.name)
        func values(_ name: String) -> [ColumnValue] {
            guard let index = names.firstIndex(of: name) else { return [] }
            var cursor = ColumnCursor(batch.columns[index])
            return (0..<batch.rowCount).map { _ in cursor.next() }
        }
        let sources = values("_source")
        let (partitions, offsets, ids) = (values("_partition"), values("_offset"), values("id"))
        return (0..<batch.rowCount).map { row in
            Row(
                source: sources[row].text ?? "", partition: partitions[row].integer ?? -1,
                offset: offsets[row].integer ?? -1, id: ids.isEmpty ? nil : ids[row].integer)
        }
    }
}

/// Random numbers by seed, for whoever wants them from any thread.
private final class Draws: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}
