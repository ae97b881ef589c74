import Bytes
import Columns
import DurableFiles
import Foundation
import Parquet
import Synchronization

@testable import DeltaTable

/// A table's directory, and what is needed to work with it: a clock that stands still and numbers
/// that follow from a seed.
final class TableWorld: Sendable {
    let root: String
    /// Whether the directory goes with this.
    private let isOwner: Bool
    let storage: LocalStorage
    let surroundings: Surroundings

    init(root: String? = nil, seed: UInt64 = 7, time: Int64 = 1_795_400_000_000) {
        isOwner = root == nil
        self.root = root ?? NSTemporaryDirectory() + "millrace-delta-\(UUID().uuidString)"
        storage = LocalStorage(self.root)
        let cell = Cell(Mutex(seed))
        surroundings = Surroundings(now: { time }, random: { cell.next() })
    }

    deinit { if isOwner { try? FileManager.default.removeItem(atPath: root) } }

    static let schema = Schema([Field("id", .long), Field("name", .string)])

    func create(_ definition: TableDefinition = TableDefinition(schema: schema)) async throws
        -> Table<LocalStorage>
    {
        try await Table.create(in: storage, definition, surroundings)
    }

    func open() async throws -> Table<LocalStorage> {
        try await Table.open(in: storage, surroundings)
    }

    /// An append of one file whose rows have these ids.
    func append(
        _ ids: Range<Int64>, to table: Table<LocalStorage>, newFields: [Field] = [],
        transactions: [TransactionMark] = []
    ) async throws -> Append {
        let schema = Schema(table.schema.fields + newFields)
        var file = try await table.dataFile(newFields: newFields)
        var builder = BatchBuilder(schema)
        for id in ids {
            builder[0].append(int64: id)
            builder.endRow()
        }
        try await file.append(builder.take())
        let added = try await file.finish()
        return Append(
            files: [added], transactions: transactions, newFields: newFields, schema: schema)
    }

    /// Puts a copy of one of the table's files in the place of another.
    func copy(_ path: String, over other: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: root + "/" + path))
            .write(to: URL(fileURLWithPath: root + "/" + other))
    }

    func commitPath(_ version: Int64) -> String { root + "/" + LogPath.commit(version) }

    /// Puts a commit of somebody else into the log, over whatever is there.
    func writeCommit(_ version: Int64, _ lines: [String]) throws {
        try FileManager.default.createDirectory(
            atPath: root + "/_delta_log", withIntermediateDirectories: true)
        let text = lines.joined(separator: "\n") + "\n"
        try text.write(toFile: commitPath(version), atomically: true, encoding: .utf8)
    }
}

private final class Cell: Sendable {
    private let state: Mutex<UInt64>

    init(_ state: consuming Mutex<UInt64>) { self.state = state }

    func next() -> UInt64 {
        state.withLock { value in
            value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return value ^ value >> 29
        }
    }
}

extension CommitOutcome {
    /// What a commit that was made says; nil for one that was refused.
    var receipt: CommitReceipt? {
        guard case .committed(let receipt) = self else { return nil }
        return receipt
    }
}
