internal import Columns
internal import DeltaTable
internal import JSONFlattening
internal import Parquet
internal import StreamLog

/// From rows to durable files, and a plan that names them.
extension PipelineRunner {
    /// Writes one file for each table that has rows, or only for some of them.
    func makeFiles(
        of shares: [FlattenedShare], only wanted: Set<TableName>? = nil,
        _ followed: inout Followed
    ) async throws(Interruption) -> Plan {
        let counts = shares.reduce(EventTally()) { $0 + $1.counts }
        let serial = (followed.progress.plan?.serial ?? 0) + 1
        var commits: [PlannedCommit] = []
        let names = [TableName.quarantine] + followed.growth.tables.map {
            TableName(layoutNamed: $0.name)
        }
        for (place, name) in names.enumerated() where wanted?.contains(name) ?? true {
            let batches = shares.map {
                place == 0 ? $0.quarantine : $0.rows.batches[place - 1]
            }.filter { $0.rowCount > 0 }
            if let commit = try await makeFile(name, batches, &followed) {
                commits.append(commit)
            }
        }
        // The parent's cursor moves with every event, whichever table has it.
        let hasParent = commits.contains { $0.table == .parent }
        if counts.events > 0, !hasParent {
            _ = try await table(.parent, &followed)
            commits.append(PlannedCommit(table: .parent, files: [], rowCount: 0))
        }
        return Plan(
            serial: serial, ranges: ranges(of: shares),
            commits: commits.sorted { Plan.order($0.table, $1.table) }, counts: counts,
            newestAppend: shares.compactMap(\.appends?.upperBound).max())
    }

    private func ranges(of shares: [FlattenedShare]) -> [PartitionRange] {
        shares.flatMap(\.ranges).map { PartitionRange($0.id.index, $0.offsets) }
            .sorted { $0.partition < $1.partition }
    }

    private func makeFile(
        _ name: TableName, _ batches: [ColumnBatch], _ followed: inout Followed
    ) async throws(Interruption) -> PlannedCommit? {
        guard let first = batches.first else { return nil }
        let table = try await table(name, &followed)
        try check(first.schema, against: table, name)
        let fileName = followed.identity.fileName(random)
        let file: AddFile
        do throws(TableError) {
            var writer = try await table.dataFile(newFields: first.schema.fields, name: fileName)
            let columns = Self.fileSchema(of: table, adding: first.schema)
            do throws(DeltaTable.StorageFault) {
                for batch in batches { try await writer.append(batch.arranged(as: columns)) }
                file = try await writer.finish()
            } catch { throw .storage(error) }
        } catch { throw .trouble(Trouble(error, at: name)) }
        return PlannedCommit(
            table: name, files: [file],
            rowCount: batches.reduce(0) { $0 + Int64($1.rowCount) })
    }

    /// The columns of a file: those of the table in its order, and behind them the new ones.
    private static func fileSchema(of table: Table<LocalStorage>, adding schema: Schema) -> Schema {
        Schema(
            table.schema.fields
                + schema.fields.filter { table.schema.index(of: $0.name) == nil })
    }

    /// The table, made when there is none.
    func table(
        _ name: TableName, _ followed: inout Followed
    ) async throws(Interruption) -> Table<LocalStorage> {
        if let known = followed.tables[name] {
            try await remember(known, as: name, &followed)
            return known
        }
        guard let schema = followed.schema(of: name) else {
            preconditionFailure("the pipeline has no table '\(name.suffix)'")
        }
        // The log knows the columns before a table has them: else whoever comes after a crash takes
        // them for another writer's, and makes others beside them.
        try await keep(followed, .withMemory)
        let storage = LocalStorage(name.root(of: definition.root))
        var made: Table<LocalStorage>?
        do throws(TableError) {
            made = try await Table.create(
                in: storage, TableDefinition(schema: schema), surroundings)
            followed.createdAt = followed.createdAt ?? clock.read().boot
        } catch {
            guard case .tableExists = error else { throw .trouble(Trouble(error, at: name)) }
        }
        if made == nil { made = try await openTable(name) }
        guard let table = made else { throw .trouble(.table(name.suffix, .noTable)) }
        followed.tables[name] = table
        try await remember(table, as: name, &followed)
        return table
    }

    /// From now on the log knows the table, and notices when somebody puts another in its place.
    private func remember(
        _ table: Table<LocalStorage>, as name: TableName, _ followed: inout Followed
    ) async throws(Interruption) {
        guard followed.progress[name] == nil else { return }
        do throws(TableError) {
            let sighting = try await followed.sighting(of: table, nil)
            followed.progress.tables.append(
                TableMemory(
                    table: name, position: sighting.position, reached: sighting.reached))
        } catch { throw .trouble(Trouble(error, at: name)) }
    }
}

extension ColumnBatch {
    /// The same rows with the columns of `schema`, in its order; those it does not have are null.
    func arranged(as wanted: Schema) -> ColumnBatch {
        guard wanted != schema else { return self }
        let arranged = wanted.fields.map { field in
            if let index = schema.index(of: field.name) { return columns[index] }
            var builder = ColumnBuilder(field.type)
            builder.appendNulls(rowCount)
            return builder.take()
        }
        return ColumnBatch(schema: wanted, columns: arranged, rowCount: rowCount)
    }
}
