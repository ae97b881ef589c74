import Columns
import DeltaTable
import DurableFiles
import Foundation
import Parquet

/// A writer that goes on wherever it was stopped, as a materializer does: its cursor in the table
/// says from where. Ten rows a commit; checkpoints, a compaction and an added column on the way.
///
/// It says `acknowledged N` when N commits' rows are promised, and tries again what failed.
struct Faithful {
    let commands: TableCommands
    let commitCount: Int
    /// Where the acknowledgements go besides the output, for a recorder that looks at it.
    let journal: String?
    /// Whether the output is its own.
    var says = true

    static let application = "faithful"
    static let rowCount = 10
    private static let attemptCountMax = 50

    func run() async throws {
        for _ in 0..<Self.attemptCountMax {
            do {
                try await attempt()
                say("done")
                return
            } catch {
                say("failed \(error)")
                if isFull(error), stopsWhenFull { return }
            }
        }
        say("gave up")
        exit(1)
    }

    private var stopsWhenFull: Bool {
        ProcessInfo.processInfo.environment["STOP_WHEN_FULL"] != nil
    }

    private func isFull(_ error: any Error) -> Bool {
        guard let error = error as? TableError, case .storage(.file(let fault)) = error else {
            guard let storage = error as? StorageFault, case .file(let fault) = storage else {
                return false
            }
            return fault.isOutOfSpace
        }
        return fault.isOutOfSpace
    }

    /// Goes on to the end, unless something fails.
    func attempt() async throws {
        var table = try await openOrCreate()
        var next = Int(table.transaction(of: Self.application) ?? 0)
        while next < commitCount {
            let first = next * Self.rowCount
            let outcome = try await commands.append(
                first..<first + Self.rowCount, next >= commitCount / 2 ? 6 : nil,
                (Self.application, next + 1), to: &table)
            guard case .committed = outcome else {
                say("refused \(outcome)")
                exit(1)
            }
            next += 1
            try acknowledge(next)
            if next % 3 == 0 { try await table.checkpoint() }
            if next % 4 == 0 { _ = try await table.optimize() }
        }
    }

    private func openOrCreate() async throws -> Table<LocalStorage> {
        let names = try await commands.storage.names(in: "_delta_log")
        if names.contains(where: { $0.hasSuffix("0.json") }) {
            return try await Table.open(in: commands.storage, commands.surroundings)
        }
        let schema = Schema(Array(Sample.schema.fields.prefix(4)))
        return try await Table.create(
            in: commands.storage, TableDefinition(schema: schema), commands.surroundings)
    }

    /// A line that has left this process on return, because the process may be killed.
    private func say(_ line: String) {
        guard says else { return }
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    private func acknowledge(_ count: Int) throws {
        say("acknowledged \(count)")
        guard let journal else { return }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: journal))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\(count)\n".utf8))
        try handle.close()
    }
}
