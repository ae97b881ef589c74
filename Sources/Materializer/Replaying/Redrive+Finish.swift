internal import Bytes
internal import Columns
internal import DeltaTable
internal import DurableFiles
internal import JSONFlattening

/// From the record on: what is left to do follows from it and from the tables.
extension Redrive {
    private var directory: String { TableName.quarantine.root(of: root) + "/_millrace" }
    private static let name = "redrive"

    func keep(_ record: RedriveRecord) throws(Interruption) {
        do throws(FileFault) {
            try Directory.make(directory).replace(Self.name, with: record.encoded())
        } catch { throw .trouble(.diskFull(error)) }
    }

    func finishRecord(_ report: inout Report) async throws(Interruption) {
        guard let record = try storedRecord() else { return }
        for planned in record.plan.commits { try await commit(planned, record.plan) }
        try await remove(Set(record.landed))
        report.landed += record.landed.count
        report.left -= record.landed.count
        do throws(FileFault) {
            let place = try Directory.make(directory)
            try place.remove(Self.name)
            try place.sync()
        } catch { throw .trouble(.diskFull(error)) }
    }

    private func storedRecord() throws(Interruption) -> RedriveRecord? {
        let bytes: [UInt8]
        do throws(FileFault) {
            let file = try File("\(directory)/\(Self.name)", .reading)
            bytes = try file.read(at: 0, count: try file.status().byteCount)
        } catch {
            guard error.isMissing else { throw .trouble(.diskFull(error)) }
            return nil
        }
        do { return try RedriveRecord(decoding: bytes) } catch { throw .trouble(.memory(error)) }
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
    private func remove(_ landed: Set<RedriveRecord.Identity>) async throws(Interruption) {
        guard var table = try await open(.quarantine) else { return }
        do throws(TableError) {
            for _ in 0..<100 {
                let files = try await table.files()
                var removed: [AddFile] = []
                var added: [AddFile] = []
                for file in files where try await holds(file, landed, table) {
                    removed.append(file)
                    let rest = try await table.rewritten(file) { batch in kept(batch, landed) }
                    if let rest { added.append(rest) }
                }
                guard !removed.isEmpty else { return }
                let edit = Edit(
                    .delete, removed: .files(removed), basis: table.version, added: added)
                if case .committed = try await table.commit(edit) { return }
                // Somebody has put the files together meanwhile: look where the rows are now.
                try await table.refresh()
            }
            throw .tooManyLostRaces(100)
        } catch { throw .trouble(Trouble(error, at: .quarantine)) }
    }

    private func holds(
        _ file: AddFile, _ landed: Set<RedriveRecord.Identity>, _ table: Table<LocalStorage>
    ) async throws(TableError) -> Bool {
        var rows = table.rows(of: [file])
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
            var isLanded = false
            if values[0].text == identity.source, let partition = values[1].integer,
                let index = Int32(exactly: partition), let offset = values[2].integer
            {
                isLanded = landed.contains(.init(partition: index, offset: offset))
            }
            kept.append(!isLanded)
        }
        return kept
    }
}

/// Which events a round of redriving lands, and by which commits.
struct RedriveRecord: Equatable, Sendable {
    struct Identity: Hashable, Sendable {
        let partition: Int32
        let offset: Int64
    }

    let plan: Plan
    let landed: [Identity]

    init(plan: Plan, landed: [Identity]) {
        self.plan = plan
        self.landed = landed
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter()
        plan.encode(into: &writer)
        writer.append(list: landed) { writer, identity in
            writer.append(natural: Int64(identity.partition))
            writer.append(natural: identity.offset)
        }
        return RecordEnvelope.wrap(.redrive, writer.bytes)
    }

    init(decoding bytes: [UInt8]) throws(RecordError) {
        let body = try RecordEnvelope.unwrap(.redrive, bytes)
        var reader = ByteReader(body.rawSpan)
        do throws(DecodeError) {
            plan = try Plan(&reader)
            landed = try reader.list { (reader) throws(DecodeError) in
                let start = reader.position
                guard let partition = Int32(exactly: try reader.natural()) else {
                    throw .badValue(position: start)
                }
                return Identity(partition: partition, offset: try reader.natural())
            }
            guard reader.isAtEnd else { throw .badLength(position: reader.position) }
        } catch { throw .malformed(error) }
    }
}
