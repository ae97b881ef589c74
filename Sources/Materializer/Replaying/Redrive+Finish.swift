internal import Columns
internal import DeltaTable
internal import DurableFiles
internal import JSONFlattening

/// From the record on: what is left to do follows from it and from the tables.
extension Redrive {
    private static let name = "redrive"

    private static func directory(of root: String) -> String {
        TableName.quarantine.root(of: root) + "/_millrace"
    }

    func keep(_ record: RedriveRecord) throws(Interruption) {
        do throws(FileFault) {
            try Directory.make(Self.directory(of: root)).replace(Self.name, with: record.encoded())
        } catch { throw .trouble(Trouble(error)) }
    }

    /// The record that somebody left beside the quarantine of a table; nil when there is none.
    static func record(of root: String) throws(Interruption) -> RedriveRecord? {
        let bytes: [UInt8]
        do throws(FileFault) {
            let file = try File("\(directory(of: root))/\(name)", .reading)
            bytes = try file.read(at: 0, count: try file.status().byteCount)
        } catch {
            guard error.isMissing else { throw .trouble(Trouble(error)) }
            return nil
        }
        do { return try RedriveRecord(decoding: bytes) } catch { throw .trouble(.memory(error)) }
    }

    /// Takes the record away: what it says is done, or not to be done any more.
    static func forget(_ root: String) throws(Interruption) {
        do throws(FileFault) {
            let place = try Directory(directory(of: root))
            try place.remove(name)
            try place.sync()
        } catch {
            guard error.isMissing else { throw .trouble(Trouble(error)) }
        }
    }

    /// Does what a record says, whichever of its steps were done. Returns the files of the
    /// quarantine that were taken out, and what is left of each.
    @discardableResult
    func finish(_ record: RedriveRecord) async throws(Interruption) -> [String: String?] {
        for planned in record.plan.commits { try await commit(planned, record.plan) }
        let files = try await remove(Set(record.landed))
        try Self.forget(root)
        return files
    }

    /// Adds the rows to a table, unless its `txn` says that it has them.
    private func commit(_ planned: PlannedCommit, _ plan: Plan) async throws(Interruption) {
        let name = planned.table
        guard var table = try await open(name),
            let layout = growth.tables.first(where: { TableName(layoutNamed: $0.name) == name })
        else { throw .pause(Pause(.missing, at: name.suffix)) }
        let serial = Int64(clamping: plan.serial)
        guard (table.transaction(of: application) ?? 0) < serial else { return }
        let append = Append(
            files: planned.files,
            transactions: [TransactionMark(application: application, version: serial)],
            newFields: layout.schema.fields, schema: layout.schema,
            info: [
                JSON.Member(
                    "millrace",
                    .object([
                        JSON.Member("redrive", .number("\(serial)")),
                        JSON.Member("events", .number("\(plan.counts.events)")),
                        JSON.Member("rows", .number("\(planned.rowCount)")),
                    ]))
            ])
        let outcome: CommitOutcome
        do throws(TableError) { outcome = try await table.commit(append) } catch {
            throw .trouble(Trouble(error, at: name))
        }
        guard case .refused(let conflict) = outcome else { return }
        if case .columnChanged(let column) = conflict {
            throw .pause(Pause(.columnChanged(column), at: name.suffix))
        }
        throw .trouble(.table(name.suffix, .tooManyLostRaces(1)))
    }

    // MARK: Out of the quarantine

    /// Takes the events out, whichever files they are in by now.
    private func remove(
        _ landed: Set<RedriveRecord.Identity>
    ) async throws(Interruption) -> [String: String?] {
        guard var table = try await open(.quarantine), !landed.isEmpty else { return [:] }
        do throws(TableError) {
            for _ in 0..<100 {
                var removed: [AddFile] = []
                var added: [AddFile] = []
                var names: [String: String?] = [:]
                for file in try await table.files() {
                    guard mayHold(file, landed), try await holds(file, landed, table) else {
                        continue
                    }
                    let rest = try await table.rewritten(file, name: identity.fileName(random)) {
                        kept($0, landed)
                    }
                    removed.append(file)
                    if let rest { added.append(rest) }
                    names[file.path] = .some(rest?.path)
                }
                guard !removed.isEmpty else { return names }
                let edit = Edit(
                    .delete, removed: .files(removed), basis: table.version, added: added)
                if case .committed = try await table.commit(edit) { return names }
                // Somebody has put the files together meanwhile: look where the rows are now.
                try await table.refresh()
            }
            throw .tooManyLostRaces(100)
        } catch { throw .trouble(Trouble(error, at: .quarantine)) }
    }

    /// False when a file's statistics say that none of the events is in it.
    private func mayHold(_ file: AddFile, _ landed: Set<RedriveRecord.Identity>) -> Bool {
        guard let partitions = file.bounds(of: "_partition"),
            let offsets = file.bounds(of: "_offset")
        else { return true }
        return landed.contains {
            partitions.contains(Int64($0.partition)) && offsets.contains($0.offset)
        }
    }

    private func holds(
        _ file: AddFile, _ landed: Set<RedriveRecord.Identity>, _ table: Table<LocalStorage>
    ) async throws(TableError) -> Bool {
        var rows = table.rows(of: [file], columns: ["_source", "_partition", "_offset"])
        while let batch = try await rows.next() {
            let kept = kept(batch, landed)
            if kept.ones(in: 0..<kept.count) < kept.count { return true }
        }
        return false
    }

    /// The rows that are not among `landed`.
    private func kept(_ batch: ColumnBatch, _ landed: Set<RedriveRecord.Identity>) -> Bits {
        var kept = Bits()
        let places = ["_source", "_partition", "_offset"].map { batch.schema.index(of: $0) }
        var cursors = places.map { place in place.map { ColumnCursor(batch.columns[$0]) } }
        for _ in 0..<batch.rowCount {
            let values = cursors.indices.map { cursors[$0]?.next() ?? .null }
            let identity = RedriveRecord.Identity(values, of: identity.source)
            kept.append(identity.map { !landed.contains($0) } ?? true)
        }
        return kept
    }
}
