import Columns
import Foundation

@testable import DeltaTable

extension TableWorld {
    /// Commits rows with these ids, and says of which file.
    @discardableResult
    func commit(
        _ ids: Range<Int64>, to table: inout Table<LocalStorage>,
        transactions: [TransactionMark] = []
    ) async throws -> AddFile {
        let append = try await append(ids, to: table, transactions: transactions)
        guard case .committed = try await table.commit(append) else { throw CancellationError() }
        return append.files[0]
    }

    /// The ids of all rows of the table, in order.
    func ids(at place: LogPlace = .newest) async throws -> [Int64] {
        let snapshot = try await TableSnapshot(in: storage, at: place)
        var rows = snapshot.rows(in: storage, columns: ["id"])
        var found: [Int64] = []
        while let batch = try await rows.next() {
            var cursor = ColumnCursor(batch.columns[0])
            while !cursor.isAtEnd { found.append(cursor.next().integer ?? -1) }
        }
        return found.sorted()
    }

    /// The files below the table's root that are no part of its log.
    func dataFiles() throws -> Set<String> {
        let paths = FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []
        return Set(paths.filter { $0.hasSuffix(".parquet") && !$0.hasPrefix("_") })
    }

    /// A table of three commits of ten rows each.
    func tableOfThree() async throws -> Table<LocalStorage> {
        var table = try await create()
        for index in 0..<3 as Range<Int64> {
            try await commit(index * 10..<index * 10 + 10, to: &table)
        }
        return table
    }
}

/// A bit for each row, set where `id` satisfies `isKept`.
func rows(of batch: ColumnBatch, where isKept: (Int64) -> Bool) -> Bits {
    var cursor = ColumnCursor(batch.columns[0])
    var bits = Bits()
    while !cursor.isAtEnd { bits.append(isKept(cursor.next().integer ?? -1)) }
    return bits
}
