import Columns
import DeltaTable

/// What is in the tables of a workload, after each row has been compared with its event.
struct Rows {
    private(set) var landed: Set<TableEvent> = []
    private(set) var quarantined: Set<TableEvent> = []
    /// By event, which of its tags are there.
    private(set) var tags: [TableEvent: Set<Int64>] = [:]

    init(_ disk: String, _ scenario: TableScenario) async throws {
        let root = scenario.root(disk)
        for row in try await Self.rows(at: root) {
            let event = try Self.event(of: row)
            try require(!event.isBroken, .rows, "\(event) cannot have landed")
            try require(landed.insert(event).inserted, .rows, "\(event) is there twice")
            try require(
                row["n"]?.integer == event.offset
                    && row[event.lateField]?.integer == event.offset,
                .rows, "\(event) has values of another: \(row)")
        }
        for row in try await Self.rows(at: root + "_quarantine") {
            let event = try Self.event(of: row)
            try require(
                quarantined.insert(event).inserted, .rows, "\(event) is in quarantine twice")
            try require(
                (event.isBroken || event.isDeep(scenario))
                    && row["body"] == .bytes(event.body(scenario)), .rows,
                "\(event) should not be in quarantine, or not so")
        }
        for row in try await Self.rows(at: root + "_tags") {
            let event = try Self.event(of: row)
            let index = row["_index_1"]?.integer ?? -1
            try require(
                tags[event, default: []].insert(index).inserted, .rows,
                "\(event) has its tag \(index) twice")
        }
    }

    private static func event(of row: [String: ColumnValue]) throws -> TableEvent {
        guard let partition = row["_partition"]?.integer, let offset = row["_offset"]?.integer,
            let partition = UInt32(exactly: partition)
        else { throw Broken(check: .rows, detail: "a row without a place: \(row)") }
        return TableEvent(partition: partition, offset: offset)
    }

    /// All rows of a table; none where there is no table yet.
    private static func rows(at path: String) async throws -> [[String: ColumnValue]] {
        let storage = LocalStorage(path)
        let snapshot: TableSnapshot
        do { snapshot = try await TableSnapshot(newestIn: storage) } catch {
            if case .noTable = error { return [] }
            throw Broken(check: .rows, detail: "\(path) cannot be read: \(error)")
        }
        var rows: [[String: ColumnValue]] = []
        var reader = snapshot.rows(in: storage)
        while let batch = try await reader.next() {
            var cursors = batch.columns.map { ColumnCursor($0) }
            for _ in 0..<batch.rowCount {
                var row: [String: ColumnValue] = [:]
                for (index, field) in batch.schema.fields.enumerated() {
                    row[field.name] = cursors[index].next()
                }
                rows.append(row)
            }
        }
        return rows
    }
}
