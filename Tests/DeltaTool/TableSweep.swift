import Columns
import DeltaTable
import Foundation

/// Flips one bit after the other in the files of a small table, reads everything and appends more:
/// each flip has to be named or harmless.
///
/// All bits of what is no page of a Parquet file, one bit of each other byte; of those this process
/// tries every `step`-th from `first` on.
struct TableSweep {
    /// An empty directory in memory.
    let root: String
    let step: Int
    let first: Int

    private var commands: TableCommands { TableCommands(root: root) }
    private static let columnCount = 9

    /// One bit of one file.
    private struct Flip: CustomStringConvertible {
        let path: String
        let byte: Int
        let bit: Int
        var description: String { "\(path):\(byte):\(bit)" }
    }

    /// All that a reader may be told of a table.
    private struct Contents: Equatable {
        var rows: [String]
        var schema: Schema
        var cursor: Int64?
    }

    private struct Lie: Error, CustomStringConvertible {
        let description: String
    }

    /// `only` is a flip as it was printed.
    func run(only: String?) async throws {
        try await build()
        let before = try contents()
        let truth = try await read()
        let whole = try flips(before)
        let chosen = whole.indices.filter { only == nil && $0 % step == first }.map { whole[$0] }
            + whole.filter { "\($0)" == only }
        var named: [String: Int] = [:]
        var lies = 0
        for flip in chosen {
            note(flip)
            do {
                for answer in Set(try await answers(to: flip, before, truth)) {
                    named["\(kind(of: flip.path)) \(answer)", default: 0] += 1
                }
            } catch let lie as Lie {
                lies += 1
                print("FAILED flip \(flip): \(lie)")
            }
            try restore(before)
        }
        for (what, count) in named.sorted(by: { $0.key < $1.key }) { print("\(what): \(count)") }
        print("tried \(chosen.count) of \(whole.count)")
        if lies > 0 { exit(1) }
    }

    // MARK: History

    /// A checkpoint, a column that came later, a compaction, and commits around them.
    private func build() async throws {
        try await commands.create(columnCount: 7, partition: [])
        for start in [0, 10] {
            try await commands.append(
                start..<start + 10, columnCount: nil, application: "sweep")
        }
        try await commands.checkpoint()
        // What a cleanup leaves: nothing but the checkpoint says what was before.
        for version in 0...2 {
            try FileManager.default.removeItem(
                atPath: "\(root)/_delta_log/0000000000000000000\(version).json")
        }
        try await commands.append(20..<30, columnCount: Self.columnCount, application: "sweep")
        try await commands.optimize(target: 1 << 27, rounds: 1)
        try await commands.append(30..<40, columnCount: nil, application: "sweep")
    }

    private func read() async throws -> Contents {
        let snapshot = try await TableSnapshot(newestIn: commands.storage)
        var rows: [String] = []
        var reader = snapshot.rows(in: commands.storage)
        while let batch = try await reader.next() { rows += Rows.lines(batch) }
        return Contents(
            rows: rows.sorted(), schema: snapshot.schema,
            cursor: snapshot.state.transactions["sweep"]?.version)
    }

    /// The files by their paths below the root.
    private func contents() throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
                !path.hasSuffix("_delta_log")
            else { continue }
            found[path] = [UInt8](data)
        }
        return found
    }

    // MARK: Flips

    private func flips(_ files: [String: [UInt8]]) throws -> [Flip] {
        files.sorted { $0.key < $1.key }.flatMap { path, bytes in
            bytes.indices.flatMap { byte in
                let bits = isPage(byte, path, bytes) ? byte % 8..<byte % 8 + 1 : 0..<8
                return bits.map { Flip(path: path, byte: byte, bit: $0) }
            }
        }
    }

    /// Whether a byte is before the footer of a Parquet file.
    private func isPage(_ byte: Int, _ path: String, _ bytes: [UInt8]) -> Bool {
        guard path.hasSuffix(".parquet") else { return false }
        let length = bytes.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return byte < bytes.count - 8 - length
    }

    private func kind(of path: String) -> String {
        guard path.hasPrefix("_delta_log") else { return "data file" }
        if path.hasSuffix(".json") { return "commit" }
        return path.hasSuffix(".parquet") ? "checkpoint" : "hint"
    }

    /// What reading everything and appending more say of a flip.
    private func answers(
        to flip: Flip, _ files: [String: [UInt8]], _ truth: Contents
    ) async throws -> [String] {
        guard var bytes = files[flip.path] else { throw Lie(description: "no such file") }
        bytes[flip.byte] ^= 1 << UInt8(flip.bit)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(flip.path)"))
        let answers = [try await look(truth)]
        var more = truth
        let batch = try Sample.batch(
            40..<50, schema: Schema(Array(Sample.schema.fields.prefix(Self.columnCount))))
        more.rows = (more.rows + Rows.lines(batch)).sorted()
        more.cursor = 50
        do {
            var table = try await Table.open(in: commands.storage, commands.surroundings)
            let outcome = try await commands.append(40..<50, nil, ("sweep", 50), to: &table)
            guard case .committed = outcome else { return answers + ["refused"] }
        } catch { return answers + [name(of: error)] }
        return answers + [try await look(more)]
    }

    /// What is read, against what is true: "harmless", or how the error is called.
    private func look(_ truth: Contents) async throws -> String {
        let found: Contents
        do { found = try await read() } catch { return name(of: error) }
        if found == truth { return "harmless" }
        let strange = found.rows.first { !truth.rows.contains($0) } ?? "none"
        throw Lie(
            description: "\(found.rows.count) of \(truth.rows.count) rows, cursor "
                + "\(found.cursor ?? -1), schema right: \(found.schema == truth.schema), "
                + "a row that is none: \(strange)")
    }

    /// The case of an error, without what it holds.
    private func name(of error: any Error) -> String {
        var text = "\(error as? TableError == nil ? "other \(error)" : "named")"
        if case TableError.dataFile(_, let damage) = error { text += " \(damage)" }
        if case TableError.damaged(let damage) = error { text += " \(damage)" }
        return String(text.filter { !$0.isNumber }.prefix(60))
    }

    // MARK: Files

    private func restore(_ files: [String: [UInt8]]) throws {
        for (path, bytes) in try contents() where files[path] != bytes {
            let url = URL(fileURLWithPath: "\(root)/\(path)")
            if let old = files[path] {
                try Data(old).write(to: url)
            } else {
                try FileManager.default.removeItem(at: url)
            }
        }
    }

    /// Says which flip is being tried, for whoever finds this process dead.
    private func note(_ flip: Flip) {
        try? Data("\(flip)\n".utf8).write(to: URL(fileURLWithPath: root + ".progress"))
    }
}
