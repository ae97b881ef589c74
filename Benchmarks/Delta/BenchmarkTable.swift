import Columns
import DeltaTable
import Glibc

/// A table for the length of a benchmark.
struct BenchmarkTable {
    private(set) var table: Table<LocalStorage>

    private static let surroundings = Surroundings(
        now: { Int64(time(nil)) * 1000 }, random: { UInt64.random(in: 0 ... .max) })

    static func create(_ path: String, _ schema: Schema) async throws -> BenchmarkTable {
        let definition = TableDefinition(schema: schema)
        return BenchmarkTable(
            table: try await Table.create(in: LocalStorage(path), definition, surroundings))
    }

    static func open(_ path: String) async throws -> BenchmarkTable {
        BenchmarkTable(table: try await Table.open(in: LocalStorage(path), surroundings))
    }

    /// Writes the batches to one file and commits it; a checkpoint follows where one is due.
    mutating func append(_ batches: [ColumnBatch]) async throws {
        try await commit([try await write(batches)])
        if table.isCheckpointDue { try await table.checkpoint() }
    }

    /// Writes the batches to one file, which belongs to no table yet.
    func write(_ batches: [ColumnBatch]) async throws -> AddFile {
        var file = try await table.dataFile()
        for batch in batches { try await file.append(batch) }
        return try await file.finish()
    }

    mutating func commit(_ files: [AddFile]) async throws {
        let outcome = try await table.commit(Append(files: files, schema: table.schema))
        guard case .committed = outcome else {
            throw LimitError(operation: "commit: \(outcome)", code: -1)
        }
    }

    mutating func checkpoint() async throws { try await table.checkpoint() }
}
