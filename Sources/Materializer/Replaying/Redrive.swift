internal import Bytes
internal import Columns
internal import DeltaTable
internal import DurableFiles
package import JSONFlattening
package import StreamLog

/// Flattens quarantined events once more, under a mapping that may have been mended.
///
///     rows of the quarantine ▶ flatten ▶ files ▶ record ▶ children, parent ▶ out of the quarantine
///
/// Whoever finds a record finishes what it says. Each table's `txn` tells whether it has the rows, so
/// an event that can land now is in the table once, and afterwards no longer in the quarantine.
package struct Redrive: Sendable {
    let root: String
    let identity: PipelineIdentity
    let growth: SchemaGrowth
    let surroundings: Surroundings
    let random: @Sendable () -> UInt64

    /// How many events are taken at once.
    static let eventCountMax = 50_000

    /// Where a redrive stands.
    package struct Report: Equatable, Sendable {
        package var landed = 0
        package var left = 0
    }

    package init(
        _ root: String, _ identity: PipelineIdentity, _ growth: SchemaGrowth,
        clock: any LogClock = SystemClock(), random: @escaping @Sendable () -> UInt64
    ) {
        self.root = root
        self.identity = identity
        self.growth = growth
        self.random = random
        surroundings = Surroundings(now: { clock.read().wall }, random: random)
    }

    /// The cursor that tells which rounds a table has.
    var application: String { "millrace-redrive/\(identity.source)/\(identity.pipeline)" }

    /// Finishes an earlier redrive if there is one, and then lands what can land.
    package func run() async throws(Interruption) -> Report {
        var report = Report()
        try await finishRecord(&report)
        while true {
            let quarantined = try await quarantinedEvents()
            report.left = quarantined.count
            guard let record = try await prepare(quarantined) else { return report }
            try keep(record)
            try await finishRecord(&report)
        }
    }

    // MARK: Before the record

    struct Event: Sendable {
        let partition: Int32
        let offset: Int64
        let body: [UInt8]
    }

    /// The events of our stream that are in the quarantine now.
    private func quarantinedEvents() async throws(Interruption) -> [Event] {
        guard let table = try await open(.quarantine) else { return [] }
        do throws(TableError) {
            var rows = table.rows(
                of: try await table.files(),
                columns: ["_source", "_partition", "_offset", "body"])
            var events: [Event] = []
            while let batch = try await rows.next() {
                var cursors = batch.columns.map { ColumnCursor($0) }
                guard cursors.count == 4 else { throw .schema(.malformed) }
                for _ in 0..<batch.rowCount {
                    let source = cursors[0].next().text
                    let partition = cursors[1].next().integer
                    let offset = cursors[2].next().integer
                    guard case .bytes(let body) = cursors[3].next(), source == identity.source,
                        let partition, let offset, let index = Int32(exactly: partition)
                    else { continue }
                    events.append(Event(partition: index, offset: offset, body: body))
                }
            }
            return events
        } catch { throw .trouble(Trouble(error, at: .quarantine)) }
    }

    /// Files for the rows of those that land, and a record that names them; nil when none does.
    private func prepare(_ events: [Event]) async throws(Interruption) -> RedriveRecord? {
        var flattener = Flattener(FlattenPlan(growth), source: identity.source)
        var landed: [RedriveRecord.Identity] = []
        for event in events where landed.count < Self.eventCountMax {
            let outcome = flattener.flatten(
                0..<event.body.count, of: event.body.rawSpan, partition: event.partition,
                offset: event.offset)
            if case .quarantined = outcome { continue }
            landed.append(.init(partition: event.partition, offset: event.offset))
        }
        guard !landed.isEmpty else { return nil }
        let rows = flattener.take()
        var commits: [PlannedCommit] = []
        var serial: Int64 = 0
        for (place, layout) in growth.tables.enumerated() {
            let name = TableName(layoutNamed: layout.name)
            let batch = rows.batches[place]
            guard let table = try await open(name) else {
                guard batch.rowCount == 0 else {
                    throw .pause(Pause(.missing, at: name.suffix))
                }
                continue
            }
            serial = max(serial, table.transaction(of: application) ?? 0)
            guard batch.rowCount > 0 else { continue }
            let file = try await write(batch, to: table, name)
            commits.append(
                PlannedCommit(table: name, files: [file], rowCount: Int64(batch.rowCount)))
        }
        let plan = Plan(
            serial: UInt64(serial + 1), ranges: [],
            commits: commits.sorted { Plan.order($0.table, $1.table) },
            counts: EventTally(events: Int64(landed.count)), newestAppend: nil)
        return RedriveRecord(plan: plan, landed: landed)
    }

    private func write(
        _ batch: ColumnBatch, to table: Table<LocalStorage>, _ name: TableName
    ) async throws(Interruption) -> AddFile {
        for field in batch.schema.fields {
            guard let index = table.schema.index(of: field.name) else { continue }
            guard table.schema.fields[index].type == field.type else {
                throw .pause(Pause(.columnChanged(field.name), at: name.suffix))
            }
        }
        let columns = Schema(
            table.schema.fields
                + batch.schema.fields.filter { table.schema.index(of: $0.name) == nil })
        do throws(TableError) {
            var writer = try await table.dataFile(newFields: batch.schema.fields)
            do throws(DeltaTable.StorageFault) {
                try await writer.append(batch.arranged(as: columns))
                return try await writer.finish()
            } catch { throw .storage(error) }
        } catch { throw .trouble(Trouble(error, at: name)) }
    }

    func open(_ name: TableName) async throws(Interruption) -> Table<LocalStorage>? {
        do throws(TableError) {
            return try await Table.open(in: LocalStorage(name.root(of: root)), surroundings)
        } catch {
            if case .noTable = error { return nil }
            throw .trouble(Trouble(error, at: name))
        }
    }
}
