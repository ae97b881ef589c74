import Columns
import DeltaTable
import Foundation

/// Checks what a power cut left of the table of a `Faithful` writer, which then goes on.
///
/// Each line of the input is `DIRECTORY MARKS`, with the table in DIRECTORY/table and so many
/// commits acknowledged; each is answered by `ok` or `CHECK: what is wrong`.
struct FaithfulCheck {
    let commitCount: Int

    private struct Broken: Error {
        let text: String
    }

    func answer() async {
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, let marks = Int(words[1]) else { return fail() }
            do {
                try await check(String(words[0]) + "/table", acknowledged: marks)
                reply("ok")
            } catch let broken as Broken {
                reply(broken.text)
            } catch {
                reply("reads: \(error)")
            }
        }
    }

    private func reply(_ text: String) {
        print(text.split(separator: "\n").joined(separator: " "))
        fflush(nil)
    }

    private func check(_ root: String, acknowledged: Int) async throws {
        let commands = TableCommands(root: root)
        let reached = try await reached(commands)
        guard reached >= acknowledged else {
            throw Broken(text: "landed: the cursor is at \(reached), not \(acknowledged)")
        }
        if reached > 0 { try await checkRows(commands, reached) }
        try await Faithful(commands: commands, commitCount: commitCount, journal: nil, says: false)
            .attempt()
        try await checkRows(commands, commitCount)
    }

    /// How many commits the cursor says there are; none where there is no table yet.
    private func reached(_ commands: TableCommands) async throws -> Int {
        do throws(TableError) {
            let table = try await Table.open(in: commands.storage, commands.surroundings)
            return Int(table.transaction(of: Faithful.application) ?? 0)
        } catch {
            if case .noTable = error { return 0 }
            throw Broken(text: "opens: \(error)")
        }
    }

    /// The rows of the first commits, each once, and no others.
    private func checkRows(_ commands: TableCommands, _ count: Int) async throws {
        let snapshot = try await TableSnapshot(newestIn: commands.storage)
        var reader = snapshot.rows(in: commands.storage, columns: ["text"])
        var found: [String] = []
        while let batch = try await reader.next() {
            var cursor = ColumnCursor(batch.columns[0])
            for _ in 0..<batch.rowCount { found.append(cursor.next().text ?? "") }
        }
        let wanted = try texts(count * Faithful.rowCount)
        guard found.sorted() == wanted.sorted() else {
            throw Broken(text: "rows: \(found.count) rows, not those of \(count) commits")
        }
    }

    private func texts(_ rowCount: Int) throws -> [String] {
        let batch = try Sample.batch(0..<rowCount, schema: Schema([Sample.schema.fields[1]]))
        var cursor = ColumnCursor(batch.columns[0])
        return (0..<rowCount).map { _ in cursor.next().text ?? "" }
    }
}
