import Columns
import DeltaTable
import Foundation
import Parquet

/// Creates and fills tables with the rows of `Sample`.
struct TableCommands {
    let root: String
    let surroundings = Surroundings(
        now: { Int64(Date().timeIntervalSince1970 * 1000) },
        random: { UInt64.random(in: 0 ... .max) })

    var storage: LocalStorage { LocalStorage(root) }

    /// A table of the first `columnCount` columns, or of all.
    func create(columnCount: Int, partition: [String]) async throws {
        let schema = Schema(Array(Sample.schema.fields.prefix(columnCount)))
        let definition = TableDefinition(
            schema: schema, partitionColumns: partition,
            properties: ["delta.logRetentionDuration": "interval 30 days"])
        let table = try await Table.create(in: storage, definition, surroundings)
        print("version \(table.version)")
    }

    /// Appends the rows, as far as the table has columns for them, or with new ones.
    func append(_ rows: Range<Int>, columnCount: Int?, application: String?) async throws {
        var table = try await Table.open(in: storage, surroundings)
        let mark = application.map { ($0, rows.upperBound) }
        print(try await append(rows, columnCount, mark, to: &table))
    }

    /// Appends `count` times `rowCount` rows, each in a commit of its own, as one application; the
    /// second half with the first `columnCount` columns.
    func appendMany(
        _ count: Int, rowCount: Int, from start: Int, application: String, columnCount: Int?
    ) async throws {
        var table = try await Table.open(in: storage, surroundings)
        var lostRaceCount = 0
        for index in 0..<count {
            let first = start + index * rowCount
            let columns = index < count / 2 ? nil : columnCount
            let outcome = try await append(
                first..<first + rowCount, columns, (application, first + rowCount), to: &table)
            guard case .committed(let receipt) = outcome else {
                print("refused \(outcome)")
                exit(1)
            }
            lostRaceCount += receipt.lostRaceCount
        }
        print("lost races \(lostRaceCount)")
    }

    func append(
        _ rows: Range<Int>, _ columnCount: Int?, _ mark: (application: String, version: Int)?,
        to table: inout Table<LocalStorage>
    ) async throws -> CommitOutcome {
        // Others may have added columns that the sample does not know.
        let known = Sample.schema.fields.prefix { table.schema.index(of: $0.name) != nil }.count
        let fields = Array(Sample.schema.fields.prefix(columnCount ?? known))
        let newFields = fields.filter { table.schema.index(of: $0.name) == nil }
        let schema = Schema(fields)
        var files: [AddFile] = []
        let partitionColumns = table.state.metadata.partitionColumns
        for (partition, rows) in Dictionary(
            grouping: rows, by: { self.partition($0, partitionColumns) }
        )
        .sorted(by: { $0.value[0] < $1.value[0] }) {
            var file = try await table.dataFile(
                partition: partition, newFields: newFields, schema: schema)
            let fileSchema = Schema(schema.fields.filter { !partitionColumns.contains($0.name) })
            var builder = BatchBuilder(fileSchema)
            for row in rows { try Sample.append(row, to: &builder) }
            try await file.append(builder.take())
            files.append(try await file.finish())
        }
        let transactions = mark.map {
            [TransactionMark(application: $0.application, version: Int64($0.version))]
        }
        let append = Append(
            files: files, transactions: transactions ?? [], newFields: newFields, schema: schema)
        return try await table.commit(append)
    }

    private func partition(_ row: Int, _ columns: [String]) -> [String: PartitionValue] {
        var values: [String: PartitionValue] = [:]
        for column in columns {
            let index = Sample.schema.index(of: column) ?? 0
            if Sample.isNull(row, index) {
                values[column] = .null
            } else {
                values[column] =
                    switch column {
                    case "word": .string("w\(row % 50)")
                    case "day": .date(Int32(row - 1000))
                    case "flag": .boolean(row % 3 == 0)
                    case "moment": .timestamp(Int64(row) * 1_000_003 - 1_000_000_000_000)
                    default: .integer(Int64(row % 256 - 128))
                    }
            }
        }
        return values
    }

    /// Writes a checkpoint of the newest version.
    func checkpoint() async throws {
        var table = try await Table.open(in: storage, surroundings)
        try await table.checkpoint()
        print("checkpoint \(table.version)")
    }

    /// Prints the path of each file, without asking whether an append would be allowed.
    func files() async throws {
        let snapshot = try await TableSnapshot(newestIn: storage)
        print("version \(snapshot.version)")
        for file in snapshot.liveFiles { print(file.path) }
    }

    /// Prints what the log says.
    func describe() async throws {
        let table = try await Table.open(in: storage, surroundings)
        let files = try await table.files()
        print("version \(table.version) files \(files.count)")
        for (name, mark) in table.state.transactions.sorted(by: { $0.key < $1.key }) {
            print("txn \(name) \(mark.version)")
        }
    }
}

extension TableCommands {
    /// Prints the rows of a version, or of the newest, one JSON object to a line.
    func rows(version: Int64?, columns: [String]?) async throws {
        let snapshot = try await TableSnapshot(
            in: storage, at: version.map(LogPlace.version) ?? .newest)
        var reader = snapshot.rows(in: storage, columns: columns)
        while let batch = try await reader.next() { try Rows.print(batch) }
    }

    /// Puts files together, as often as others let it.
    func optimize(target: Int64, rounds: Int) async throws {
        var table = try await Table.open(in: storage, surroundings)
        for _ in 0..<rounds {
            let report = try await table.optimize(OptimizeOptions(targetByteCount: target))
            print(
                "optimized \(report.removedFileCount) to \(report.addedFileCount), "
                    + "refused \(report.refused.count)")
        }
    }

    /// Removes the rows whose `long` is negative, and those without one.
    func deleteNegative(application: String) async throws {
        var table = try await Table.open(in: storage, surroundings)
        guard let column = table.schema.index(of: "long") else { return }
        let files = try await table.files()
        var added: [AddFile] = []
        for file in files {
            let fewer = try await table.rewritten(file) { batch in
                var cursor = ColumnCursor(batch.columns[column])
                var kept = Bits()
                while !cursor.isAtEnd { kept.append((cursor.next().integer ?? -1) >= 0) }
                return kept
            }
            if let fewer { added.append(fewer) }
        }
        let edit = Edit(
            .delete, removed: .files(files), basis: table.version, added: added,
            transactions: [TransactionMark(application: application, version: 1)])
        print(try await table.commit(edit))
    }

    /// Replaces all rows, and the schema by the first columns.
    func replace(_ rows: Range<Int>, columnCount: Int) async throws {
        var table = try await Table.open(in: storage, surroundings)
        let definition = TableDefinition(
            schema: Schema(Array(Sample.schema.fields.prefix(columnCount))))
        var file = try await table.dataFile(for: definition)
        try await file.append(try Sample.batch(rows, schema: definition.schema))
        let edit = Edit(
            .replace, removed: .everything, basis: table.version,
            added: [try await file.finish()], definition: definition)
        print(try await table.commit(edit))
    }

    /// Prints what others did since a version, whose commit's id is not asked for.
    func anomalies(since version: Int64) async throws {
        let table = try await Table.open(in: storage, surroundings)
        let position = TablePosition(
            tableID: table.state.metadata.id, version: version, transactionID: nil)
        for anomaly in try await table.anomalies(since: position) { print(anomaly) }
    }
}
